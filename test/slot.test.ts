import { describe, expect, test } from 'vitest';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { type Caller, useService } from './support/service.ts';

const service = useService();
const SIDE = 'id content status validFrom validUntil slot';
const CONTRADICTION = `contradiction { id status memory { ${SIDE} } by { ${SIDE} } }`;
const write = {
  create: mutation(
    service,
    'createMemory',
    `memory { ${SIDE} } duplicate succeeded { content validUntil } ${CONTRADICTION}`,
  ),
  batch: mutation(
    service,
    'createMemories',
    'memories { id content validUntil } duplicateIds contradictions { id memory { content } by { content } }',
  ),
  resolve: mutation(service, 'resolveContradiction', CONTRADICTION),
  reopen: mutation(service, 'reopenContradiction', CONTRADICTION),
  correct: mutation(service, 'correctMemory', 'memory { id }'),
};
const companion = { key: 'iris' };
const on = (month: number, day = 1) => new Date(Date.UTC(2024, month - 1, day)).toISOString();

let slots = 0;
/** A slot of its own, and what is said in it, known of it and told at a moment. */
function newSlot() {
  const slot = `slot ${++slots}`;
  const say = (content: string, month: number, more: object = {}, caller?: Caller) =>
    write.create({ companion, type: 'FACT', content, slot, validFrom: on(month), ...more }, caller);
  const told = async (validAt: string, more = '', caller?: Caller): Promise<string[]> => {
    const document = `query ($slots: [String!], $at: PointInTime) { memories(filter: {slots: $slots}, at: $at ${more}) { nodes { content } } }`;
    const { memories } = await service.runUntyped(document, { slots: [slot], at: { validAt } }, caller);
    return memories.nodes.map(({ content }: { content: string }) => content).toSorted();
  };
  return { slot, say, told };
}
const timeLine = async (id: string) => {
  const { memory } = await service.runUntyped(
    'query ($id: ID!) { memory(id: $id) { versions { nodes { content validFrom validUntil } } } }',
    { id },
  );
  return memory.versions.nodes;
};
const orders = (things: readonly number[]): number[][] =>
  things.length < 2
    ? [[...things]]
    : things.flatMap((one) => orders(things.filter((other) => other !== one)).map((rest) => [one, ...rest]));

describe('what is said in a slot', () => {
  test.each(orders([0, 1, 2, 3]))('makes one time line, in any order of arrival: %d, %d, %d, %d', async (...order) => {
    const { say, told } = newSlot();
    let id = '';
    for (const n of order) id = (await say(`Answer ${n}`, 2 * n + 1)).memory.id;
    expect(await timeLine(id)).toEqual(
      [0, 1, 2, 3].map((n) => ({
        content: `Answer ${n}`,
        validFrom: on(2 * n + 1),
        validUntil: n === 3 ? null : on(2 * n + 3),
      })),
    );
    expect([await told(on(2)), await told(on(3)), await told(on(6, 30))]).toEqual([
      ['Answer 0'],
      ['Answer 1'],
      ['Answer 2'],
    ]);
    expect(await told('2023-12-31T00:00:00Z')).toEqual([]);
  });

  test('says which memory it succeeded, and with nothing before it, none', async () => {
    const { say } = newSlot();
    expect(await say('First', 3)).toMatchObject({ succeeded: null, duplicate: false, contradiction: null });
    expect(await say('Second', 5)).toMatchObject({ succeeded: { content: 'First', validUntil: on(5) } });
    expect(await say('Before both', 1)).toMatchObject({ succeeded: null, memory: { validUntil: on(3) } });
    expect(await say('Between', 4)).toMatchObject({
      succeeded: { content: 'First', validUntil: on(4) },
      memory: { validUntil: on(5) },
    });
  });

  test('is a duplicate where the same holds then, and news where another does', async () => {
    const { say, told } = newSlot();
    const { memory } = await say('Tea', 1);
    expect(await say('  TEA ', 3)).toMatchObject({ duplicate: true, memory: { id: memory.id, validUntil: null } });
    await say('Coffee', 5);
    expect(await say('Tea', 2)).toMatchObject({ duplicate: true, memory: { id: memory.id, validUntil: on(5) } });
    expect(await say('Coffee', 5)).toMatchObject({ duplicate: true, contradiction: null });
    expect(await say('Tea', 7)).toMatchObject({ duplicate: false, succeeded: { content: 'Coffee' } });
    expect([await told(on(2)), await told(on(6)), await told(on(8))]).toEqual([['Tea'], ['Coffee'], ['Tea']]);
  });

  test('keeps its stated end, within the beginning of the next', async () => {
    const { say, told } = newSlot();
    const { memory } = await say('In Porto', 1, { validUntil: on(3) });
    await say('In Lisbon', 6);
    expect(await say('In Braga', 4, { validUntil: on(9) })).toMatchObject({ memory: { validUntil: on(6) } });
    expect((await timeLine(memory.id)).map(({ validUntil }: { validUntil: string }) => validUntil)).toEqual([
      ...[on(3), on(6), null],
    ]);
    expect([await told(on(2)), await told(on(3)), await told(on(5)), await told(on(6))]).toEqual([
      ...[['In Porto'], [], ['In Braga'], ['In Lisbon']],
    ]);
  });

  test('is no version of what is said in no slot, nor a duplicate of what is said in another', async () => {
    const { say } = newSlot();
    const other = newSlot();
    await say('Blue', 1);
    expect(await other.say('Green', 1)).toMatchObject({ duplicate: false, succeeded: null, contradiction: null });
    expect(await say('Red', 3, { slot: null })).toMatchObject({ succeeded: null, memory: { slot: null } });
  });
});

