import { describe, expect, test } from 'vitest';
import { write } from '../src/db/write.ts';
import { ensureCompanion } from '../src/domain/companion/companions.ts';
import { addEntities } from '../src/domain/entity/add.ts';
import { decodeId } from '../src/kernel/ids.ts';
import { patience } from './support/calibration.ts';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { tablesWith } from './support/tables.ts';
import { longestTurnWithin } from './support/turns.ts';

const service = useService();
const upsert = mutation(service, 'upsertEntities', 'entities { id name type aliases } createdIds');
const remove = mutation(service, 'deleteEntities', 'deletedIds');
const merge = mutation(service, 'mergeEntities', 'entity { id name aliases }');
const forget = mutation(service, 'forgetMemories', 'forgottenIds');
const update = mutation(service, 'updateMemory', 'memory { id }');

const find = async (companion: string, name: string, at?: object) => {
  const { entities } = await service.runUntyped(
    `query ($filter: EntityFilter, $at: PointInTime) { entities(filter: $filter, at: $at, first: 100) { nodes { id name aliases } } }`,
    { filter: { companion: { key: companion }, name }, at },
  );
  return entities.nodes as { id: string; name: string; aliases: string[] }[];
};
const mentioning = async (name: string, at?: object) => {
  const { memories } = await service.runUntyped(
    'query ($name: String!, $at: PointInTime) { memories(filter: {entity: {name: $name}}, at: $at) { nodes { content } } }',
    { name, at },
  );
  return memories.nodes.map(({ content }: { content: string }) => content);
};
const now = async () => {
  const { memories } = await createMemories(service, {
    companion: { key: 'clock' },
    memories: [{ content: `tick ${ticks++}`, type: 'FACT' }],
  });
  const { memory } = await service.runUntyped('query ($id: ID!) { memory(id: $id) { recordedAt } }', {
    id: memories[0]?.id,
  });
  return memory.recordedAt as string;
};
let ticks = 0;
const person = (name: string, aliases?: string[]) => ({ type: 'person', name, ...(aliases && { aliases }) });

