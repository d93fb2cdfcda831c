import type { Database } from '../../src/db/database.ts';
import { MODEL } from '../../src/domain/embedding/hashing.ts';
import { bytes, perMemory, sizesOf, sum } from '../support/size.ts';
import { onEachDatabase } from './databases.ts';
import { serve } from './service.ts';
import { contents } from './size-data.ts';

const LENGTH = 140;
const BATCH = 500;
const COMPANIONS = 10;
const USERS = 50;
const memoriesOn = { PostgreSQL: 50_000, embedded: 10_000 };

const CREATE = `mutation ($input: CreateMemoriesInput!) {
  createMemories(input: $input) { ... on Error { message } } }`;

/** Writes memories of {@link LENGTH} characters, of several companions and users in turn, with all that comes with them. */
async function fill(database: Database, memories: number): Promise<void> {
  const service = await serve(database);
  const texts = contents(LENGTH);
  try {
    for (let batch = 0; batch < memories / BATCH; batch++) {
      const { createMemories } = await service.send(CREATE, {
        input: {
          companion: { key: `companion ${batch % COMPANIONS}` },
          user: { externalId: `user ${batch % USERS}` },
          memories: Array.from({ length: BATCH }, (_, n) => ({
            type: 'FACT',
            content: texts.next().value,
            context: { conversationId: `talk ${batch}`, turnNumber: n },
          })),
        },
      });
      if (createMemories.message) throw new Error(createMemories.message);
    }
  } finally {
    await service.stop();
  }
}

/**
 * What a memory takes on disk, with all that is written together with it, as the writes leave it: without relations and
 * entities, which take what is said of them. Its vector is one of spelling, of 384 dimensions; those of others take their own.
 */
export async function run(): Promise<void> {
  process.env.EMBEDDING_MODEL = MODEL;
  await onEachDatabase(async (database, name) => {
    const memories = memoriesOn[name as keyof typeof memoriesOn];
    const before = await sizesOf(database);
    await fill(database, memories);
    const sizes = perMemory(before, await sizesOf(database), memories);
    const parts = sizes
      .filter((size) => bytes(size) >= 1)
      .map(({ table, heap, indexes }) => `${table} ${heap.toFixed(0)} + ${indexes.toFixed(0)} in indexes`);
    console.log(
      `${name}: ${(sum(sizes) / 1_000).toFixed(2)} kB a memory of ${LENGTH} characters, of ${memories}: ${parts.join('; ')}`,
    );
  });
}
