import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { deleteWorkspace, openWorkspace } from '../src/domain/workspace/workspaces.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { countRows, digestRows, runAsSuperuser, tablesWith } from './support/tables.ts';

const service = useService();
const iris = { key: 'iris' };

const createMemory = mutation(service, 'createMemory', 'memory { id content summary } duplicate');
const createBatch = mutation(
  service,
  'createMemories',
  'memories { id } duplicateIds relations { id }',
  '... on RelationExistsError { relation { id } }',
);
const updateMemory = mutation(service, 'updateMemory', 'memory { id summary }');
const archive = mutation(service, 'archiveMemories', 'memories { id status }');
const restore = mutation(service, 'restoreMemories', 'memories { id status }');
const forget = mutation(service, 'forgetMemories', 'forgottenIds');
const purge = mutation(service, 'purgeExpiredMemories', 'purgedCount');
const relate = mutation(service, 'relateMemories', 'relation { id }', '... on RelationExistsError { relation { id } }');
const unrelate = mutation(service, 'unrelateMemories', 'relation { id retractedAt }');
const merge = mutation(service, 'mergeEntities', 'entity { id name aliases }');
const upsertCompanion = mutation(service, 'upsertCompanion', 'companion { id name }');
const deleteCompanion = mutation(service, 'deleteCompanion', 'deletedId');
const upsertUser = mutation(service, 'upsertUser', 'user { id metadata }');
const deleteUser = mutation(service, 'deleteUser', 'deletedId');

/** Each run makes another memory: an EXPERIENCE may repeat. */
const happening = (content: string, more: object = {}) => ({ companion: iris, type: 'EXPERIENCE', content, ...more });

async function remember(content: string, more: object = {}): Promise<string> {
  return (await createMemory(happening(content, more))).memory.id;
}

const theDatabase = async () => (await service.tenant()).database;

test('a retry answers with the first success and changes nothing', async () => {
  const input = happening('Happened once', { idempotencyKey: 'once' });
  const first = await createMemory(input);
  const before = await digestRows(await theDatabase());
  expect(await createMemory(input)).toEqual(first);
  expect(await digestRows(await theDatabase())).toEqual(before);
});

test('without a key it happens twice', async () => {
  expect(await remember('Happened twice')).not.toBe(await remember('Happened twice'));
});

test('the fields of a retry are read as they are now', async () => {
  const input = happening('Read as of now', { idempotencyKey: 'now', summary: 'Before' });
  const { memory } = await createMemory(input);
  await updateMemory({ id: memory.id, summary: 'After' });
  expect((await createMemory(input)).memory).toEqual({ ...memory, summary: 'After' });
});

test('a retry may ask for other fields', async () => {
  const input = happening('Other fields', { idempotencyKey: 'fields' });
  const { memory } = await createMemory(input);
  const status = mutation(service, 'createMemory', 'memory { id status }');
  expect(await status(input)).toMatchObject({ memory: { id: memory.id, status: 'ACTIVE' } });
});

test('what GraphQL makes of an input counts, not how it was written', async () => {
  const { memory } = await createMemory(
    happening('Spelt out', { idempotencyKey: 'spelt', validFrom: '2026-01-01T00:00:00Z' }),
  );
  const spelt = { importance: 5, confidence: 1.0, validFrom: '2026-01-01T01:00:00+01:00' };
  expect(await createMemory(happening('Spelt out', { idempotencyKey: 'spelt', ...spelt }))).toMatchObject({
    memory: { id: memory.id },
  });
});

test('another input under the same key is a conflict, and changes nothing', async () => {
  const key = { idempotencyKey: 'conflict' };
  const { memory } = await createMemory(happening('The first input', key));
  const before = await digestRows(await theDatabase());
  expect(await createMemory(happening('Another input', key))).toMatchObject({
    __typename: 'IdempotencyConflictError',
    code: 'IDEMPOTENCY_CONFLICT',
    message:
      'The idempotencyKey "conflict" was used within the last 7 days by createMemory with another input: use a new key for a new change.',
  });
  expect(await archive({ ...key, ids: [memory.id] })).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  expect(await digestRows(await theDatabase())).toEqual(before);
});

