import { beforeAll, describe, expect, test } from 'vitest';
import type { WriteTransaction } from '../src/db/transaction.ts';
import { write } from '../src/db/write.ts';
import { removeCompanion } from '../src/domain/companion/companions.ts';
import { contentHash } from '../src/domain/embedding/vectors.ts';
import { createMemories } from '../src/domain/memory/create.ts';
import { forgetMemories } from '../src/domain/memory/forget.ts';
import { parseId } from '../src/kernel/ids.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { asSuperuser, runAsSuperuser, tablesWith } from './support/tables.ts';

const service = useService();
const iris = { key: 'iris' };

const createMemory = mutation(service, 'createMemory', 'memory { id } duplicate');
const updateMemory = mutation(service, 'updateMemory', 'memory { id }');
const relate = mutation(service, 'relateMemories', 'relation { id }');
const forget = mutation(service, 'forgetMemories', 'forgottenIds');
const purge = mutation(service, 'purgeExpiredMemories', 'purgedCount');

const places = (...names: string[]) => names.map((name) => ({ name, type: 'place' }));

async function remember(content: string, more: Record<string, unknown> = {}): Promise<string> {
  const { memory } = await createMemory({ companion: iris, type: 'FACT', content, ...more });
  return memory.id;
}

/** The key of a memory's lineage. */
async function lineageOf(id: string): Promise<string> {
  const { database } = await service.tenant();
  const [row] = await asSuperuser(database, (connection) =>
    connection.script(`select lineage_id from memories where id = '${uuidOf(id)}'`),
  );
  return (row as { lineage_id: string }).lineage_id;
}

const uuidOf = (id: string) => parseId(id)?.uuid as string;
const givenId = (id: string) => ({ given: id, uuid: uuidOf(id) });

async function entityNames(): Promise<string[]> {
  const { entities } = await service.run('{ entities(first: 100) { nodes { name } } }');
  return entities.nodes.map(({ name }: { name: string }) => name).toSorted();
}

test('forgetting leaves no trace: no table holds a word of the memory, nor its id', async () => {
  const { database } = await service.tenant();
  const secret = await remember('The code is xyzzy17', {
    idempotencyKey: 'make',
    summary: 'xyzzy17 in short',
    context: { note: 'xyzzy17' },
    entities: places('Vault xyzzy17'),
  });
  await updateMemory({
    id: secret,
    idempotencyKey: 'update',
    summary: 'xyzzy17 still',
    entities: places('Cellar xyzzy17'),
  });
  const other = await remember('Knows a code');
  const { relation } = await relate({
    idempotencyKey: 'relate',
    fromId: other,
    toId: secret,
    type: 'REFERENCES',
    metadata: { note: 'xyzzy17' },
  });
  await mutation(service, 'unrelateMemories', 'relation { id }')({ relationId: relation.id });
  const before = await remember('Came before the code');
  await relate({ fromId: secret, toId: before, type: 'FOLLOWS' });
  await relate({ fromId: other, toId: secret, type: 'FOLLOWS' });
  await mutation(service, 'archiveMemories', 'memories { id }')({ ids: [secret], idempotencyKey: 'archive' });
  await runAsSuperuser(
    database,
    `insert into memory_embeddings
         (workspace_id, companion_id, user_id, memory_id, model, dimension, content_hash, embedding)
       select workspace_id, companion_id, user_id, id, 'model xyzzy17', 3, 'hash of xyzzy17', '[1,2,3]'
       from memories where id = '${uuidOf(secret)}';
     insert into pending_embeddings (workspace_id, memory_id, model, dimension, content_hash, embedding, due_at)
       select workspace_id, id, 'model xyzzy17', 3, 'hash of xyzzy17', '[1,2,3]', now()
       from memories where id = '${uuidOf(secret)}'`,
  );
  const written = await tablesWith(database, 'xyzzy17');
  expect(written).toEqual(
    expect.arrayContaining([
      'entities',
      'memories',
      'memories_history',
      'memory_embeddings',
      'pending_embeddings',
      'postings',
      'relations',
      'relations_history',
    ]),
  );
  expect(await tablesWith(database, uuidOf(secret))).toEqual(
    expect.arrayContaining(['idempotency_keys', 'mentions', 'mentions_history', 'postings']),
  );
  expect(await tablesWith(database, contentHash('The code is xyzzy17'))).toEqual(['memory_embeddings']);
  const [lineage, ...near] = (await Promise.all([secret, before, other].map(lineageOf))) as [string, ...string[]];
  for (const id of [lineage, ...near]) expect(await tablesWith(database, id)).toContain('neighborhoods');

  expect(await forget({ ids: [secret] })).toMatchObject({ forgottenIds: [secret] });

  expect(await tablesWith(database, 'xyzzy17')).toEqual([]);
  expect(await tablesWith(database, uuidOf(secret))).toEqual([]);
  expect(await tablesWith(database, uuidOf(relation.id))).toEqual([]);
  expect(await tablesWith(database, contentHash('The code is xyzzy17'))).toEqual([]);
  // What it stood between is near no more.
  expect(await tablesWith(database, lineage)).toEqual([]);
  for (const id of near) expect(await tablesWith(database, id)).not.toContain('neighborhoods');
  const { memory, node, then } = await service.run(
    `query ($id: ID!, $past: ID!) { memory(id: $id) { id } node(id: $id) { id } then: node(id: $past) { id } }`,
    { id: secret, past: `${secret}@${new Date().toISOString()}` },
  );
  expect([memory, node, then]).toEqual([null, null, null]);
});

