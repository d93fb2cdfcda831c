import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { write } from '../src/db/write.ts';
import { useService } from './support/service.ts';

const service = useService();

const MEMORIES = 1_000;
/** One of so many is reinforced: some two of a page. */
const EACH = 10;

/** How many rows of memories were updated, and for how many of them no index was written, as the statistics have it. */
async function updates(): Promise<{ all: number; hot: number }> {
  const tenant = await service.tenant();
  const [row] = await write(tenant, async (tx) => {
    await tx.rows(sql`select pg_stat_force_next_flush()`);
    return tx.rows<{ all: number; hot: number }>(sql`
      select pg_stat_get_tuples_updated('memories'::regclass)::int as "all",
        pg_stat_get_tuples_hot_updated('memories'::regclass)::int as hot`);
  });
  return row as { all: number; hot: number };
}

test('a memory whose importance changes stays in its page, so that no index is written', async () => {
  const { createMemories } = await service.runUntyped(
    `mutation ($memories: [NewMemory!]!) { createMemories(input: { companion: { key: "iris" }, memories: $memories }) {
      ... on CreateMemoriesPayload { memories { id } } ... on Error { message } } }`,
    {
      memories: Array.from({ length: MEMORIES }, (_, n) => ({
        type: 'FACT',
        content: `Statement ${n}: the delivery of part ${n * 7919} goes to hall ${n % 17} before noon, by the door at the back of the yard.`,
      })),
    },
  );
  const ids: string[] = createMemories.memories.map(({ id }: { id: string }) => id);
  const before = await updates();
  const some = ids.filter((_, index) => index % EACH === 0);
  await service.run(
    'mutation ($ids: [ID!]!) { reinforceMemories(input: { ids: $ids }) { __typename ... on Error { message } } }',
    { ids: some },
  );
  await expect.poll(async () => (await updates()).all - before.all, { timeout: 20_000 }).toBe(some.length);
  const after = await updates();
  expect((after.hot - before.hot) / (after.all - before.all)).toBeGreaterThan(0.9);
});