describe('what begins at the very same moment', () => {
  const dispute = async () => {
    const { say, told, slot } = newSlot();
    await say('Before', 1);
    await say('Red', 3);
    const { contradiction, memory } = await say('Blue', 3);
    await say('After', 6);
    return { say, told, slot, id: contradiction.id as string, memory, contradiction };
  };

  test('gets a lineage of its own, and both are disputed while both hold', async () => {
    const { told, contradiction, memory } = await dispute();
    expect(contradiction).toMatchObject({
      status: 'OPEN',
      memory: { content: 'Red', status: 'DISPUTED' },
      by: { id: memory.id, content: 'Blue', status: 'DISPUTED' },
    });
    expect([await told(on(2)), await told(on(4))]).toEqual([['Before'], ['Blue', 'Red']]);
  });

  test.each([
    ['KEEP_MEMORY', ['Red'], ['After']],
    ['KEEP_BY', ['Blue'], ['After']],
  ])('resolved by %s, one is told, and the next ends it', async (resolution, then, later) => {
    const { told, id } = await dispute();
    const before = [await told(on(4)), await told(on(7))];
    expect(await write.resolve({ id, resolution })).not.toHaveProperty('code');
    expect([await told(on(2)), await told(on(4)), await told(on(7))]).toEqual([['Before'], then, later]);
    await write.reopen({ id });
    expect([await told(on(4)), await told(on(7))]).toEqual(before);
  });

  test('by KEEP_BY takes the place of the other: the time line goes on from it', async () => {
    const { say, id, memory, slot } = await dispute();
    await write.resolve({ id, resolution: 'KEEP_BY' });
    expect(await timeLine(memory.id)).toEqual(
      expect.arrayContaining([
        { content: 'Before', validFrom: on(1), validUntil: on(3) },
        { content: 'Blue', validFrom: on(3), validUntil: on(6) },
        { content: 'After', validFrom: on(6), validUntil: null },
      ]),
    );
    expect(await say('Violet', 4)).toMatchObject({
      succeeded: { content: 'Blue', validUntil: on(4) },
      memory: { slot, validUntil: on(6) },
    });
  });

  test.each(['KEEP_MEMORY', 'DISMISSED'])('by %s leaves the slot', async (resolution) => {
    const { id, slot } = await dispute();
    const { contradiction } = await write.resolve({ id, resolution });
    expect(contradiction).toMatchObject({ memory: { content: 'Red', slot }, by: { content: 'Blue', slot: null } });
  });

  test('cannot have succeeded one another', async () => {
    const { id } = await dispute();
    expect(await write.resolve({ id, resolution: 'SUCCEEDED' })).toMatchObject({
      code: 'INVALID_INPUT',
      issues: [{ path: ['input', 'resolution'] }],
    });
  });

  test('a third and a fourth get one too; each is reported once', async () => {
    const { say, told } = newSlot();
    await say('One', 1);
    const second = await say('Two', 1);
    const third = await say('Three', 1);
    expect(await say('Two', 1)).toMatchObject({ duplicate: true, memory: { id: second.memory.id } });
    expect(await told(on(2))).toEqual(['One', 'Three', 'Two']);
    await write.resolve({ id: third.contradiction.id, resolution: 'KEEP_BY' });
    expect(await told(on(2))).not.toContain('One');
    expect(await told(on(2))).toContain('Three');
  });
});

