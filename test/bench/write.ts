import type { Database } from '../../src/db/database.ts';
import { median, onEachDatabase, timed } from './databases.ts';
import { settle } from './generate.ts';
import { fillConversations } from './recall-data.ts';
import { serve } from './service.ts';
import { insertByHand, newestTransaction, type Rows, renewed, rowsSince } from './write-by-hand.ts';

/** What the workspace has before. */
const FILLED = 20_000;
const MEMORIES = 1_000;
const ROUNDS = 7;

const CREATE = `mutation ($input: CreateMemoriesInput!) {
  createMemories(input: $input) { __typename ... on CreateMemoriesPayload { memories { id } } ... on Error { message } }
}`;

/** 1,000 memories with two entities each and a relation to the one before. */
function batch(round: number) {
  return {
    companion: { key: 'iris' },
    user: { externalId: 'maya' },
    memories: Array.from({ length: MEMORIES }, (_, n) => ({
      ref: `${n}`,
      type: 'FACT',
      content: `Round ${round}, statement ${n}: the delivery of part ${n * 7919} goes to hall ${n % 17} before noon`,
      context: { conversationId: `round-${round}`, turnNumber: n },
      entities: [
        { type: 'place', name: `hall ${n % 17}` },
        { type: 'part', name: `part ${n % 97}` },
      ],
    })),
    relations: Array.from({ length: MEMORIES - 1 }, (_, n) => ({
      from: { ref: `${n + 1}` },
      to: { ref: `${n}` },
      type: 'FOLLOWS',
    })),
  };
}

/** What a batch over HTTP took, and the same rows by hand, in ms, round by round; and those rows. */
interface Times {
  ours: number[];
  byHand: number[];
  rows: Rows;
}

export async function measureWrites(database: Database, rounds: number): Promise<Times> {
  const service = await serve(database);
  try {
    const { tenant } = service;
    await fillConversations(tenant, 'filled', FILLED);
    await settle(database);
    const post = async (round: number) => {
      const { createMemories } = await service.send(CREATE, { input: batch(round) });
      if (createMemories.memories?.length !== MEMORIES) throw new Error(createMemories.message);
    };
    await post(0);
    const before = await newestTransaction(tenant);
    await post(1);
    const times: Times = { ours: [], byHand: [], rows: await rowsSince(tenant, before) };
    for (let round = 2; round < rounds + 2; round++) {
      times.ours.push((await timed(() => post(round))).ms);
      const same = renewed(times.rows, round);
      times.byHand.push((await timed(() => insertByHand(tenant, same))).ms);
    }
    return times;
  } finally {
    await service.stop();
  }
}

export const ratioOf = ({ ours, byHand }: Times): number => median(byHand) / median(ours);

/**
 * `createMemories` with 1,000 memories, over HTTP, against the rows that such a batch leaves, vectors and all, written
 * by one INSERT by hand for each table through the driver, in a workspace that has 20,000; medians of alternating rounds.
 */
export async function run(): Promise<void> {
  await onEachDatabase(async (database, name) => {
    const times = await measureWrites(database, ROUNDS);
    const counts = [...times.rows].map(([table, { length }]) => `${length} ${table}`).join(', ');
    console.log(
      `${name}: ${ratioOf(times).toFixed(2)} × the rows per second of one INSERT by hand for each table: ` +
        `1,000 memories with 2,000 mentions and 999 relations by one createMemories over HTTP ${median(times.ours).toFixed(0)} ms; ` +
        `the same rows by hand ${median(times.byHand).toFixed(0)} ms (${counts}; postings by trigger, both)`,
    );
  });
}
