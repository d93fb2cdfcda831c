import { createHash } from 'node:crypto';
import { inject } from 'vitest';
import type { Database, Session } from '../../src/db/database.ts';

/** What each piece of work takes, in milliseconds, on a machine that the time limits in tests are made for. */
const USUAL = { hashing: 8, asking: { embedded: 6, postgresql: 6 } };
const HASHES = 6_000;
const ROUND_TRIPS = 20;
const ROUNDS = 11;

/**
 * How many times slower than such a machine this one is as tests begin, with this database: 1 where it is no slower.
 */
export async function measureSlowness(database: Database): Promise<number> {
  const connection = await database.connect();
  const [hashing, asking] = [await median(hash), await median(() => ask(connection))];
  connection.release();
  return Math.max(1, hashing / USUAL.hashing, asking / USUAL.asking[database.kind]);
}

async function hash(): Promise<void> {
  let text = '';
  for (let n = 0; n < HASHES; n++) text = createHash('sha256').update(text).digest('hex');
}

async function ask(connection: Session): Promise<void> {
  for (let n = 0; n < ROUND_TRIPS; n++) await connection.query('select 1', []);
}

/** How long some work takes, of several times: a single delay is nothing that tests have to be given time for. */
async function median(work: () => Promise<void>): Promise<number> {
  const taken: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    await work();
    taken.push(performance.now() - began);
  }
  return taken.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] as number;
}

/** A time limit, longer by as much as this machine is slower; of a program that is no test, three times as long. */
export const patience = (ms: number): number => Math.ceil(ms * (process.env.VITEST ? inject('slowness') : 3));