test('a mutation with the very same input is another one', async () => {
  const input = { idempotencyKey: 'archive or restore', ids: [await remember('In and out')] };
  await archive(input);
  expect(await restore(input)).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
});

test('a failure is not kept: the same call succeeds once the reason is gone', async () => {
  const [fromId, toId] = [await remember('Fails at first'), await remember('Stands in the way')];
  const { relation } = await relate({ fromId, toId, type: 'FOLLOWS' });
  const input = { idempotencyKey: 'again', fromId, toId, type: 'FOLLOWS' };
  expect(await relate(input)).toMatchObject({ code: 'RELATION_EXISTS' });
  await unrelate({ relationId: relation.id });
  expect(await relate(input)).toHaveProperty('relation');
});

test('a failure leaves the key free for another input', async () => {
  const key = { idempotencyKey: 'free after failure' };
  expect(await createMemory(happening(' ', key))).toMatchObject({ code: 'INVALID_INPUT' });
  expect(await createMemory(happening('Not blank', key))).toHaveProperty('memory');
});

test('twenty concurrent retries have one effect and one answer', async () => {
  const before = await countRows(await theDatabase());
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      createBatch({
        idempotencyKey: 'stampede',
        companion: iris,
        memories: [
          { ref: 'a', content: 'Stampede', type: 'EXPERIENCE' },
          { ref: 'b', content: 'Stampede', type: 'EXPERIENCE' },
        ],
        relations: [{ from: { ref: 'a' }, to: { ref: 'b' }, type: 'FOLLOWS' }],
      }),
    ),
  );
  expect(answers).toEqual(Array.from({ length: 20 }, () => answers[0]));
  expect(answers[0].memories).toHaveLength(2);
  const after = await countRows(await theDatabase());
  expect([after.memories, after.relations]).toEqual([(before.memories ?? 0) + 2, (before.relations ?? 0) + 1]);
});

test('each workspace has keys of its own', async () => {
  const input = happening('In both workspaces', { idempotencyKey: 'shared' });
  const mine = await createMemory(input, { workspace: 'acme' });
  const theirs = await createMemory(input, { workspace: 'globex' });
  expect(theirs.memory.id).not.toBe(mine.memory.id);
  const other = happening('Another input', { idempotencyKey: 'only in acme' });
  await createMemory(other, { workspace: 'acme' });
  expect(await createMemory({ ...other, content: 'No conflict' }, { workspace: 'globex' })).toHaveProperty('memory');
});

/** Makes the success that was kept last so much older. */
const age = async (interval: string) =>
  runAsSuperuser(
    await theDatabase(),
    `update idempotency_keys set recorded_at = now() - interval '${interval}'
     where recorded_at = (select max(recorded_at) from idempotency_keys)`,
  );

test('until seven days are over a retry is one', async () => {
  const input = happening('Nearly too old', { idempotencyKey: 'nearly' });
  const { memory } = await createMemory(input);
  await age('6 days 23 hours 59 minutes');
  expect((await createMemory(input)).memory.id).toBe(memory.id);
});

test('after seven days a key is free, also while its old success is there', async () => {
  const input = happening('Aged', { idempotencyKey: 'aged' });
  const { memory } = await createMemory(input);
  await age('7 days 1 second');
  const again = await createMemory(input);
  expect(again.memory.id).not.toBe(memory.id);
  await forget({ ids: [memory.id] });
  expect(await createMemory(input), 'what is kept now has nothing to do with what was').toEqual(again);
});

