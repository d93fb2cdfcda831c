import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { write } from '../src/db/write.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { serviceOn } from './support/service.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase({ poolSize: 1 });
});
afterAll(() => database.close());

test('statements that write are planned once a session, and not for each of their values', async () => {
  const service = serviceOn(recordStatements(database), await localEmbeddings());
  for (const content of ['Maya lives in Porto', 'Maya lives in Lisbon', 'Maya moved to Porto']) {
    const { createMemory } = await service.runUntyped(
      `mutation ($content: String!) {
        createMemory(input: { companion: { key: "iris" }, type: FACT, content: $content, detect: SUGGEST }) { __typename } }`,
      { content },
    );
    expect(createMemory.__typename).toBe('CreateMemoryPayload');
  }
  const planned = await write(await service.tenant(), (tx) =>
    tx.rows<{ custom: number; generic: number }>(sql`
      select custom_plans::int as custom, generic_plans::int as generic from pg_prepared_statements
      where statement like '%asked as materialized%' or statement like '%insert into event_feeds%'`),
  );
  expect(planned.length).toBeGreaterThanOrEqual(2);
  expect(planned).toEqual(planned.map(() => ({ custom: 0, generic: expect.toSatisfy((count) => count > 0) })));
  expect(Math.max(...planned.map(({ generic }) => generic))).toBeGreaterThan(1);
});