describe('upsertEntities', () => {
  test('creates entities, and adds aliases to those there are; again it changes nothing', async () => {
    const companion = { key: 'makes' };
    const first = await upsert({
      companion,
      entities: [person(' Robert  Moore ', ['Bob', 'bob', 'Robert moore']), person('Ann')],
    });
    expect(first.entities).toMatchObject([
      { name: 'Robert  Moore', aliases: ['Bob'] },
      { name: 'Ann', aliases: [] },
    ]);
    expect(new Set(first.createdIds)).toEqual(new Set(first.entities.map(({ id }: { id: string }) => id)));
    const again = await upsert({ companion, entities: [person('robert moore', ['BOB', 'Rob']), person('Cleo')] });
    expect(again.entities[0]).toEqual({ ...first.entities[0], aliases: ['Bob', 'Rob'] });
    expect(again.createdIds).toEqual([again.entities[1].id]);
    // By an alias it is the entity itself.
    const byAlias = await upsert({ companion, entities: [person('rob', ['Bobby'])] });
    expect(byAlias).toMatchObject({ createdIds: [], entities: [{ id: first.entities[0].id, name: 'Robert  Moore' }] });
    expect((await find('makes', 'bobby'))[0]).toMatchObject({
      id: first.entities[0].id,
      aliases: ['Bob', 'Bobby', 'Rob'],
    });
  });

  test('memories that mention an alias mention the entity', async () => {
    const companion = { key: 'leads' };
    await upsert({ companion, entities: [person('Wilhelmina', ['Billie'])] });
    await createMemories(service, {
      companion,
      memories: [{ content: 'Billie sings', type: 'FACT', entities: [person('billie')] }],
    });
    expect(await mentioning('Wilhelmina')).toEqual(['Billie sings']);
    expect(await find('leads', 'billie')).toMatchObject([{ name: 'Wilhelmina' }]);
  });

  test.each([
    ['the name of another entity', [person('Dora', ['Ernie'])], ['input', 'entities', '0', 'aliases', '0']],
    ['an alias of another entity', [person('Dora', ['x', 'ern'])], ['input', 'entities', '0', 'aliases', '1']],
    [
      'another entity of the input',
      [person('Dora', ['Fay']), person('fay')],
      ['input', 'entities', '0', 'aliases', '0'],
    ],
    [
      'an alias of another one of the input',
      [person('Dora', ['Gil']), person('Hal', ['gil'])],
      ['input', 'entities', '1', 'aliases', '0'],
    ],
  ])('refuses an alias that is %s, and makes nothing', async (_what, entities, path) => {
    const companion = { key: 'refuses' };
    await upsert({ companion, entities: [person('Ernie', ['Ern'])] });
    expect(await upsert({ companion, entities })).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path }] });
    expect(await find('refuses', 'dora')).toEqual([]);
    // Of another type, or another companion, it is somebody else.
    expect(await upsert({ companion: { key: 'elsewhere' }, entities: [person('Dora', ['Ernie'])] })).toMatchObject({
      __typename: 'UpsertEntitiesPayload',
    });
  });

  test.each([
    ['none', [], 'INVALID_INPUT'],
    ['more than 1,000', Array.from({ length: 1_001 }, (_, n) => person(`n${n}`)), 'LIMIT_EXCEEDED'],
    [
      'more than 20 aliases',
      [
        person(
          'a',
          Array.from({ length: 21 }, (_, n) => `a${n}`),
        ),
      ],
      'INVALID_INPUT',
    ],
    ['a blank name', [person(' ')], 'INVALID_INPUT'],
    ['a blank alias', [person('a', [' '])], 'INVALID_INPUT'],
  ])('refuses %s', async (_what, entities, code) => {
    expect(await upsert({ companion: { key: 'bounds' }, entities })).toMatchObject({ code });
  });

  test('takes 1,000 with 20 aliases each, in a constant number of statements, and keeps nobody waiting', async () => {
    const many = (count: number, of: string) =>
      Array.from({ length: count }, (_, n) =>
        person(
          `${of} ${n}`,
          Array.from({ length: 20 }, (_, a) => `${of} ${n} alias ${a}`),
        ),
      );
    const document = `mutation ($input: UpsertEntitiesInput!) { upsertEntities(input: $input) {
      ... on UpsertEntitiesPayload { createdIds entities { aliases } } } }`;
    const count = (entities: object[]) =>
      service.countStatements(document, { input: { companion: { key: 'many' }, entities } });
    await count(many(1, 'first'));
    const few = await count(many(10, 'few'));
    expect(await count(many(100, 'many'))).toBe(few);
    // A slow machine takes longer than mutations may.
    const timeoutMs = patience(20_000);
    const tenant = await service.tenant();
    const { ms, value } = await longestTurnWithin(50, () =>
      write(tenant, async (tx) => addEntities(tx, await ensureCompanion(tx, { key: 'many' }), many(1_000, 'more')), {
        timeoutMs,
      }),
    );
    expect(value.createdIds).toHaveLength(1_000);
    expect(ms).toBeLessThan(50);
  });

  test('stays, though nothing mentions it, and though what mentioned it is forgotten', async () => {
    const companion = { key: 'stays' };
    await upsert({ companion, entities: [person('Ida', ['Idy'])] });
    const { memories } = await createMemories(service, {
      companion,
      memories: [
        { content: 'Idy met Jo and Ida', type: 'FACT', entities: [person('Idy'), person('Ida'), person('Jo')] },
      ],
    });
    await forget({ ids: [memories[0]?.id] });
    expect(await find('stays', 'jo')).toEqual([]);
    expect(await find('stays', 'idy')).toMatchObject([{ name: 'Ida', aliases: ['Idy'] }]);
    // What a memory made first, and was then given by its name, stays as well.
    const { memories: more } = await createMemories(service, {
      companion,
      memories: [{ content: 'Kim', type: 'FACT', entities: [person('Kim')] }],
    });
    await upsert({ companion, entities: [person('Kim')] });
    await forget({ ids: [more[0]?.id] });
    expect(await find('stays', 'kim')).toHaveLength(1);
  });

  test('the past is as it was: an alias leads to nothing before it was given', async () => {
    const companion = { key: 'pasts' };
    await upsert({ companion, entities: [person('Lotte')] });
    await createMemories(service, {
      companion,
      memories: [{ content: 'Lotte paints', type: 'FACT', entities: [person('Lotte')] }],
    });
    const before = await now();
    await upsert({ companion, entities: [person('Lotte', ['Lo'])] });
    expect(await find('pasts', 'lo', { knownAt: before })).toMatchObject([{ name: 'Lotte', aliases: [] }]);
    expect(await mentioning('Lo', { knownAt: before })).toEqual([]);
    expect(await mentioning('Lo')).toEqual(['Lotte paints']);
  });

  test('merged, it is what it was merged into', async () => {
    const companion = { key: 'merged' };
    const { entities } = await upsert({ companion, entities: [person('Mia', ['Mi']), person('Nele')] });
    const { entity } = await merge({ fromIds: [entities[0].id], intoId: entities[1].id });
    expect(new Set(entity.aliases)).toEqual(new Set(['Mia', 'Mi']));
    expect(await upsert({ companion, entities: [person('mi')] })).toMatchObject({
      createdIds: [],
      entities: [{ id: entities[1].id }],
    });
    expect(await upsert({ companion, entities: [person('Nele', ['Mia', 'Mi'])] })).toMatchObject({
      entities: [{ id: entities[1].id }],
    });
  });

  test('of one name by twenty at once is one entity', async () => {
    const companion = { key: 'race' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => upsert({ companion, entities: [person('Olga', [`O${n}`, 'Ole'])] })),
    );
    expect(new Set(answers.map(({ entities }) => entities[0].id)).size).toBe(1);
    const [olga] = await find('race', 'olga');
    expect(olga?.aliases).toHaveLength(21);
  });
});

