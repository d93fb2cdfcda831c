import type { Database } from '../../src/db/database.ts';
import { median, onEachDatabase, timed } from './databases.ts';
import { factOf } from './findings/facts.ts';
import { settle } from './generate.ts';
import { type BenchService, serve } from './service.ts';

/** What one companion remembers of one user before. */
const FILLED = 20_000;
const AT_ONCE = 500;
const { ROUNDS = '150' } = process.env;
const WARM = 20;
const BATCHES = 7;

const CREATE = `mutation ($input: CreateMemoryInput!) {
  createMemory(input: $input) { __typename ... on CreateMemoryPayload { memory { id } findings { id } } ... on Error { message } }
}`;
const CREATE_MANY = `mutation ($input: CreateMemoriesInput!) {
  createMemories(input: $input) { __typename ... on CreateMemoriesPayload { memories { id } findings { id } } ... on Error { message } }
}`;
const whose = { companion: { key: 'iris' }, user: { externalId: 'maya' } };

/** Facts from a number on, as a batch. */
const batch = (from: number, count: number, detect: string) => ({
  ...whose,
  detect,
  memories: Array.from({ length: count }, (_, n) => ({ type: 'FACT', content: factOf(from + n) })),
});

async function many(service: BenchService, from: number, count: number, detect: string): Promise<number> {
  const { createMemories } = await service.send(CREATE_MANY, { input: batch(from, count, detect) });
  if (!createMemories.memories) throw new Error(createMemories.message);
  return createMemories.findings.length;
}

async function one(service: BenchService, number: number, detect: string): Promise<number> {
  const { createMemory } = await service.send(CREATE, {
    input: { ...whose, type: 'FACT', content: factOf(number), detect },
  });
  if (!createMemory.memory) throw new Error(createMemory.message);
  return createMemory.findings.length;
}

/** What writes took without detection and with it, in ms, in turns; and how many findings there were. */
interface Times {
  off: number[];
  suggest: number[];
  found: number;
}

async function inTurns(rounds: number, write: (round: number, detect: string) => Promise<number>): Promise<Times> {
  const times: Times = { off: [], suggest: [], found: 0 };
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? (['OFF', 'SUGGEST'] as const) : (['SUGGEST', 'OFF'] as const);
    for (const [nth, detect] of order.entries()) {
      const { ms, result } = await timed(() => write(2 * round + nth, detect));
      if (detect === 'OFF') times.off.push(ms);
      else times.suggest.push(ms);
      times.found += result;
    }
  }
  return times;
}

const said = ({ off, suggest, found }: Times, what: string): string =>
  `${what}: ${(median(suggest) / median(off)).toFixed(2)} × the time without detection ` +
  `(${median(suggest).toFixed(1)} and ${median(off).toFixed(1)} ms, medians of ${off.length} of each in turns; ${found} findings)`;

async function measure(database: Database, name: string): Promise<void> {
  const service = await serve(database);
  try {
    for (let from = 0; from < FILLED; from += AT_ONCE) await many(service, from, AT_ONCE, 'OFF');
    await settle(database);
    let next = FILLED;
    await inTurns(WARM, (_, detect) => one(service, next++, detect));
    const single = await inTurns(Number(ROUNDS), (_, detect) => one(service, next++, detect));
    console.log(`${name}: ${said(single, 'createMemory of a fact')}`);
    const batches = await inTurns(BATCHES, (_, detect) => {
      next += AT_ONCE;
      return many(service, next, AT_ONCE, detect);
    });
    console.log(`${name}: ${said(batches, `createMemories of ${AT_ONCE} facts`)}`);
  } finally {
    await service.stop();
  }
}

/**
 * What it costs to look for findings as facts are written, over HTTP, by a companion that remembers 20,000 facts of one user:
 * `detect: SUGGEST` against `detect: OFF`, in turns.
 */
export const run = (): Promise<void> => onEachDatabase(measure);
