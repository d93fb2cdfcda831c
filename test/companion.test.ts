import { expect, test } from 'vitest';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { asSuperuser, digestRows as digestAll } from './support/tables.ts';

const service = useService();

const upsert = mutation(
  service,
  'upsertCompanion',
  'companion { id key name description config isActive createdAt updatedAt }',
);
const remove = mutation(service, 'deleteCompanion', 'deletedId');

test('a companion is made by naming it; its name is its key unless stated', async () => {
  const { companion } = await upsert({ companion: { key: 'ada' } });
  expect(companion).toEqual({
    id: expect.stringMatching(/^cmp_/),
    key: 'ada',
    name: 'ada',
    description: null,
    config: {},
    isActive: true,
    createdAt: expect.any(String),
    updatedAt: companion.createdAt,
  });
});

test('only what is given changes', async () => {
  const { companion: made } = await upsert({
    companion: { key: 'bell' },
    name: 'Bell',
    description: 'Rings',
    config: { tone: 'c' },
    isActive: false,
  });
  const { companion } = await upsert({ companion: { id: made.id }, description: 'Rings loudly' });
  expect(companion).toEqual({ ...made, description: 'Rings loudly', updatedAt: expect.any(String) });
  expect(Date.parse(companion.updatedAt)).toBeGreaterThan(Date.parse(made.updatedAt));
});

test('null puts back what a companion begins with', async () => {
  await upsert({ companion: { key: 'cleo' }, name: 'Cleo', description: 'Queen', config: { a: 1 }, isActive: false });
  const { companion } = await upsert({
    companion: { key: 'cleo' },
    name: null,
    description: null,
    config: null,
    isActive: null,
  });
  expect(companion).toMatchObject({ name: 'cleo', description: null, config: {}, isActive: true });
});

test('config is replaced as a whole', async () => {
  await upsert({ companion: { key: 'dot' }, config: { a: 1, b: 2 } });
  const { companion } = await upsert({ companion: { key: 'dot' }, config: { b: 3 } });
  expect(companion.config).toEqual({ b: 3 });
});

test('naming it without saying anything moves nothing', async () => {
  const { companion } = await upsert({ companion: { key: 'echo' }, name: 'Echo' });
  expect((await upsert({ companion: { key: 'echo' } })).companion).toEqual(companion);
});

test('a key is made, an id is not', async () => {
  const unknown = 'cmp_01h455vb4pex5vsknk084sn02q';
  expect(await upsert({ companion: { id: unknown }, name: 'Nobody' })).toMatchObject({
    code: 'NOT_FOUND',
    ids: [unknown],
  });
});

/**
 * Digests of all tables but the one that says how far the feed of events has come, since no place is given twice, and
 * the one of idempotency keys, of which digests stay for their 7 days, so that a retry makes nothing.
 */
async function digestRows(): Promise<Record<string, unknown>> {
  const { event_feeds: _, idempotency_keys: __, ...digests } = await digestAll((await service.tenant()).database);
  return digests;
}

/** How many successes are kept that say anything. */
async function keptSuccesses(): Promise<unknown> {
  const { database } = await service.tenant();
  const count = `select count(*)::int as count from idempotency_keys where not is_erased or result <> '{}'`;
  return asSuperuser(database, (session) => session.script(count));
}

test('deleting a companion leaves the database as it was before it: its 1,500 memories go in batches', async () => {
  const both = {
    user: { externalId: 'maya' },
    memories: [{ content: 'Said to both', type: 'FACT', entities: [{ name: 'Both', type: 'thing' }] }],
  };
  await createMemories(service, { companion: { key: 'staying' }, ...both });
  const before = await digestRows();
  const successes = await keptSuccesses();

  const companion = { key: 'going' };
  const { companion: going } = await upsert({ companion, description: 'Going', idempotencyKey: 'make it' });
  await createMemories(service, { companion, ...both });
  for (const part of [1, 2, 3, 4, 5]) {
    await createMemories(service, {
      idempotencyKey: `part ${part}`,
      companion,
      memories: Array.from({ length: 300 }, (_, i) => ({
        ref: `${i}`,
        content: `Going, part ${part}, ${i}`,
        type: 'EXPERIENCE',
        entities: [{ name: `Going ${i % 20}`, type: 'thing' }],
      })),
      relations: Array.from({ length: 299 }, (_, i) => ({
        from: { ref: `${i + 1}` },
        to: { ref: `${i}` },
        type: 'FOLLOWS',
      })),
    });
  }
  const read = await service.run('query ($by: CompanionRef!) { companion(by: $by) { memories { totalCount } } }', {
    by: companion,
  });
  expect(read.companion?.memories.totalCount).toBe(1501);

  expect(await remove({ companion })).toMatchObject({ deletedId: going.id });

  expect(await digestRows()).toEqual(before);
  expect(await keptSuccesses()).toEqual(successes);
});

test('a key is free again once its companion is deleted', async () => {
  const { companion } = await upsert({ companion: { key: 'phoenix' }, name: 'First' });
  await remove({ companion: { id: companion.id } });
  const { companion: again } = await upsert({ companion: { key: 'phoenix' } });
  expect(again).toMatchObject({ name: 'phoenix' });
  expect(again.id).not.toBe(companion.id);
});

test('an unknown companion cannot be deleted: the failure names it as it was given', async () => {
  expect(await remove({ companion: { key: 'nobody' } })).toMatchObject({ code: 'NOT_FOUND', ids: ['nobody'] });
  const unknown = 'cmp_01h455vb4pex5vsknk084sn02q';
  expect(await remove({ companion: { id: unknown } })).toMatchObject({ code: 'NOT_FOUND', ids: [unknown] });
});
