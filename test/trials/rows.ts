import postgres from 'postgres';
import { openEmbedded } from '../../src/db/embedded.ts';
import { ON_TABLES } from '../support/search-path.ts';
import { type Ask, findViolations, type Violation } from './invariants.ts';
import { halves } from './keeper.ts';

/** What of the rules, and of what keepers write, does not hold: a sentence each. */
async function find(ask: Ask): Promise<string[]> {
  const found: Violation[] = await findViolations(ask);
  for (const [rule, sql] of Object.entries(halves)) {
    const rows = await ask(sql);
    if (rows.length > 0) found.push({ rule, count: rows.length, examples: rows.slice(0, 3) });
  }
  return found.map(
    ({ rule, count, examples }) => `${rule}: not so ${count} times, such as ${JSON.stringify(examples)}`,
  );
}

/** The same of a database on PostgreSQL at one moment, while others may be writing. */
export async function lookAtRows(databaseUrl: string): Promise<string[]> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {}, connection: ON_TABLES });
  try {
    return (await sql.begin('isolation level repeatable read', (tx) => find((text) => tx.unsafe(text)))) as string[];
  } finally {
    await sql.end();
  }
}

/** The same of a folder of the embedded database that nobody else has open. */
export async function lookAtFolder(folder: string): Promise<string[]> {
  const database = await openEmbedded({ folder });
  try {
    const connection = await database.connect();
    return await find((text) => connection.script(text)).finally(() => connection.release());
  } finally {
    await database.close();
  }
}
