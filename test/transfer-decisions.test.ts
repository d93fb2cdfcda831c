import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { exportFile, importFile } from '../src/transfer/command.ts';
import { useService } from './support/service.ts';

const service = useService();
type Line = Record<string, unknown>;
let folder: string;
let printed: string[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'palimpsest-beliefs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((text) => printed.push(text));
});

async function importText(workspace: string, text: string): Promise<string> {
  const file = join(folder, 'import.jsonl');
  writeFileSync(file, text);
  await importFile(await service.tenant(workspace), file);
  return printed.at(-1) as string;
}
const importAll = (workspace: string, lines: Line[]) =>
  importText(workspace, lines.map((line) => JSON.stringify(line)).join('\n'));

async function exportText(workspace: string): Promise<string> {
  const file = join(folder, 'export.jsonl');
  await exportFile(await service.tenant(workspace), file);
  return readFileSync(file, 'utf8');
}

const at = (month: number, day = 1) => new Date(Date.UTC(2026, month - 1, day)).toISOString();
const memory = (id: string, month: number, more: Line = {}): Line => ({
  kind: 'memory',
  id,
  companion: 'iris',
  type: 'FACT',
  content: `Content of ${id}`,
  validFrom: at(month),
  recordedAt: at(month),
  ...more,
});

const lines: Line[] = [
  memory('job-one', 1, { slot: 'job' }),
  memory('claim', 1),
  memory('late', 1, { content: 'Ends one day' }),
  memory('false', 1),
  memory('counter', 2),
  memory('job-three', 5, { slot: 'job' }),
  {
    kind: 'correction',
    id: 'claim-mended',
    memory: 'claim',
    as: 'MISTAKE',
    content: 'Mended',
    reason: 'Misheard',
    recordedAt: at(3),
  },
  {
    kind: 'correction',
    id: 'claim-changed',
    memory: 'claim-mended',
    as: 'CHANGE',
    content: 'Changed',
    effectiveAt: at(4),
    recordedAt: at(4, 2),
  },
  { kind: 'retraction', memory: 'late', as: 'CHANGE', effectiveAt: at(4), reason: 'Over', recordedAt: at(4, 5) },
  { kind: 'retraction', memory: 'false', as: 'MISTAKE', recordedAt: at(4, 6) },
  {
    kind: 'contradiction',
    memory: 'claim-changed',
    by: 'counter',
    strength: 0.5,
    reason: 'Both cannot be',
    recordedAt: at(5, 2),
  },
  memory('job-two', 3, { slot: 'job', recordedAt: at(6) }),
  {
    kind: 'resolution',
    memory: 'claim-changed',
    by: 'counter',
    resolution: 'KEEP_MEMORY',
    note: 'Asked',
    recordedAt: at(7),
  },
  { kind: 'relation', from: 'counter', to: 'claim', type: 'REFERENCES', recordedAt: at(2) },
];

const told = async (workspace: string, point: object = {}) => {
  const { memories } = await service.run(
    'query ($at: PointInTime) { memories(at: $at, first: 50) { nodes { content status } } }',
    { at: point },
    { workspace },
  );
  return memories.nodes
    .map(({ content, status }: { content: string; status: string }) => `${content}: ${status}`)
    .toSorted();
};

test('what was decided is imported as of its day, and told as it was known then', async () => {
  expect(await importAll('first', lines)).toBe(
    'Made: 7 memories, 2 corrections, 2 retractions, 1 contradiction, 1 resolution, 1 relation. Already there: nothing.',
  );
  const job = ': ACTIVE';
  expect(await told('first')).toEqual([`Changed${job}`, `Content of job-three${job}`]);
  expect(await told('first', { knownAt: at(2, 2) })).toEqual(
    ['Content of claim', 'Content of counter', 'Content of false', 'Content of job-one', 'Ends one day'].map(
      (each) => each + job,
    ),
  );
  expect(await told('first', { knownAt: at(5, 3) })).toEqual([
    'Changed: DISPUTED',
    `Content of counter: DISPUTED`,
    `Content of job-three${job}`,
  ]);
  // Told in June: what held in April was not known in May.
  expect(await told('first', { knownAt: at(5, 3), validAt: at(4, 15) })).toContain(`Content of job-one${job}`);
  expect(await told('first', { validAt: at(4, 15) })).toContain(`Content of job-two${job}`);
});