test('no neighbourhood keeps the id of what very many memories followed', async () => {
  const { database } = await service.tenant();
  const hub = await remember('Followed by very many');
  const followers = Array.from({ length: 150 }, (_, index) => ({ ref: `${index}`, content: `Follower ${index}` }));
  const { createMemories: made } = await service.runUntyped(
    `mutation ($input: CreateMemoriesInput!) {
      createMemories(input: $input) { ... on CreateMemoriesPayload { memories { id } } } }`,
    {
      input: {
        companion: iris,
        memories: followers.map((memory) => ({ ...memory, type: 'FACT' })),
        relations: followers.map(({ ref }) => ({ from: { ref }, to: { id: hub }, type: 'FOLLOWS' })),
      },
    },
  );
  const lineage = await lineageOf(hub);
  expect(await tablesWith(database, lineage)).toContain('neighborhoods');
  await forget({ ids: [hub] });
  expect(await tablesWith(database, lineage)).toEqual([]);
  const ids = made.memories.map(({ id }: { id: string }) => id);
  expect(await forget({ ids })).toMatchObject({ forgottenIds: expect.any(Array) });
});

test('entities mentioned nowhere else go too, shared ones stay', async () => {
  const first = await remember('Only here', { entities: places('Only', 'Shared') });
  await remember('Here too', { entities: places('Shared') });
  await forget({ ids: [first] });
  const names = await entityNames();
  expect(names).toContain('Shared');
  expect(names).not.toContain('Only');
});

test('an entity that another memory mentioned once stays: the past reads it', async () => {
  const forgotten = await remember('To be forgotten', { entities: places('Formerly') });
  const changed = await remember('Mentioned it', { entities: places('Formerly') });
  await updateMemory({ id: changed, entities: [] });
  await forget({ ids: [forgotten] });
  expect(await entityNames()).toContain('Formerly');
});

test('merged entities go when nothing mentions any of them, and stay while something does', async () => {
  const { database } = await service.tenant();
  const one = await remember('Says merge-one', { entities: places('Merge-one') });
  const two = await remember('Says merge-two', { entities: places('Merge-two') });
  const idOf = async (name: string) => {
    const { entities } = await service.run(
      'query ($name: String!) { entities(filter: { name: $name }) { nodes { id } } }',
      { name },
    );
    return entities.nodes[0]?.id;
  };
  const merge = mutation(service, 'mergeEntities', 'entity { id }');
  await merge({ fromIds: [await idOf('Merge-one')], intoId: await idOf('Merge-two') });
  await forget({ ids: [two] });
  expect(await entityNames()).toContain('Merge-two');
  await forget({ ids: [one] });
  expect(await tablesWith(database, 'merge-')).toEqual([]);
});

test('what was forgotten can be remembered again, as new', async () => {
  const first = await remember('Remembered again');
  await forget({ ids: [first] });
  const again = await createMemory({ companion: iris, type: 'FACT', content: 'Remembered again' });
  expect(again).toMatchObject({ duplicate: false });
  expect(again.memory.id).not.toBe(first);
});

test('where one of the ids is unknown, nothing is forgotten', async () => {
  const [kept, gone] = [await remember('Still known'), await remember('Gone')];
  await forget({ ids: [gone] });
  expect(await forget({ ids: [kept, gone] })).toMatchObject({ code: 'NOT_FOUND', ids: [gone] });
  expect((await service.run('query ($id: ID!) { memory(id: $id) { content } }', { id: kept })).memory).toEqual({
    content: 'Still known',
  });
});