test('once a memory is forgotten, retries of what was answered of it make and change nothing', async () => {
  const made = happening('Forgotten with its key', { idempotencyKey: 'forgotten' });
  const { memory } = await createMemory(made);
  await updateMemory({ id: memory.id, idempotencyKey: 'update it', summary: 'Soon gone' });
  await archive({ ids: [memory.id], idempotencyKey: 'archive it' });
  const { relation } = await relate({
    idempotencyKey: 'relate it',
    fromId: memory.id,
    toId: await remember('Other end'),
    type: 'FOLLOWS',
  });
  await unrelate({ idempotencyKey: 'unrelate it', relationId: relation.id });
  await forget({ ids: [memory.id] });
  const before = await digestRows(await theDatabase());
  expect(await createMemory(made)).toEqual({
    __typename: 'NotFoundError',
    code: 'NOT_FOUND',
    message:
      'What createMemory answered to the idempotencyKey "forgotten" has been erased since, or part of it: nothing was ' +
      'made. Use a new key to make it again.',
    ids: [],
  });
  expect(await updateMemory({ id: memory.id, idempotencyKey: 'update it', summary: 'Soon gone' })).toMatchObject({
    code: 'NOT_FOUND',
  });
  expect(await archive({ ids: [memory.id], idempotencyKey: 'archive it' })).toMatchObject({ code: 'NOT_FOUND' });
  expect(await unrelate({ idempotencyKey: 'unrelate it', relationId: relation.id })).toMatchObject({
    code: 'NOT_FOUND',
  });
  expect(await createMemory({ ...made, content: 'Another input' })).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  expect(await digestRows(await theDatabase())).toEqual(before);
  expect(await createMemory({ ...made, idempotencyKey: 'a new one' })).toHaveProperty('memory');
});

test('a retry of a batch of relations makes nothing once an end of one of them is forgotten', async () => {
  const [a, b] = [await remember('Batch end'), await remember('Other batch end')];
  const input = {
    idempotencyKey: 'relations only',
    companion: iris,
    memories: [],
    relations: [{ from: { id: a }, to: { id: b }, type: 'CAUSES' }],
  };
  expect(await createBatch(input)).toMatchObject({ relations: [{ id: expect.any(String) }] });
  await forget({ ids: [b] });
  expect(await createBatch(input)).toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringMatching(/has been erased since/),
  });
});

test('a retry of forgetting answers with what was forgotten', async () => {
  const input = { idempotencyKey: 'forget', ids: [await remember('Forgotten once')] };
  const first = await forget(input);
  expect(await forget(input)).toEqual(first);
});

test('a retry of a merge answers with the entity as it is by now, merged on', async () => {
  const entities = ['Bombay', 'Mumbai', 'Greater Mumbai'].map((name) => ({ name, type: 'place' }));
  await remember('Three names', { entities });
  const read = await service.run('{ entities { nodes { id name } } }');
  const [bombay, mumbai, greater] = entities.map(
    ({ name }) => read.entities.nodes.find((entity: { name: string }) => entity.name === name)?.id,
  );
  const input = { idempotencyKey: 'merge', fromIds: [bombay], intoId: mumbai };
  expect(await merge(input)).toMatchObject({ entity: { id: mumbai, aliases: ['Bombay'] } });
  await merge({ fromIds: [mumbai], intoId: greater });
  expect(await merge(input)).toMatchObject({ entity: { id: greater, name: 'Greater Mumbai' } });
});

test('a retry of a batch makes nothing once a part of it is forgotten; the rest stays', async () => {
  const input = {
    idempotencyKey: 'half of it',
    companion: iris,
    memories: ['The half that goes', 'The half that stays'].map((content) => ({ content, type: 'EXPERIENCE' })),
  };
  const { memories } = await createBatch(input);
  await forget({ ids: [memories[0].id] });
  expect(await createBatch(input)).toMatchObject({ code: 'NOT_FOUND' });
  expect(await archive({ ids: [memories[1].id] })).toHaveProperty('memories');
});

test('a retry of what opened a contradiction makes nothing once the other side is forgotten', async () => {
  const about = { companion: iris, type: 'FACT', slot: 'iris.town', validFrom: '2026-01-01T00:00:00Z' };
  const { memory: other } = await createMemory({ ...about, content: 'She lives in Porto.' });
  const input = { ...about, content: 'She lives in Faro.', idempotencyKey: 'of two towns' };
  expect(await createMemory(input)).toHaveProperty('memory');
  await forget({ ids: [other.id] });
  expect(await createMemory(input)).toMatchObject({ code: 'NOT_FOUND' });
});