test('imported again it makes nothing; exported and imported elsewhere it is the same, to the byte', async () => {
  const nothing = 'Made: nothing.';
  expect(await importAll('first', lines)).toMatch(nothing);
  const file = await exportText('first');
  expect(await importText('second', file)).not.toMatch(nothing);
  expect(await exportText('second')).toBe(file);
  expect(await told('second')).toEqual(await told('first'));
  expect(await told('second', { knownAt: at(5, 3) })).toEqual(await told('first', { knownAt: at(5, 3) }));
  expect(await importText('second', file)).toMatch(nothing);
});

test('a correction that was taken back travels, and stays taken back', async () => {
  await importAll('reverted', [memory('a', 1)]);
  const caller = { workspace: 'reverted' };
  const { memories } = await service.run('{ memories { nodes { id } } }', {}, caller);
  const id = memories.nodes[0]?.id;
  await service.run(
    'mutation ($id: ID!) { correctMemory(input: {id: $id, content: "b"}) { __typename } revertCorrection(input: {id: $id}) { __typename } }',
    { id },
    caller,
  );
  await importText('from reverted', await exportText('reverted'));
  expect(await told('from reverted')).toEqual(['Content of a: ACTIVE']);
});

test('what was taken back is told as it was known then, and taken back only once', async () => {
  const taken: Line[] = [
    memory('tea', 1),
    memory('coffee', 1),
    { kind: 'contradiction', memory: 'tea', by: 'coffee', recordedAt: at(2) },
    { kind: 'resolution', memory: 'tea', by: 'coffee', resolution: 'KEEP_BY', recordedAt: at(3) },
    { kind: 'reopening', memory: 'tea', by: 'coffee', recordedAt: at(4) },
    { kind: 'resolution', memory: 'tea', by: 'coffee', resolution: 'DISMISSED', recordedAt: at(5) },
    { kind: 'retraction', memory: 'tea', as: 'MISTAKE', recordedAt: at(6) },
    { kind: 'reversion', memory: 'tea', recordedAt: at(7) },
    { kind: 'correction', id: 'milk', memory: 'tea', as: 'MISTAKE', content: 'Milk', recordedAt: at(8) },
    { kind: 'reversion', memory: 'tea', version: 'milk', recordedAt: at(9) },
  ];
  const all = ['Content of coffee', 'Content of tea'];
  const [both, disputed] = ['ACTIVE', 'DISPUTED'].map((status) => all.map((each) => `${each}: ${status}`));
  const coffee = ['Content of coffee: ACTIVE'];
  const known = [both, disputed, coffee, disputed, both, coffee, both, [...coffee, 'Milk: ACTIVE'], both];
  const made = '2 memories, 1 correction, 1 retraction, 2 reversions, 1 contradiction, 2 resolutions, 1 reopening';
  expect(await importAll('taken back', taken)).toBe(`Made: ${made}. Already there: nothing.`);
  for (const workspace of ['taken back', 'taken back, moved']) {
    for (const [month, expected] of known.entries()) {
      const knownAt = at(month + 1, 2);
      expect([knownAt, await told(workspace, { knownAt })]).toEqual([knownAt, expected]);
    }
    const file = await exportText(workspace);
    expect(await importAll(workspace, taken)).toBe(`Made: nothing. Already there: ${made}.`);
    expect(await exportText(workspace)).toBe(file);
    if (workspace === 'taken back') await importText('taken back, moved', file);
  }
});