describe('deleteEntities', () => {
  test('leaves nothing of an entity and its aliases, now and in the past; the memories stay', async () => {
    const { database } = await service.tenant();
    const companion = { key: 'deletes' };
    const { memories } = await createMemories(service, {
      companion,
      memories: [
        { content: 'one', type: 'FACT', entities: [person('Quagga41'), person('Rita')] },
        { content: 'two', type: 'FACT', entities: [person('Old Quagga41')] },
        { content: 'three', type: 'FACT', entities: [person('Quagga41'), person('Sara')] },
      ],
    });
    const [quagga] = await find('deletes', 'Quagga41');
    const [old] = await find('deletes', 'Old Quagga41');
    const kept = { companion, entities: [person('Quagga41', ['Q quagga41'])], idempotencyKey: 'quagga' };
    expect((await upsert(kept)).entities[0].id).toBe((await find('deletes', 'q quagga41'))[0]?.id);
    await merge({ fromIds: [old?.id], intoId: quagga?.id });
    await update({ id: memories[2]?.id, summary: 'kept', entities: [person('Sara')] });
    const before = await now();
    expect(await tablesWith(database, 'quagga41')).toEqual(
      expect.arrayContaining(['entities', 'entities_history', 'events']),
    );
    const asked = { ids: [old?.id], idempotencyKey: 'delete' };
    expect(await remove(asked)).toMatchObject({ deletedIds: [quagga?.id] });
    expect(
      (await tablesWith(database, 'quagga41')).filter((table) => !['memories', 'postings'].includes(table)),
    ).toEqual([]);
    expect(await mentioning('Rita')).toEqual(['one']);
    const { memory } = await service.runUntyped(
      'query ($id: ID!, $at: PointInTime) { memory(id: $id, at: $at) { content entities { nodes { name } } } }',
      { id: memories[0]?.id, at: { knownAt: before } },
    );
    expect(memory).toEqual({ content: 'one', entities: { nodes: [{ name: 'Rita' }] } });
    const { memory: third } = await service.runUntyped(
      'query ($id: ID!) { memory(id: $id) { history { nodes { kind changes } } } }',
      { id: memories[2]?.id },
    );
    // What else the event says stays.
    expect(third.history.nodes.at(-1)).toEqual({ kind: 'UPDATED', changes: { summary: { from: null, to: 'kept' } } });
    const { node } = await service.runUntyped('query ($id: ID!) { node(id: $id) { id } }', { id: quagga?.id });
    expect(node).toBeNull();
    // Kept answers of what made it are empty; that of the deletion stands.
    expect(await upsert(kept)).toMatchObject({ code: 'NOT_FOUND' });
    expect(await remove(asked)).toMatchObject({ deletedIds: [quagga?.id] });
    expect(await remove({ ids: [quagga?.id] })).toMatchObject({ code: 'NOT_FOUND', ids: [quagga?.id] });
    expect((await upsert({ companion, entities: [person('Quagga41')] })).createdIds).toHaveLength(1);
  });

  test('deletes none where one is unknown', async () => {
    const companion = { key: 'none' };
    const { entities } = await upsert({ companion, entities: [person('Tom')] });
    const { entities: gone } = await upsert({ companion, entities: [person('Udo')] });
    await remove({ ids: [gone[0].id] });
    expect(await remove({ ids: [entities[0].id, gone[0].id] })).toMatchObject({ code: 'NOT_FOUND', ids: [gone[0].id] });
    expect(await find('none', 'tom')).toHaveLength(1);
  });

  test('of what many memories mention goes on in batches', async () => {
    const companion = { key: 'batches' };
    const entities = [person('Vera'), person('Willi')];
    for (let batch = 0; batch < 3; batch++) {
      await createMemories(service, {
        companion,
        memories: Array.from({ length: 700 }, (_, n) => ({
          content: `batch ${batch} of ${n}`,
          type: 'FACT',
          entities,
        })),
      });
    }
    const [vera] = await find('batches', 'vera');
    expect(await remove({ ids: [vera?.id] })).toMatchObject({ deletedIds: [vera?.id] });
    const { entities: left } = await service.runUntyped(
      '{ entities(filter: {companion: {key: "batches"}}) { nodes { name memories(first: 1) { totalCount } } } }',
    );
    expect(left.nodes).toEqual([{ name: 'Willi', memories: { totalCount: 2_100 } }]);
  });

  test('a credential restricted to users may do neither; one restricted to companions to theirs alone', async () => {
    const { entities } = await upsert({ companion: { key: 'hers' }, entities: [person('Xenia')] });
    const { entities: others } = await upsert({ companion: { key: 'theirs' }, entities: [person('Yara')] });
    const { companion } = await service.runUntyped('{ companion(by: {key: "hers"}) { id } }');
    const { uuid } = decodeId('Companion', companion.id, []);
    const ofUsers = { restriction: { companions: null, users: [uuid] } };
    expect(await upsert({ companion: { key: 'hers' }, entities: [person('Zoe')] }, ofUsers)).toMatchObject({
      code: 'FORBIDDEN',
    });
    expect(await remove({ ids: [entities[0].id] }, ofUsers)).toMatchObject({ code: 'FORBIDDEN' });
    const ofCompanions = { restriction: { companions: [uuid], users: null } };
    expect(await upsert({ companion: { key: 'theirs' }, entities: [person('Zoe')] }, ofCompanions)).toMatchObject({
      code: 'FORBIDDEN',
    });
    expect(await remove({ ids: [others[0].id] }, ofCompanions)).toMatchObject({ code: 'NOT_FOUND' });
    expect(
      (await upsert({ companion: { key: 'hers' }, entities: [person('Zoe', ['Zo'])] }, ofCompanions)).createdIds,
    ).toHaveLength(1);
    expect(await remove({ ids: [entities[0].id] }, ofCompanions)).toMatchObject({ deletedIds: [entities[0].id] });
  });
});