describe('a batch', () => {
  const answer = (slot: string, content: string, month: number) => ({
    ...{ type: 'FACT', content, slot, validFrom: on(month) },
  });

  test('may say several things of one slot, in any order', async () => {
    const { slot } = newSlot();
    const { memories, contradictions } = await write.batch({
      companion,
      memories: [answer(slot, 'May', 5), answer(slot, 'January', 1), answer(slot, 'March', 3), answer(slot, 'May', 6)],
    });
    expect(contradictions).toEqual([]);
    expect(memories[3].id).toBe(memories[0].id);
    expect((await timeLine(memories[0].id)).map(({ content }: { content: string }) => content)).toEqual([
      ...['January', 'March', 'May'],
    ]);
  });

  test('that says two things of one moment opens a contradiction, of several slots each its own', async () => {
    const [one, other] = [newSlot(), newSlot()];
    const { contradictions, duplicateIds } = await write.batch({
      companion,
      memories: [one, other].flatMap(({ slot }) => [
        ...[answer(slot, `Yes to ${slot}`, 1), answer(slot, `No to ${slot}`, 1), answer(slot, `yes to ${slot}`, 1)],
      ]),
    });
    expect(contradictions).toMatchObject(
      [one, other].map(({ slot }) => ({ memory: { content: `Yes to ${slot}` }, by: { content: `No to ${slot}` } })),
    );
    expect(duplicateIds).toHaveLength(2);
  });
});

test('a slot is of one companion and one user, or of no particular user', async () => {
  const { say, told } = newSlot();
  const [maya, noah] = [{ user: { externalId: 'maya' } }, { user: { externalId: 'noah' } }];
  await say('Nobody in particular', 1);
  for (const more of [maya, noah, { companion: { key: 'echo' } }, { companion: { key: 'echo' }, ...maya }])
    expect(await say(`Of ${JSON.stringify(more)}`, 1, more)).toMatchObject({
      ...{ duplicate: false, succeeded: null, contradiction: null },
    });
  expect(await told(on(2))).toHaveLength(5);
  expect(await told(on(2), ', companion: {key: "iris"}, user: {externalId: "noah"}')).toEqual([
    `Of ${JSON.stringify(noah)}`,
  ]);
  await say('Maya changed', 4, maya);
  expect(await told(on(5), ', companion: {key: "iris"}, user: {externalId: "noah"}')).toHaveLength(1);
});

test('a list is narrowed to slots, several of them too; an unknown one finds nothing', async () => {
  const [one, other] = [newSlot(), newSlot()];
  await createMemories(service, {
    memories: [one, other].map(({ slot }) => ({ type: 'FACT', content: `In ${slot}`, slot })),
  });
  const list = async (...names: string[]) =>
    (
      await service.run('query ($slots: [String!]) { memories(filter: {slots: $slots}) { totalCount } }', {
        slots: names,
      })
    ).memories.totalCount;
  expect([await list(one.slot), await list(one.slot, other.slot), await list('nowhere'), await list()]).toEqual([
    ...[1, 2, 0, 0],
  ]);
});

test('a slot of another workspace is another', async () => {
  const { say, told } = newSlot();
  const globex = { workspace: 'globex' };
  await say('Mine', 1);
  expect(await say('Theirs', 1, {}, globex)).toMatchObject({ duplicate: false, contradiction: null });
  expect(await say('Mine', 3, {}, globex)).toMatchObject({ duplicate: false, succeeded: { content: 'Theirs' } });
  expect([await told(on(2)), await told(on(2), '', globex), await told(on(4), '', globex)]).toEqual([
    ...[['Mine'], ['Theirs'], ['Mine']],
  ]);
});

test('its name has at most 500 characters: the message says so, and nothing is made', async () => {
  const { say, told } = newSlot();
  expect(await say('Allowed', 1, { slot: 'x'.repeat(500) })).toMatchObject({ memory: { slot: 'x'.repeat(500) } });
  const refused = await say('Refused', 1, { slot: 'x'.repeat(1_000) });
  expect(refused).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path: ['input', 'slot'] }] });
  expect(refused.issues[0].message).toMatch(/500/);
  const found = await service.run('{ memories(filter: {text: "Refused"}) { totalCount } }');
  expect([found.memories.totalCount, await told(on(2))]).toEqual([0, []]);
});