test('what ended, ended earlier after all, and was never true', async () => {
  const ended: Line[] = [
    memory('a', 1),
    { kind: 'retraction', memory: 'a', as: 'CHANGE', effectiveAt: at(4), recordedAt: at(5) },
    { kind: 'retraction', memory: 'a', as: 'CHANGE', effectiveAt: at(3), recordedAt: at(6) },
    { kind: 'retraction', memory: 'a', as: 'MISTAKE', recordedAt: at(7) },
  ];
  expect(await importAll('ended', ended)).toBe('Made: 1 memory, 3 retractions. Already there: nothing.');
  expect(await importAll('ended', ended)).toBe('Made: nothing. Already there: 1 memory, 3 retractions.');
  expect(await told('ended', { knownAt: at(5, 2), validAt: at(3, 2) })).toEqual(['Content of a: ACTIVE']);
  expect(await told('ended', { knownAt: at(6, 2), validAt: at(3, 2) })).toEqual([]);
  expect(await told('ended', { knownAt: at(6, 2), validAt: at(2) })).toEqual(['Content of a: ACTIVE']);
  expect(await told('ended', { validAt: at(2) })).toEqual([]);
  const file = await exportText('ended');
  await importText('ended, moved', file);
  expect(await exportText('ended, moved')).toBe(file);
});

test('policies of decay, and what was merged, are exported and imported', async () => {
  const policy = { type: 'FACT', halfLifeDays: null, floor: 1, archiveBelow: 2, accessStretch: 0, recordedAt: at(2) };
  const merged = [
    { type: 'city', name: 'Ann' },
    { type: 'person', name: 'Annie' },
  ];
  const given: Line[] = [
    { kind: 'policy', ...policy },
    { kind: 'entity', companion: 'iris', type: 'person', name: 'Ann', aliases: ['Annie'], merged, recordedAt: at(1) },
    memory('a', 1, { entities: [{ type: 'city', name: 'ann' }] }),
    memory('b', 1, { entities: [{ type: 'person', name: 'annie' }] }),
  ];
  expect(await importAll('policies', given)).toBe('Made: 1 policy, 1 entity, 2 memories. Already there: nothing.');
  expect(await importAll('policies', given)).toBe('Made: nothing. Already there: 1 policy, 1 entity, 2 memories.');
  const file = await exportText('policies');
  await importText('policies, moved', file);
  expect(await exportText('policies, moved')).toBe(file);
  for (const workspace of ['policies', 'policies, moved']) {
    const { entities, viewer } = await service.run(
      `{ entities { nodes { name aliases memories { nodes { content } } } }
        viewer { workspace { decayPolicies { type halfLifeDays floor archiveBelow accessStretch } } } }`,
      {},
      { workspace },
    );
    const memories = { nodes: expect.arrayContaining([{ content: 'Content of a' }, { content: 'Content of b' }]) };
    expect(entities.nodes).toEqual([{ name: 'Ann', aliases: ['Annie'], memories }]);
    const { recordedAt: _, ...expected } = policy;
    expect(viewer.workspace.decayPolicies).toContainEqual(expected);
  }
});

test.each([
  [
    'a memory that is not there',
    { kind: 'correction', id: 'x', memory: 'nobody', as: 'MISTAKE', content: 'X' },
    /line 2: .*nobody/,
  ],
  [
    'a moment to come',
    { kind: 'retraction', memory: 'a', as: 'MISTAKE', recordedAt: '2999-01-01T00:00:00Z' },
    /line 2: recordedAt.*future/,
  ],
  ['a resolution of nothing', { kind: 'resolution', memory: 'a', by: 'a', resolution: 'DISMISSED' }, /line 2/],
  ['a reversion of nothing', { kind: 'reversion', memory: 'a' }, /line 2: .*no such correction or retraction/],
  ['a reopening of nothing', { kind: 'reopening', memory: 'a', by: 'a' }, /line 2: .*a/],
  ['a policy out of bounds', { kind: 'policy', type: 'FACT', floor: 11 }, /line 2: floor: At most 10 is allowed/],
  ['an unknown resolution', { kind: 'resolution', memory: 'a', by: 'a', resolution: 'MAYBE' }, /line 2: resolution/],
  [
    'a change before it began',
    { kind: 'retraction', memory: 'a', as: 'CHANGE', effectiveAt: at(1) },
    /line 2: .*effectiveAt/,
  ],
])('%s stops the import at its line', async (_name, line, message) => {
  const workspace = `bad ${_name}`;
  await expect(importAll(workspace, [memory('a', 3), line])).rejects.toThrow(message);
});
