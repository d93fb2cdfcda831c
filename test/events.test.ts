import { expect, test } from 'vitest';
import { createMemories } from './support/memories.ts';
import { mutation } from './support/mutations.ts';
import { type Caller, useService } from './support/service.ts';
import { tablesWith } from './support/tables.ts';

const service = useService();
const write = {
  correct: mutation(service, 'correctMemory', 'memory { id }'),
  retract: mutation(service, 'retractMemory', 'memory { id }'),
  revert: mutation(service, 'revertCorrection', 'memory { id }'),
  contradict: mutation(service, 'contradictMemory', 'contradiction { id }'),
  resolve: mutation(service, 'resolveContradiction', 'contradiction { id }'),
  reopen: mutation(service, 'reopenContradiction', 'contradiction { id }'),
  archive: mutation(service, 'archiveMemories', 'memories { id }'),
  restore: mutation(service, 'restoreMemories', 'memories { id }'),
  update: mutation(service, 'updateMemory', 'memory { id }'),
  relate: mutation(service, 'relateMemories', 'relation { id }'),
  unrelate: mutation(service, 'unrelateMemories', 'relation { id }'),
  reinforce: mutation(service, 'reinforceMemories', 'memories { id }'),
  merge: mutation(service, 'mergeEntities', 'entity { id }'),
  forget: mutation(service, 'forgetMemories', 'forgottenIds'),
};

async function remember(contents: readonly string[], caller: Caller, more: object = {}): Promise<string[]> {
  const { memories } = await createMemories(
    service,
    { memories: contents.map((content) => ({ content, type: 'FACT', ...more })) },
    caller,
  );
  return memories.map(({ id }) => id);
}

const FEED = `query ($after: String, $first: Int, $kinds: [MemoryEventKind!], $companion: CompanionRef, $user: UserRef) {
  events(after: $after, first: $first, kinds: $kinds, companion: $companion, user: $user) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { id kind at actor reason changes memory { id content } relation { id type } contradiction { id } } } }`;
const feed = async (variables: Record<string, unknown>, caller: Caller) =>
  (await service.run(FEED, variables, caller)).events;

const HISTORY = `query ($id: ID!, $at: PointInTime, $first: Int, $after: String) { memory(id: $id, at: $at) {
  history(first: $first, after: $after) { totalCount pageInfo { endCursor hasNextPage } nodes { id kind reason changes memory { id } } } } }`;
const historyOf = async (id: string, caller: Caller, more: Record<string, unknown> = {}) =>
  (await service.run(HISTORY, { id, ...more }, caller)).memory.history;
// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
const kindsOf = ({ nodes }: any) => nodes.map(({ kind }: { kind: string }) => kind);

test('the feed, followed with after, misses nothing, repeats nothing, and never ends for good', async () => {
  const caller = { workspace: 'feed' };
  const seen: string[] = [];
  let after: string | null = null;
  const follow = async () => {
    for (;;) {
      const page = await feed({ after, first: 2 }, caller);
      seen.push(...page.nodes.map(({ memory }: { memory: { content: string } }) => memory.content));
      after = page.pageInfo.endCursor ?? after;
      if (!page.pageInfo.hasNextPage) return;
    }
  };
  await follow();
  expect(seen).toEqual([]);
  await remember(['one', 'two', 'three'], caller);
  await follow();
  await follow();
  await remember(['four'], caller);
  await follow();
  const writers = Array.from({ length: 20 }, (_, n) => remember([`late ${n}`], caller));
  while ((await Promise.race([Promise.all(writers), new Promise((resolve) => setTimeout(resolve, 5))])) === undefined) {
    await follow();
  }
  await follow();
  expect(seen.slice(0, 4)).toEqual(['one', 'two', 'three', 'four']);
  expect(seen.slice(4).toSorted()).toEqual(Array.from({ length: 20 }, (_, n) => `late ${n}`).toSorted());
});

test('each thing that befalls a memory is one event: when, what, by whom, why and what changed', async () => {
  const caller = { workspace: 'befalls' };
  const [id, other] = (await remember(['It is so', 'It is not so'], caller, {
    entities: [{ type: 'thing', name: 'it' }],
  })) as [string, string];
  await write.update({ id, summary: 'So', importance: 7 }, caller);
  const { relation } = await write.relate({ fromId: id, toId: other, type: 'REFERENCES', strength: 0.5 }, caller);
  await write.unrelate({ relationId: relation.id }, caller);
  const { contradiction } = await write.contradict({ id, by: { memoryId: other }, reason: 'Both cannot be' }, caller);
  await write.resolve({ id: contradiction.id, resolution: 'DISMISSED', note: 'They can' }, caller);
  await write.reopen({ id: contradiction.id }, caller);
  await write.archive({ ids: [id] }, caller);
  await write.restore({ ids: [id] }, caller);
  await write.reinforce({ ids: [id], delta: 1 }, caller);
  await write.correct({ id, content: 'It was so', kind: 'CHANGE', reason: 'Time' }, caller);
  await write.revert({ id }, caller);
  await write.retract({ id, reason: 'Said in jest' }, caller);
  const history = await historyOf(id, caller);
  expect(kindsOf(history)).toEqual([
    ...['RECORDED', 'UPDATED', 'RELATED', 'UNRELATED', 'CONTRADICTED', 'RESOLVED', 'REOPENED', 'ARCHIVED', 'RESTORED'],
    ...['REINFORCED', 'CORRECTED', 'REVERTED', 'RETRACTED'],
  ]);
  const of = (kind: string) => history.nodes.find((event: { kind: string }) => event.kind === kind);
  expect(of('UPDATED').changes).toMatchObject({ summary: { from: null, to: 'So' }, importance: { from: 5, to: 7 } });
  expect(of('RELATED').changes).toMatchObject({ type: 'REFERENCES', strength: 0.5 });
  expect(of('CONTRADICTED').reason).toBe('Both cannot be');
  expect(of('RESOLVED')).toMatchObject({ reason: 'They can', changes: { resolution: expect.anything() } });
  expect(of('CORRECTED')).toMatchObject({
    reason: 'Time',
    changes: { content: { from: 'It is so', to: 'It was so' } },
  });
  expect(of('RETRACTED').reason).toBe('Said in jest');
  const all = await feed({ first: 100 }, caller);
  expect(all.totalCount).toBe(history.totalCount + 1);
  for (const { actor, at } of all.nodes) expect([actor, Date.parse(at) <= Date.now()]).toEqual(['tester', true]);
  // What befell two of them stands in the history of the other too.
  expect(kindsOf(await historyOf(other, caller))).toEqual([
    ...['RECORDED', 'RELATED', 'UNRELATED', 'CONTRADICTED', 'RESOLVED', 'REOPENED'],
  ]);
});

