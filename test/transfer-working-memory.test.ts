import { expect, test } from 'vitest';
import { useService } from './support/service.ts';
import { jsonLines, useTransfer } from './support/transfer.ts';

const service = useService();
const { importText, exportText } = useTransfer(service);

const FILL = `mutation {
  a: updateWorkingMemory(input: {companion: {key: "iris"}, content: "One"}) { __typename }
  b: updateWorkingMemory(input: {companion: {key: "iris"}, data: {two: 2}, schema: {type: "object"}, template: "# T"}) { __typename }
  c: updateWorkingMemory(input: {companion: {key: "iris"}, content: "Three", data: {three: [3, null]}}) { __typename }
  d: updateWorkingMemory(input: {companion: {key: "iris"}, user: {externalId: "maya"}, content: ""}) { __typename }
  e: updateWorkingMemory(input: {companion: {key: "iris"}, user: {externalId: "maya"}, conversation: {externalId: "chat"}, content: "Chat"}) { __typename }
  f: updateWorkingMemory(input: {companion: {key: "iris"}, conversation: {externalId: "without a user"}, content: "Nobody"}) { __typename }
  g: upsertEntities(input: {companion: {key: "iris"}, entities: [{type: "person", name: "Maya", aliases: ["May"]}, {type: "person", name: "Noor"}]}) { __typename }
  h: startSession(input: {companion: {key: "iris"}, externalId: "tab"}) { __typename }
}`;
const SAYS = `scope version content data template schema updatedAt updatedBy user { externalId } conversation { externalId }
  versions(first: 10) { totalCount nodes { version content data writtenAt writtenBy } }`;
const READ = `query ($at: PointInTime) {
  iris: workingMemory(companion: {key: "iris"}, at: $at) { ${SAYS} }
  maya: workingMemory(companion: {key: "iris"}, user: {externalId: "maya"}, at: $at) { ${SAYS} }
  chat: workingMemory(companion: {key: "iris"}, conversation: {externalId: "chat"}, at: $at) { ${SAYS} }
  none: workingMemory(companion: {key: "iris"}, conversation: {externalId: "without a user"}, at: $at) { ${SAYS} }
}`;
const readAt = async (workspace: string, knownAt?: string) =>
  service.runUntyped(READ, { at: knownAt && { knownAt } }, { workspace });

test('working memories come along with all their versions, and are there at each moment as they were', async () => {
  await service.run(FILL, {}, { workspace: 'from' });
  const text = await exportText('from');
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.filter(({ kind }) => kind === 'workingMemory')).toHaveLength(6);
  // Sessions are of clients that are not connected to the copy.
  expect(text).not.toContain('"tab"');
  expect(await importText('into', text)).toContain('6 versions of working memories');
  const before = await readAt('from');
  expect(before.iris.versions.totalCount).toBe(3);
  expect(await readAt('into')).toEqual(before);
  for (const { writtenAt } of before.iris.versions.nodes) {
    expect(await readAt('into', writtenAt)).toEqual(await readAt('from', writtenAt));
  }
  expect(await exportText('into')).toBe(text);
  // Again it makes nothing.
  expect(await importText('into', text)).toMatch(/^Made: nothing/m);
  expect(await readAt('into')).toEqual(before);
});

test('what was made by its name stays where it is brought to', async () => {
  const { createMemories } = await service.runUntyped(
    `mutation { createMemories(input: {companion: {key: "iris"}, memories: [{content: "May came", type: FACT,
      entities: [{type: "person", name: "May"}, {type: "person", name: "Noor"}, {type: "person", name: "Olga"}]}]}) {
      ... on CreateMemoriesPayload { memories { id } } } }`,
    {},
    { workspace: 'into' },
  );
  await service.runUntyped(
    'mutation ($ids: [ID!]!) { forgetMemories(input: {ids: $ids}) { __typename } }',
    { ids: [createMemories.memories[0].id] },
    { workspace: 'into' },
  );
  const { entities } = await service.run('{ entities { nodes { name aliases } } }', {}, { workspace: 'into' });
  expect(new Set(entities.nodes)).toEqual(
    new Set([
      { name: 'Maya', aliases: ['May'] },
      { name: 'Noor', aliases: [] },
    ]),
  );
});

test('an import goes on with what is there, and refuses what cannot be', async () => {
  const line = (version: number, recordedAt: string) => ({
    kind: 'workingMemory',
    scope: 'USER',
    companion: 'iris',
    user: 'maya',
    version,
    content: `Version ${version}`,
    recordedAt,
    recordedBy: 'key:other',
  });
  const first = [line(1, '2025-01-01T00:00:00Z'), line(2, '2025-01-02T00:00:00Z')];
  await importText('parts', jsonLines(first));
  expect(await importText('parts', jsonLines([...first, line(3, '2025-01-03T00:00:00Z')]))).toMatch(
    /^Made: 1 version/m,
  );
  const { maya } = await readAt('parts');
  expect(maya.versions.nodes.map(({ version }: { version: number }) => version)).toEqual([3, 2, 1]);
  expect(maya).toMatchObject({ version: 3, updatedAt: '2025-01-03T00:00:00.000Z', updatedBy: 'key:other' });
  for (const [wrong, why] of [
    [line(4, '2025-01-01T00:00:00Z'), /line 1: .*was written before version 3/],
    [line(4, '2999-01-01T00:00:00Z'), /line 1: recordedAt: .* is in the future/],
    [{ ...line(4, '2025-02-01T00:00:00Z'), scope: 'ALL' }, /line 1: scope/],
    [{ ...line(4, '2025-02-01T00:00:00Z'), scope: 'CONVERSATION' }, /line 1: .*needs a conversation/],
  ] as const) {
    await expect(importText('parts', jsonLines([wrong]))).rejects.toThrow(why);
  }
  expect((await readAt('parts')).maya).toEqual(maya);
});