describe('purging', () => {
  const expired = { expiresAt: '2020-01-01T00:00:00Z' };
  beforeAll(async () => {
    await remember('Expired', expired);
    await remember('Expired about maya', { ...expired, user: { externalId: 'maya' } });
    await remember('Expired of otto', { ...expired, companion: { key: 'otto' } });
    await remember('Expires later', { expiresAt: '2099-01-01T00:00:00Z' });
    await remember('Never expires');
  });

  test.each([
    ['an unknown companion', { companion: { key: 'nobody' } }, 0],
    ['an unknown user', { user: { externalId: 'nobody' } }, 0],
    ['a companion', { companion: { key: 'otto' } }, 1],
    ['a user', { user: { externalId: 'maya' } }, 1],
    ['the workspace', {}, 1],
    ['the workspace again', {}, 0],
  ])('%s erases what has expired there', async (_name, scope, count) => {
    expect(await purge(scope)).toMatchObject({ purgedCount: count });
  });

  test('leaves what has not expired', async () => {
    const { memories } = await service.run(
      '{ memories(filter: { text: "expired or expires" , statuses: [ACTIVE, EXPIRED] }) { nodes { content } } }',
    );
    expect(memories.nodes).toEqual([{ content: 'Never expires' }, { content: 'Expires later' }]);
  });
});

// The embedded database has one session: there, transactions never meet.
describe.skipIf(!process.env.TEST_DATABASE_URL)('forgetting beside other writers', () => {
  /** Runs an operation and holds its transaction open until something else waits for it; then commits. */
  async function heldUntilAwaited<T>(
    operation: (tx: WriteTransaction) => Promise<unknown>,
    other: () => Promise<T>,
  ): Promise<T> {
    const tenant = await service.tenant();
    let answer: Promise<T> | undefined;
    await write(tenant, async (tx) => {
      await operation(tx);
      answer ??= other();
      await asSuperuser(tenant.database, async (connection) => {
        const waiting = `select count(*)::int as count from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`;
        await expect.poll(() => connection.script(waiting), { timeout: 4_000 }).toEqual([{ count: 1 }]);
      });
    });
    return answer as Promise<T>;
  }

  test('a memory that is just being forgotten cannot be related', async () => {
    const [going, staying] = [await remember('Just going'), await remember('Staying')];
    const answer = await heldUntilAwaited(
      (tx) => forgetMemories(tx, [givenId(going)]),
      () => relate({ fromId: staying, toId: going, type: 'FOLLOWS' }),
    );
    expect(answer).toMatchObject({ code: 'NOT_FOUND', ids: [going] });
  });

  test('an entity that a new memory is just mentioning stays', async () => {
    const old = await remember('Old mention', { entities: places('Busy place') });
    const fresh = {
      content: 'New mention',
      type: 'FACT' as const,
      importance: 5,
      confidence: 1,
      entities: places('Busy place'),
    };
    await heldUntilAwaited(
      (tx) => createMemories(tx, iris, [fresh], () => []),
      () => forget({ ids: [old] }),
    );
    const { memories } = await service.run(
      '{ memories(filter: { text: "new mention" }) { nodes { entities { nodes { name } } } } }',
    );
    expect(memories.nodes).toEqual([{ entities: { nodes: [{ name: 'Busy place' }] } }]);
  });

  test('an entity that is just being erased with a memory is made again by one that names it', async () => {
    const old = await remember('Last mention', { entities: places('Going place') });
    const made = await heldUntilAwaited(
      (tx) => forgetMemories(tx, [givenId(old)]),
      () => createMemory({ companion: iris, type: 'FACT', content: 'First mention', entities: places('Going place') }),
    );
    expect(made).toMatchObject({ duplicate: false });
    expect(await entityNames()).toContain('Going place');
  });

  test('a companion that is just being deleted is made again by a memory that names it', async () => {
    await remember('Of a companion', { companion: { key: 'going' } });
    const { companion } = await service.runUntyped('{ companion(by: { key: "going" }) { id } }');
    const made = await heldUntilAwaited(
      (tx) => removeCompanion(tx, uuidOf(companion.id)),
      () => createMemory({ companion: { key: 'going' }, type: 'FACT', content: 'Of a new companion' }),
    );
    expect(made).toMatchObject({ duplicate: false });
  });
});