test('deleting a companion or user empties what was answered of them: a retry makes nothing', async () => {
  const companion = { idempotencyKey: 'make companion', companion: { key: 'made once' } };
  const user = { idempotencyKey: 'make user', externalId: 'made once' };
  const memory = happening('Of both', { ...user, companion: companion.companion, user: { externalId: 'made once' } });
  const { externalId: _, ...made } = { ...memory, idempotencyKey: 'make memory' } as Record<string, unknown>;
  await upsertCompanion(companion);
  await upsertUser(user);
  await createMemory(made);
  await deleteUser({ user: { externalId: 'made once' } });
  const count = async () => {
    const { users, companions, memories } = await countRows(await theDatabase());
    return { users, companions, memories };
  };
  const before = await count();
  expect(await createMemory(made)).toMatchObject({ code: 'NOT_FOUND' });
  expect(await upsertUser(user)).toMatchObject({ code: 'NOT_FOUND' });
  expect(await count()).toEqual(before);
  await deleteCompanion({ companion: { key: 'made once' } });
  expect(await upsertCompanion(companion)).toMatchObject({ code: 'NOT_FOUND' });
  expect(await count()).toEqual({ ...before, companions: (before.companions ?? 0) - 1 });
  expect(await upsertUser({ ...user, idempotencyKey: 'a new key for a new user' })).toHaveProperty('user');
});

test('a retry after the workspace was deleted and made again is a first try: nothing of it is known', async () => {
  const input = happening('In a workspace that goes', { idempotencyKey: 'goes with it' });
  const caller = { workspace: 'going' };
  const { memory } = await createMemory(input, caller);
  await deleteWorkspace(await service.tenant('going'));
  await openWorkspace(await theDatabase(), 'going');
  expect((await createMemory(input, caller)).memory.id).not.toBe(memory.id);
});

test('what is kept of a mutation holds no text of callers, and no digest that a guess could be compared with', async () => {
  const text = 'zebra31';
  const input = {
    idempotencyKey: `key ${text}`,
    companion: { key: text },
    user: { externalId: text },
    memories: [{ ref: text, content: text, type: 'FACT', slot: text, entities: [{ name: text, type: text }] }],
  };
  await createBatch(input);
  const { idempotencyKey, ...given } = input;
  const database = await theDatabase();
  expect(await tablesWith(database, text)).not.toContain('idempotency_keys');
  for (const guess of [idempotencyKey, JSON.stringify(idempotencyKey), JSON.stringify(given), 'tester']) {
    for (const form of ['hex', 'base64', 'base64url'] as const) {
      expect(await tablesWith(database, createHash('sha256').update(guess).digest(form))).toEqual([]);
    }
  }
});

test('what is done in batches is done once, too', async () => {
  const gone = { expiresAt: '2020-01-01T00:00:00Z' };
  await remember('Expired 1', gone);
  await remember('Expired 2', gone);
  expect(await purge({ idempotencyKey: 'purge' })).toMatchObject({ purgedCount: 2 });
  await remember('Expired 3', gone);
  expect(await purge({ idempotencyKey: 'purge' })).toMatchObject({ purgedCount: 2 });
  expect(await purge({ idempotencyKey: 'purge', companion: iris })).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  expect(await purge({})).toMatchObject({ purgedCount: 1 });
});

test('concurrent retries of what is done in batches have one effect and one answer', async () => {
  await Promise.all(
    Array.from({ length: 5 }, (_, i) => remember(`Expired ${i}`, { expiresAt: '2020-01-01T00:00:00Z' })),
  );
  await remember('Deleted once', { companion: { key: 'deleted once' } });
  const purged = await Promise.all(Array.from({ length: 20 }, () => purge({ idempotencyKey: 'purge at once' })));
  expect(purged.map(({ purgedCount }) => purgedCount)).toEqual(Array(20).fill(5));
  const input = { idempotencyKey: 'delete at once', companion: { key: 'deleted once' } };
  const deleted = await Promise.all(Array.from({ length: 20 }, () => deleteCompanion(input)));
  expect(deleted).toEqual(
    Array(20).fill({ __typename: 'DeleteCompanionPayload', deletedId: expect.stringMatching(/^cmp_/) }),
  );
  expect(await deleteCompanion(input)).toEqual(deleted[0]);
  expect(await deleteCompanion({ companion: { key: 'deleted once' } })).toMatchObject({ code: 'NOT_FOUND' });
});
