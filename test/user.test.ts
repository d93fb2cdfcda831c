import { expect, test } from 'vitest';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { asSuperuser, digestRows as digestAll } from './support/tables.ts';

const service = useService();

const upsert = mutation(service, 'upsertUser', 'user { id externalId metadata createdAt updatedAt }');
const remove = mutation(service, 'deleteUser', 'deletedId');

test('a user is made by naming them', async () => {
  const { user } = await upsert({ externalId: 'maya' });
  expect(user).toEqual({
    id: expect.stringMatching(/^usr_/),
    externalId: 'maya',
    metadata: {},
    createdAt: expect.any(String),
    updatedAt: user.createdAt,
  });
});

test('metadata left out stays, given is replaced as a whole, null is emptied', async () => {
  const { user: made } = await upsert({ externalId: 'noor', metadata: { plan: 'free', seats: 1 } });
  expect((await upsert({ externalId: 'noor' })).user).toEqual(made);
  const { user: changed } = await upsert({ externalId: 'noor', metadata: { plan: 'paid' } });
  expect(changed).toEqual({ ...made, metadata: { plan: 'paid' }, updatedAt: expect.any(String) });
  expect(Date.parse(changed.updatedAt)).toBeGreaterThan(Date.parse(made.updatedAt));
  const { user: emptied } = await upsert({ externalId: 'noor', metadata: null });
  expect(emptied.metadata).toEqual({});
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

test('deleting a user leaves the database as it was before them: their 1,500 memories go in batches', async () => {
  const shared = { content: 'Lives near the harbour', type: 'FACT', entities: [{ name: 'Harbour', type: 'place' }] };
  await createMemories(service, { user: { externalId: 'staying' }, memories: [shared] });
  const before = await digestRows();
  const successes = await keptSuccesses();

  const user = { externalId: 'going' };
  const { user: going } = await upsert({ ...user, metadata: { note: 'Going' }, idempotencyKey: 'make them' });
  for (const part of [1, 2, 3, 4, 5]) {
    await createMemories(service, {
      idempotencyKey: `part ${part}`,
      user,
      memories: [
        { ...shared, ref: '0' },
        ...Array.from({ length: 299 }, (_, i) => ({
          ref: `${i + 1}`,
          content: `About them, part ${part}, ${i}`,
          type: 'EXPERIENCE',
          entities: [{ name: `Theirs ${i % 20}`, type: 'thing' }],
        })),
      ],
      relations: Array.from({ length: 299 }, (_, i) => ({
        from: { ref: `${i + 1}` },
        to: { ref: `${i}` },
        type: 'FOLLOWS',
      })),
    });
  }
  const read = await service.run('query ($by: UserRef!) { user(by: $by) { memories { totalCount } } }', { by: user });
  expect(read.user?.memories.totalCount).toBe(1496);

  expect(await remove({ user })).toMatchObject({ deletedId: going.id });

  expect(await digestRows()).toEqual(before);
  expect(await keptSuccesses()).toEqual(successes);
});

test('an external id is free again once its user is deleted', async () => {
  const { user } = await upsert({ externalId: 'back', metadata: { visits: 1 } });
  await remove({ user: { id: user.id } });
  const { user: again } = await upsert({ externalId: 'back' });
  expect(again).toMatchObject({ metadata: {} });
  expect(again.id).not.toBe(user.id);
});

test('an unknown user cannot be deleted: the failure names them as they were given', async () => {
  expect(await remove({ user: { externalId: 'nobody' } })).toMatchObject({ code: 'NOT_FOUND', ids: ['nobody'] });
  const unknown = 'usr_01h455vb4pex5vsknk084sn02q';
  expect(await remove({ user: { id: unknown } })).toMatchObject({ code: 'NOT_FOUND', ids: [unknown] });
});
