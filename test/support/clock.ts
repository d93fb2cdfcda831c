import type { Database } from '../../src/db/database.ts';
import { rewritten } from './wrapped.ts';

/** The same database, whose clock is this much ahead: what is written through it comes from before a step back. */
export function ahead(database: Database, ms: number): Database {
  const shift = (text: string) =>
    text.replace(/(?<![\w.])(now|clock_timestamp)\(\)/g, `($1() + interval '${ms} milliseconds')`);
  return rewritten(database, shift, shift);
}
