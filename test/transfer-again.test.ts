import { expect, test } from 'vitest';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { jsonLines, useTransfer } from './support/transfer.ts';

// What was said, withdrawn or replaced, and said again: each time is a memory of its own.

const service = useService();
const { importText, exportText } = useTransfer(service);
const create = mutation(service, 'createMemory', 'memory { id } duplicate');
const retract = mutation(service, 'retractMemory', 'memory { id }');
const correct = mutation(service, 'correctMemory', 'memory { id }');

const at = (month: number) => new Date(Date.UTC(2026, month - 1, 1)).toISOString();
const memory = (id: string, month: number, content: string, more: object = {}) => ({
  kind: 'memory',
  id,
  companion: 'iris',
  type: 'FACT',
  content,
  validFrom: at(month),
  recordedAt: at(month),
  ...more,
});

const told = async (workspace: string, point: object = {}) => {
  const { memories } = await service.run(
    `query ($at: PointInTime) { memories(at: $at, first: 50, filter: {statuses: [ACTIVE, ENDED, RETRACTED, CORRECTED, DISPUTED]}) {
      nodes { content status validFrom validUntil recordedAt } } }`,
    { at: point },
    { workspace },
  );
  return memories.nodes
    .map((node) => [node.content, node.status, node.validFrom, node.validUntil, node.recordedAt].join(' | '))
    .toSorted();
};
const active = async (workspace: string) =>
  (await told(workspace)).filter((each) => each.includes('ACTIVE')).map((each) => each.split(' | ')[0]);

const phone = "Avery's phone number is 555-0101";
const skoda = 'Avery drives a red Skoda';

const decisions = [
  { kind: 'retraction', memory: 'phone-1', as: 'MISTAKE', recordedAt: at(2) },
  {
    kind: 'correction',
    id: 'car-2',
    memory: 'car-1',
    as: 'CHANGE',
    content: 'Volvo',
    effectiveAt: at(2),
    recordedAt: at(2),
  },
];
const first = [memory('phone-1', 1, phone), memory('car-1', 1, skoda)];
const again = [memory('phone-2', 3, phone), memory('car-3', 3, skoda)];

test.each([
  ['in the order in which it happened', [...first, ...decisions, ...again]],
  ['with the memories first', [...first, ...again, ...decisions]],
  ['with what was said again first', [...again, ...first, ...decisions]],
])('what was said again is imported %s', async (workspace, lines) => {
  expect(await importText(workspace, jsonLines(lines))).toBe(
    'Made: 4 memories, 1 correction, 1 retraction. Already there: nothing.',
  );
  expect(await active(workspace)).toEqual([skoda, phone, 'Volvo']);
  const made = await told(workspace);
  expect(await importText(workspace, jsonLines(lines))).toMatch('Made: nothing.');
  expect(await told(workspace)).toEqual(made);
  const file = await exportText(workspace);
  await importText(`${workspace}, moved`, file);
  expect(await exportText(`${workspace}, moved`)).toBe(file);
  expect(await told(`${workspace}, moved`)).toEqual(made);
  expect(await told(`${workspace}, moved`, { knownAt: at(2) })).toEqual(await told(workspace, { knownAt: at(2) }));
});

test('what was said again for a slot is imported, in any order', async () => {
  const diet = { slot: 'diet' };
  const lines = [memory('vegan-1', 1, 'Vegan', diet), memory('vegan-2', 3, 'Vegan', diet)];
  const retraction = { kind: 'retraction', memory: 'vegan-1', as: 'MISTAKE', recordedAt: at(2) };
  for (const [index, file] of [
    [lines[0], retraction, lines[1]],
    [...lines, retraction],
  ].entries()) {
    await importText(`slot ${index}`, jsonLines(file as object[]));
    expect(await active(`slot ${index}`)).toEqual(['Vegan']);
    expect(await told(`slot ${index}`)).toHaveLength(2);
  }
});

test('what was said again by mutations survives a move', async () => {
  const caller = { workspace: 'said' };
  const say = async (content: string) => {
    const { memory, duplicate } = await create({ companion: { key: 'iris' }, type: 'FACT', content }, caller);
    expect(duplicate).toBe(false);
    return memory.id;
  };
  const [number, car] = [await say(phone), await say(skoda)];
  await retract({ id: number, kind: 'MISTAKE' }, caller);
  await correct({ id: car, kind: 'MISTAKE', content: 'Volvo' }, caller);
  await say(phone);
  await say(skoda);
  const file = await exportText('said');
  await importText('said, moved', file);
  expect(await exportText('said, moved')).toBe(file);
  expect(await told('said, moved')).toEqual(await told('said'));
  expect(await active('said, moved')).toEqual([skoda, phone, 'Volvo']);
});

test('a memory that says when it was recorded is known by its id alone; others by what they say, too', async () => {
  await importText('known', jsonLines([memory('one', 1, 'Maya likes tea.')]));
  const { id: _, ...unnamed } = memory('', 2, 'maya likes  TEA.');
  const { recordedAt: __, ...undated } = memory('other', 2, 'Maya likes tea.');
  expect(await importText('known', jsonLines([unnamed, undated]))).toBe('Made: nothing. Already there: 2 memories.');
  expect(await importText('known', jsonLines([memory('two', 2, 'Maya likes tea.')]))).toBe(
    'Made: 1 memory. Already there: nothing.',
  );
});
