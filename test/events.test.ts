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
  create: mutation(service, 'createMemory', 'memory { id } contradiction { id }'),
  decay: mutation(service, 'decayImportance', 'report { archived }'),
  policy: mutation(service, 'setDecayPolicy', 'policy { type }'),
  forget: mutation(service, 'forgetMemories', 'forgottenIds'),
  judge: mutation(service, 'judgeFindings', 'findings { id }'),
};

async function remember(contents: readonly string[], caller: Caller, more: object = {}): Promise<string[]> {
  const { memories } = await createMemories(
    service,
    { detect: 'SUGGEST', memories: contents.map((content) => ({ content, type: 'FACT', ...more })) },
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
  (await service.runUntyped(HISTORY, { id, ...more }, caller)).memory.history;
// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
const kindsOf = ({ nodes }: any) => nodes.map(({ kind }: { kind: string }) => kind);

test('a history that goes on while it is read is counted as it stands, and so are its later pages', async () => {
  const caller = { workspace: 'history that goes on' };
  const [id] = (await remember(['Maya runs a bicycle workshop.'], caller)) as [string];
  const first = await historyOf(id, caller, { first: 1 });
  expect([first.totalCount, kindsOf(first)]).toEqual([1, ['RECORDED']]);
  const { memory } = await write.correct({ id, content: 'Maya runs a bicycle shop.' }, caller);
  await write.update({ id: memory.id, summary: 'Maya has a shop.' }, caller);
  const rest = await historyOf(id, caller, { first: 10, after: first.pageInfo.endCursor });
  expect([rest.totalCount, kindsOf(rest)]).toEqual([3, ['CORRECTED', 'UPDATED']]);
});

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

test('each thing that happens to a memory is one event: when, what, by whom, why and what changed', async () => {
  const caller = { workspace: 'happened' };
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
  // What happened to two of them is in the history of the other too.
  expect(kindsOf(await historyOf(other, caller))).toEqual([
    ...['RECORDED', 'RELATED', 'UNRELATED', 'CONTRADICTED', 'RESOLVED', 'REOPENED'],
  ]);
});

test('what is found of two memories, and judged of that, happens to both; forgetting one leaves the event without it', async () => {
  const caller = { workspace: 'findings' };
  const [older] = (await remember(['Maya lives in Berlin'], caller)) as [string];
  const [newer] = (await remember(['Maya has moved to Lisbon', 'Maya plays the cello'], caller)) as [string];
  const { findings } = await service.runUntyped('{ findings { nodes { id kind score } } }', {}, caller);
  const [finding] = findings.nodes;
  expect(findings.nodes).toHaveLength(1);
  await write.judge({ ids: [finding.id], verdict: 'CONTRADICTS' }, caller);
  await write.judge({ ids: [finding.id], verdict: 'SUCCEEDS', reason: 'She moved' }, caller);
  const told = `query ($id: ID!) { memory(id: $id) { history { nodes {
    kind reason changes finding { id verdict memory { id } by { id } } } } } }`;
  const toldOf = async (id: string) => (await service.runUntyped(told, { id }, caller)).memory.history.nodes;
  const [found, first, second] = (await toldOf(older)).filter(
    ({ kind }: { kind: string }) => kind === 'FOUND' || kind === 'JUDGED',
  );
  const now = { id: finding.id, verdict: 'SUCCEEDS', memory: { id: older }, by: { id: newer } };
  expect(found).toEqual({
    kind: 'FOUND',
    reason: null,
    changes: { kind: finding.kind, score: finding.score },
    finding: now,
  });
  const verdict = (from: string | null, to: string) => ({ kind: 'JUDGED', changes: { verdict: { from, to } } });
  expect(first).toMatchObject({ ...verdict(null, 'CONTRADICTS'), reason: null, finding: now });
  expect(second).toMatchObject({ ...verdict('CONTRADICTS', 'SUCCEEDS'), reason: 'She moved', finding: now });
  const kinds = ['FOUND', 'CONTRADICTED', 'JUDGED', 'RESOLVED', 'JUDGED'];
  expect(kindsOf(await historyOf(older, caller))).toEqual(['RECORDED', ...kinds]);
  expect(kindsOf(await historyOf(newer, caller))).toEqual(['RECORDED', ...kinds]);
  const { nodes } = await feed({ kinds: ['FOUND', 'JUDGED'] }, caller);
  expect(nodes.map(({ memory }: { memory: { id: string } }) => memory.id)).toEqual([older, older, older]);
  await write.forget({ ids: [newer] }, caller);
  const [left] = (await toldOf(older)).filter(({ kind }: { kind: string }) => kind === 'JUDGED');
  expect(left).toEqual({ kind: 'JUDGED', reason: null, changes: {}, finding: null });
  await write.forget({ ids: [older] }, caller);
  expect((await feed({ kinds: ['FOUND', 'JUDGED'] }, caller)).nodes).toEqual([]);
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

test('forgetting erases what events said of a memory, and the feed goes on', async () => {
  const caller = { workspace: 'erased' };
  const [secret, other] = (await remember(['The code is quetzal', 'Something else'], caller)) as [string, string];
  await write.update({ id: secret, summary: 'quetzal' }, caller);
  await write.correct({ id: secret, content: 'The code is Quetzal9', reason: 'quetzal is not it' }, caller);
  const { contradiction } = await write.contradict({ id: other, by: { memoryId: secret } }, caller);
  expect(contradiction).toBeUndefined(); // corrected: its stand-in has to be named
  const { memory } = await service
    .runUntyped(`{ memory(id: "${secret}") { current { id } } }`, {}, caller)
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
  const { node } = await service.run('query ($id: ID!) { node(id: $id) { id } }', { id: events.nodes[0]?.id }, mine);
  expect(node).toBeNull();
  // A cursor of theirs is a place in my feed.
  expect((await feed({ after: events.pageInfo.endCursor }, mine)).nodes.length).toBeLessThanOrEqual(1);
});

const read = async (id: string, fields: string, caller: Caller) =>
  (await service.runUntyped(`query ($id: ID!) { memory(id: $id) { ${fields} } }`, { id }, caller)).memory;

test('an event leads to the version it happened to, its relation and contradiction; all versions share a history', async () => {
  const caller = { workspace: 'leads' };
  const [id, other] = (await remember(['First', 'Other'], caller)) as [string, string];
  const { relation } = await write.relate({ fromId: id, toId: other, type: 'FOLLOWS' }, caller);
  const { memory } = await write.correct({ id, content: 'Second' }, caller);
  const { contradiction } = await write.contradict({ id: memory.id, by: { memoryId: other } }, caller);
  const { nodes } = await feed({ kinds: ['RELATED', 'CORRECTED', 'CONTRADICTED'] }, caller);
  expect(nodes).toMatchObject([
    { kind: 'RELATED', memory: { id }, relation: { id: relation.id, type: 'FOLLOWS' }, contradiction: null },
    { kind: 'CORRECTED', memory: { id }, relation: { type: 'CORRECTS' }, changes: { version: memory.id } },
    { kind: 'CONTRADICTED', memory: { id: memory.id }, contradiction: { id: contradiction.id } },
  ]);
  expect((await historyOf(memory.id, caller)).nodes).toEqual((await historyOf(id, caller)).nodes);
  const { node } = await service.run('query ($id: ID!) { node(id: $id) { id __typename } }', nodes[0], caller);
  expect(node).toEqual({ id: nodes[0]?.id, __typename: 'MemoryEvent' });
});

test('events say what slots, accesses, decay and merged entities changed', async () => {
  const caller = { workspace: 'told' };
  const say = (content: string, validFrom: string) =>
    write.create({ companion: { key: 'iris' }, type: 'FACT', content, slot: 'diet', validFrom }, caller);
  const vegan = await say('Vegan', '2024-01-01T00:00:00Z');
  await say('Fish', '2024-06-01T00:00:00Z');
  const { nodes } = await feed({}, caller);
  expect(nodes).toMatchObject([
    { changes: { slot: 'diet' } },
    { changes: { slot: 'diet', succeeded: vegan.memory.id } },
  ]);

  const [id] = (await remember(['Fades'], caller, { entities: [{ type: 'person', name: 'May' }] })) as [string];
  await write.reinforce({ ids: [id], delta: 2 }, caller);
  const [other] = await remember(['Mentions'], caller, { entities: [{ type: 'person', name: 'Maya' }] });
  const entity = async (of: string) => (await read(of, 'entities { nodes { id } }', caller)).entities.nodes[0].id;
  await write.merge({ fromIds: [await entity(id)], intoId: await entity(other as string) }, caller);
  await write.policy({ type: 'FACT', halfLifeDays: 1, archiveBelow: 1 }, caller);
  await write.decay({ until: '2100-01-01T00:00:00Z' }, caller);
  const history = await historyOf(id, caller);
  expect(history.nodes.slice(1)).toMatchObject([
    { kind: 'REINFORCED', changes: { importance: { from: expect.closeTo(5, 2), to: expect.closeTo(7, 2) } } },
    { kind: 'ENTITIES_MERGED', changes: { entities: { from: ['May'], to: 'Maya' } } },
    { kind: 'DECAYED', changes: { importance: { from: expect.closeTo(7, 2), to: expect.closeTo(0, 2) } } },
  ]);
});

test('what is refused, repeated or changes nothing is no event', async () => {
  const caller = { workspace: 'nothing' };
  const [id, other] = (await remember(['Something', 'Something else'], caller)) as [string, string];
  const { relation } = await write.relate({ fromId: id, toId: other, type: 'FOLLOWS' }, caller);
  await write.unrelate({ relationId: relation.id }, caller);
  await write.archive({ ids: [other] }, caller);
  const input = { id, content: 'Something new', idempotencyKey: 'once' };
  await write.correct(input, caller);
  const before = await feed({ first: 100 }, caller);
  await write.correct(input, caller);
  await write.correct({ id, content: 'Too late' }, caller);
  await write.unrelate({ relationId: relation.id }, caller);
  await write.archive({ ids: [other] }, caller);
  await remember(['Something new'], caller);
  await write.retract({ id: other }, { ...caller, scopes: ['READ'] });
  expect((await feed({ first: 100 }, caller)).nodes).toEqual(before.nodes);
});

test('a narrowed feed is followed too, even from a place whose memory has been forgotten since', async () => {
  const caller = { workspace: 'followed' };
  const follow = { kinds: ['RECORDED'], companion: { key: 'iris' } };
  const [, gone] = (await remember(['one', 'two', 'three'], caller)) as [string, string];
  await write.update({ id: gone, summary: 'two' }, caller);
  const page = await feed({ ...follow, first: 2 }, caller);
  expect([page.totalCount, page.nodes[1]?.memory.id, page.pageInfo.hasNextPage]).toEqual([3, gone, true]);
  await write.forget({ ids: [gone] }, caller);
  await createMemories(service, { companion: { key: 'echo' }, memories: [{ content: 'x', type: 'FACT' }] }, caller);
  await remember(['four'], caller);
  const rest = await feed({ ...follow, after: page.pageInfo.endCursor }, caller);
  expect(rest.nodes.map(({ memory }: { memory: { content: string } }) => memory.content)).toEqual(['three', 'four']);
  expect(rest.pageInfo.hasNextPage).toBe(false);
  const none = await feed({ ...follow, after: rest.pageInfo.endCursor }, caller);
  expect([none.nodes, none.pageInfo.endCursor]).toEqual([[], null]);
});

test('in a history of the past, the memories are those of then', async () => {
  const caller = { workspace: 'of then' };
  const [id] = (await remember(['A claim'], caller)) as [string];
  await new Promise((resolve) => setTimeout(resolve, 3));
  const knownAt = new Date().toISOString();
  await new Promise((resolve) => setTimeout(resolve, 3));
  await write.correct({ id, content: 'A better claim' }, caller);
  const { memory } = await service.run(
    `query ($id: ID!, $at: PointInTime) {
      memory(id: $id, at: $at) { history { totalCount nodes { memory { id status retractedAt } } } } }`,
    { id, at: { knownAt } },
    caller,
  );
  const then = { id: `${id}@${knownAt}`, status: 'ACTIVE', retractedAt: null };
  expect(memory?.history).toEqual({ totalCount: 1, nodes: [{ memory: then }] });
  expect((await read(id, 'history { nodes { memory { status } } }', caller)).history.nodes).toEqual([
    ...[{ memory: { status: 'CORRECTED' } }, { memory: { status: 'CORRECTED' } }],
  ]);
});

test('what happens to two memories is in the feed of the second one’s user and companion too', async () => {
  const caller = { workspace: 'both' };
  const [id] = (await remember(['of iris'], caller)) as [string];
  const echo = { companion: { key: 'echo' }, user: { externalId: 'noah' }, type: 'FACT', content: 'of echo' };
  await write.contradict({ id, by: { memoryId: (await write.create(echo, caller)).memory.id } }, caller);
  expect(kindsOf(await feed({ user: echo.user }, caller))).toEqual(['RECORDED', 'CONTRADICTED']);
  expect(kindsOf(await feed({ companion: echo.companion }, caller))).toEqual(['RECORDED', 'CONTRADICTED']);
});
