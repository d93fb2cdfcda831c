import { describe, expect, test } from 'vitest';
import { readOnce } from '../src/db/read-transaction.ts';
import { Reading } from '../src/db/reading.ts';
import { findPath } from '../src/domain/graph/path.ts';
import { decodeId } from '../src/kernel/ids.ts';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';

const service = useService();

const archive = mutation(service, 'archiveMemories', 'memories { id }');
const correct = mutation(service, 'correctMemory', 'memory { id }');
const forget = mutation(service, 'forgetMemories', 'forgottenIds');

const PATH = `query ($input: PathInput!, $at: PointInTime) {
  path(input: $input, at: $at) { length strength memories { content } relations { type from { content } to { content } } }
}`;
const path = async (from: unknown, to: unknown, more: Record<string, unknown> = {}, at?: Record<string, string>) =>
  (await service.run(PATH, { input: { from, to, ...more }, at })).path;
// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
const contents = (found: any): string[] | undefined => found?.memories.map(({ content }: any) => content);

let made = 0;

/** Memories of these names with these relations, `[from, to, strength]`; their ids. */
async function make(names: string, ...edges: [string, string, number?][]): Promise<Record<string, string>> {
  made++;
  const { memories } = await createMemories(service, {
    memories: [...names].map((name) => ({ ref: name, content: `${name}${made}`, type: 'FACT' })),
    relations: edges.map(([from, to, strength = 1]) => ({
      from: { ref: from },
      to: { ref: to },
      type: 'FOLLOWS',
      strength,
    })),
  });
  return Object.fromEntries(memories.map(({ id }, index) => [names[index], id]));
}
const named = (names: string) => [...names].map((name) => `${name}${made}`);

test('the strongest of the shortest', async () => {
  const m = await make('abcde', ['a', 'b', 0.5], ['b', 'd'], ['a', 'c', 0.75], ['d', 'c', 0.8], ['d', 'e', 0.5]);
  expect(await path(m.a, m.e)).toEqual({
    length: 3,
    strength: expect.closeTo(0.3, 12),
    memories: named('acde').map((content) => ({ content })),
    relations: [
      ['a', 'c'],
      ['d', 'c'],
      ['d', 'e'],
    ].map(([from, to]) => ({ type: 'FOLLOWS', from: { content: `${from}${made}` }, to: { content: `${to}${made}` } })),
  });
  expect(contents(await path(m.a, m.e, { direction: 'OUT' }))).toEqual(named('abde'));
  expect(contents(await path(m.e, m.a, { direction: 'IN' }))).toEqual(named('edba'));
  expect(await path(m.e, m.a, { direction: 'OUT' })).toBeNull();
  expect(await path(m.a, m.e, { maxDepth: 2 })).toBeNull();
  expect(contents(await path(m.a, m.e, { maxDepth: 3, minStrength: 0.5 }))).toEqual(named('acde'));
  expect(await path(m.a, m.e, { types: ['CAUSES'] })).toBeNull();
});

test('of equally strong ones the one that was recorded first, from either end', async () => {
  const m = await make('abcd', ['a', 'c', 0.5], ['c', 'd', 0.25], ['a', 'b', 0.25], ['b', 'd', 0.5]);
  expect(contents(await path(m.a, m.d))).toEqual(named('abd'));
  expect(contents(await path(m.d, m.a))).toEqual(named('dba'));
});

test('from a memory to itself there is nothing to go', async () => {
  const { a } = await make('a');
  expect(await path(a, a, { maxDepth: 0 })).toEqual({
    length: 0,
    strength: 1,
    memories: [{ content: `a${made}` }],
    relations: [],
  });
});

test('what is archived or forgotten is gone around, unless it is an end; in the past it was not', async () => {
  const m = await make('abcd', ['a', 'b'], ['b', 'd'], ['a', 'c', 0.5], ['c', 'd', 0.5]);
  const knownAt = new Date().toISOString();
  await archive({ ids: [m.b] });
  expect(contents(await path(m.a, m.d))).toEqual(named('acd'));
  expect(contents(await path(m.a, m.b))).toEqual(named('ab'));
  await forget({ ids: [m.c] });
  expect(await path(m.a, m.d)).toBeNull();
  expect(contents(await path(m.a, m.d, {}, { knownAt }))).toEqual(named('abd'));
  await archive({ ids: [m.a, m.d] });
  expect(contents(await path(m.b, m.a))).toEqual(named('ba'));
});

test('what is archived leads nowhere, wherever both sides come upon it', async () => {
  const strong = [
    ['a', 'x'],
    ['x', 'y'],
    ['y', 'b'],
  ] as [string, string][];
  const m = await make('axybpqrst', ...strong, ['a', 'p'], ['p', 'q'], ['q', 'r'], ['r', 's'], ['s', 't'], ['t', 'b']);
  expect(contents(await path(m.a, m.b))).toEqual(named('axyb'));
  await archive({ ids: [m.x] });
  const around = named('apqrstb');
  expect(contents(await path(m.a, m.b, { maxDepth: 7 }))).toEqual(around);
  expect(contents(await path(m.b, m.a, { maxDepth: 7 }))).toEqual(around.toReversed());
  expect(await path(m.a, m.b, { maxDepth: 5 })).toBeNull();
  await archive({ ids: [m.r] });
  expect(await path(m.a, m.b, { maxDepth: 7 })).toBeNull();
});

test('a corrected memory leads on; versions of one memory are joined by CORRECTS', async () => {
  const m = await make('abc', ['a', 'b'], ['b', 'c']);
  const { memory } = await correct({ id: m.b, content: `B${made}` });
  expect(contents(await path(m.a, m.c))).toEqual([`a${made}`, `B${made}`, `c${made}`]);
  expect(contents(await path(m.a, m.b))).toEqual(named('ab'));
  expect(contents(await path(m.b, memory.id))).toEqual([`b${made}`, `B${made}`]);
  expect(await path(m.b, memory.id, { direction: 'OUT' })).toBeNull();
  expect(await path(m.b, memory.id, { types: ['FOLLOWS'] })).toBeNull();
});

describe('refused are', () => {
  test('ends that are not there, or of another workspace', async () => {
    const { a, b } = await make('ab', ['a', 'b']);
    const { errors } = await service.send(PATH, { input: { from: a, to: b } }, { workspace: 'other' });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'NOT_FOUND', ids: [a, b] });
  });

  test.each([
    [{ maxDepth: 11 }, 'LIMIT_EXCEEDED', 'Relations of a path (input.maxDepth): at most 10, given 11.'],
    [{ maxDepth: -1 }, 'INVALID_INPUT', 'input.maxDepth: At least 0 is expected.'],
  ])('%j', async (more, code, message) => {
    const { a } = await make('a');
    const { errors } = await service.send(PATH, { input: { from: a, to: a, ...more } });
    expect(errors?.[0]).toMatchObject({ message, extensions: { code } });
  });

  test('searches that would follow too many relations: never a wrong answer', async () => {
    const m = await make('abcde', ['a', 'b'], ['b', 'c'], ['c', 'd'], ['d', 'e']);
    const given = (id = '') => ({ given: id, uuid: decodeId('Memory', id, []).uuid });
    const tenant = await service.tenant();
    const search = (limit: number) =>
      readOnce(tenant, (scope) =>
        findPath(scope, new Reading(scope.workspaceId, {}), { from: given(m.a), to: given(m.e), maxDepth: 6 }, limit),
      );
    expect((await search(6))?.relations).toHaveLength(4);
    await expect(search(4)).rejects.toThrow('Relations that a path search may follow');
  });
});