test('the feed can be narrowed to kinds, a companion and a user', async () => {
  const caller = { workspace: 'narrow' };
  const [first] = (await remember(['of iris'], caller)) as [string];
  await createMemories(
    service,
    { companion: { key: 'echo' }, user: { externalId: 'maya' }, memories: [{ content: 'of echo', type: 'FACT' }] },
    caller,
  );
  await write.archive({ ids: [first] }, caller);
  const contents = async (variables: object) =>
    (await feed(variables as Record<string, unknown>, caller)).nodes.map(
      ({ kind, memory }: { kind: string; memory: { content: string } }) => `${kind} ${memory.content}`,
    );
  expect(await contents({ kinds: ['ARCHIVED'] })).toEqual(['ARCHIVED of iris']);
  expect(await contents({ companion: { key: 'echo' } })).toEqual(['RECORDED of echo']);
  expect(await contents({ user: { externalId: 'maya' } })).toEqual(['RECORDED of echo']);
  expect(await contents({ user: { externalId: 'nobody' } })).toEqual([]);
});

test('a history is that of its point in time, and is paged', async () => {
  const caller = { workspace: 'then' };
  const [id] = (await remember(['A claim'], caller)) as [string];
  await write.update({ id, summary: 'One' }, caller);
  const knownAt = new Date().toISOString();
  await new Promise((resolve) => setTimeout(resolve, 5));
  await write.update({ id, summary: 'Two' }, caller);
  expect(kindsOf(await historyOf(id, caller, { at: { knownAt } }))).toEqual(['RECORDED', 'UPDATED']);
  const first = await historyOf(id, caller, { first: 2 });
  expect([first.totalCount, first.pageInfo.hasNextPage]).toEqual([3, true]);
  const rest = await historyOf(id, caller, { first: 2, after: first.pageInfo.endCursor });
  expect(rest.nodes.map(({ changes }: { changes: object }) => changes)).toEqual([
    { summary: { from: 'One', to: 'Two' } },
  ]);
});

test('forgetting erases what events told of a memory, and the feed goes on', async () => {
  const caller = { workspace: 'erased' };
  const [secret, other] = (await remember(['The code is quetzal', 'Something else'], caller)) as [string, string];
  await write.update({ id: secret, summary: 'quetzal' }, caller);
  await write.correct({ id: secret, content: 'The code is Quetzal9', reason: 'quetzal is not it' }, caller);
  const { contradiction } = await write.contradict({ id: other, by: { memoryId: secret } }, caller);
  expect(contradiction).toBeUndefined(); // corrected: its stand-in has to be named
  const { memory } = await service
    .run(`{ memory(id: "${secret}") { current { id } } }`, {}, caller)
    .then((data) => data);
  await write.contradict({ id: other, by: { memoryId: memory.current.id }, reason: 'the quetzal again' }, caller);
  const before = await feed({ first: 100 }, caller);
  await write.forget({ ids: [secret] }, caller);
  expect(await tablesWith((await service.tenant('erased')).database, 'quetzal')).toEqual([]);
  const after = await feed({ first: 100 }, caller);
  expect(JSON.stringify(after)).not.toMatch(/quetzal/i);
  await write.update({ id: other, summary: 'still here' }, caller);
  const next = await feed({ after: before.pageInfo.endCursor }, caller);
  expect(kindsOf(next)).toEqual(['UPDATED']);
  expect(kindsOf(await historyOf(other, caller))).toEqual(['RECORDED', 'CONTRADICTED', 'UPDATED']);
});

test('events of another workspace are not seen, by feed, history or id', async () => {
  const [mine, theirs] = [{ workspace: 'mine' }, { workspace: 'theirs' }];
  await remember(['Mine'], mine);
  await remember(['Theirs'], theirs);
  const events = await feed({}, theirs);
  expect((await feed({}, mine)).nodes.map(({ memory }: { memory: { content: string } }) => memory.content)).toEqual([
    'Mine',
  ]);
  const { node } = await service.run('query ($id: ID!) { node(id: $id) { id } }', { id: events.nodes[0].id }, mine);
  expect(node).toBeNull();
  // A cursor of theirs is a place in my feed.
  expect((await feed({ after: events.pageInfo.endCursor }, mine)).nodes.length).toBeLessThanOrEqual(1);
});
