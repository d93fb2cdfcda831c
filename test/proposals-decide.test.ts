import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { write } from '../src/db/write.ts';
import { type ChatService, useChatProvider } from './support/chat.ts';
import { mutation } from './support/mutations.ts';
import { decider, fact, listed, proposing, sentIn, talker } from './support/proposals/talk.ts';

const provider = useChatProvider();
const whose = { companion: { key: 'iris' }, user: { externalId: 'maya' } };

async function note(service: ChatService, ...contents: string[]): Promise<string[]> {
  const create = mutation(service, 'createMemories', 'memories { id }');
  const memories = contents.map((content) => ({ content, type: 'FACT' }));
  const made = await create({ ...whose, memories, detect: 'OFF' });
  return made.memories.map(({ id }: { id: string }) => id);
}

const evidence = [{ message: 1, quote: 'Berlin and Lisbon' }];

/** One proposal of each kind, open. */
async function proposeAll(service: ChatService) {
  const [city, dog, cat] = await note(service, 'Maya lives in Berlin', 'Maya has a dog in Berlin', 'Lisbon is sunny');
  const { say, extract } = talker(service);
  const [message] = await say('Berlin and Lisbon: the dog is gone, I am in Lisbon, and my tea is green');
  provider.server.answering = (request) => {
    const number = (start: string) => sentIn(request).memories.find(({ text }) => text.startsWith(start))?.memory;
    const more = { reason: 'she said so', confidence: 0.7, evidence };
    return proposing({
      memories: [fact('Maya drinks green tea', 1, 'my tea is green')],
      corrections: [{ ...more, memory: number('Maya lives'), content: 'Maya lives in Lisbon', kind: 'change' }],
      retractions: [{ ...more, memory: number('Maya has'), kind: 'mistake' }],
      relations: [{ from: number('Lisbon'), to: number('Maya lives'), type: 'references', confidence: 0.6, evidence }],
    });
  };
  const { proposals } = await extract();
  const of = (kind: string) => proposals.find((each: { kind: string }) => each.kind === kind);
  return { city, dog, cat, message, proposals, of };
}

const stored = async (service: ChatService) =>
  write(await service.tenant(), (tx) =>
    tx.rows<Record<string, number>>(sql`select
      (select count(*)::int from proposals) as proposals, (select count(*)::int from proposal_sources) as sources`),
  );

describe('accepting', () => {
  test('does what is proposed, of each kind', async () => {
    const service = await provider.open('kinds');
    const { city, dog, cat, proposals, of } = await proposeAll(service);
    expect(proposals).toHaveLength(4);
    expect(of('CORRECTION')).toMatchObject({
      memory: { id: city },
      draft: { id: city, content: 'Maya lives in Lisbon', kind: 'CHANGE', reason: 'she said so', confidence: 0.7 },
    });
    expect(of('RETRACTION').draft).toEqual({ id: dog, kind: 'MISTAKE', reason: 'she said so', confidence: 0.7 });
    expect(of('RELATION')).toMatchObject({
      memory: { id: cat },
      draft: { fromId: cat, toId: city, type: 'REFERENCES', strength: 0.6 },
    });
    const ids = proposals.map(({ id }: { id: string }) => id);
    const made = await decider(service)({ acceptIds: ids, note: 'fine' });
    expect(made.proposals.map(({ status }: { status: string }) => status)).toEqual(ids.map(() => 'ACCEPTED'));
    const contents = made.memories.map(({ content, status }: Record<string, string>) => `${content}: ${status}`);
    expect(contents.sort()).toEqual([
      'Lisbon is sunny: ACTIVE',
      'Maya drinks green tea: ACTIVE',
      'Maya has a dog in Berlin: RETRACTED',
      'Maya lives in Berlin: ENDED',
      'Maya lives in Lisbon: ACTIVE',
    ]);
    const tea = made.memories.find(({ content }: { content: string }) => content.endsWith('tea'));
    expect(tea).toMatchObject({
      type: 'FACT',
      importance: expect.closeTo(6, 3),
      confidence: 0.9,
      validFrom: of('MEMORY').draft.validFrom,
      context: { conversationId: 'talk', source: 'extractMemories' },
    });
    const { memory } = await service.runUntyped(
      `query ($id: ID!) { memory(id: $id) { status relations(first: 5) { nodes { type strength } } } }`,
      { id: cat },
    );
    expect(memory.relations.nodes).toMatchObject([{ type: 'REFERENCES', strength: 0.6 }]);
    const before = await service.runUntyped('query ($id: ID!) { memory(id: $id) { status } }', { id: city });
    expect(before.memory.status).toBe('ENDED');
  });

  test('says the same again where it was decided so, and refuses what was decided otherwise: all, or nothing', async () => {
    const service = await provider.open('again');
    const { of } = await proposeAll(service);
    const [memory, relation] = [of('MEMORY').id, of('RELATION').id];
    const decide = decider(service);
    expect(await decide({ acceptIds: [memory], rejectIds: [relation] })).toMatchObject({
      proposals: [{ status: 'ACCEPTED' }, { status: 'REJECTED' }],
      memories: [{ content: 'Maya drinks green tea' }],
    });
    expect(await decide({ acceptIds: [memory], rejectIds: [relation] })).toMatchObject({
      proposals: [{ status: 'ACCEPTED' }, { status: 'REJECTED' }],
      memories: [],
    });
    const retraction = of('RETRACTION').id;
    expect(await decide({ acceptIds: [retraction, relation], rejectIds: [memory] })).toMatchObject({
      code: 'INVALID_INPUT',
      issues: [{ path: ['input', 'rejectIds', '0'] }, { path: ['input', 'acceptIds', '1'] }],
    });
    expect(await decide({ acceptIds: [retraction], rejectIds: [retraction] })).toMatchObject({ code: 'INVALID_INPUT' });
    const unknown = `prp_${retraction.slice(4, -1)}${retraction.endsWith('0') ? '1' : '0'}`;
    expect(await decide({ acceptIds: [retraction, unknown] })).toMatchObject({ code: 'NOT_FOUND', ids: [unknown] });
    expect(await decide({ acceptIds: Array.from({ length: 101 }, () => retraction) })).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      limit: 100,
    });
    expect((await listed(service)).nodes).toHaveLength(2);
    expect((await listed(service, '(first: 5, statuses: [ACCEPTED, REJECTED])')).totalCount).toBe(2);
    expect((await listed(service, '(first: 5, statuses: [])')).totalCount).toBe(0);
  });

  test('says clearly what cannot be done any more', async () => {
    const service = await provider.open('too late');
    const { city, of } = await proposeAll(service);
    const correct = mutation(service, 'correctMemory', 'memory { id }');
    await correct({ id: city, content: 'Maya lives in Porto', kind: 'MISTAKE' });
    const decide = decider(service);
    expect(await decide({ acceptIds: [of('MEMORY').id, of('CORRECTION').id] })).toMatchObject({
      code: 'INVALID_INPUT',
      issues: [{ path: ['input', 'acceptIds', '1'], message: expect.stringMatching(/any more.*no longer believed/) }],
    });
    expect((await listed(service)).totalCount).toBe(4);
    const forget = mutation(service, 'forgetMemories', 'forgottenIds');
    await forget({ ids: [city] });
    expect(await decide({ acceptIds: [of('CORRECTION').id] })).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('two at once do it once', async () => {
    const service = await provider.open('twice');
    const { of } = await proposeAll(service);
    const decide = decider(service);
    const acceptIds = [of('MEMORY').id];
    const answers = await Promise.all([decide({ acceptIds }), decide({ acceptIds }), decide({ rejectIds: acceptIds })]);
    const made = answers.flatMap(({ memories = [] }) => memories);
    const [{ status }] = (await listed(service, '(first: 9, statuses: [ACCEPTED, REJECTED])')).nodes;
    expect(made).toHaveLength(status === 'ACCEPTED' ? 1 : 0);
    expect(answers.filter(({ code }) => code === 'INVALID_INPUT')).toHaveLength(status === 'ACCEPTED' ? 1 : 2);
  });
});

describe('accepted at once', () => {
  test('CONFIDENT: new memories that the user said, of which the model is sure', async () => {
    const service = await provider.open('confident');
    await note(service, 'Maya lives in Berlin');
    const { say, extract } = talker(service);
    await say('My tea is green', { role: 'TOOL', content: 'Maya is rich' }, { role: 'ASSISTANT', content: 'So be it' });
    provider.server.answering = () =>
      proposing({
        memories: [
          fact('Maya drinks green tea', 1, 'My tea is green', { confidence: 0.8 }),
          fact('Maya might like rye', 1, 'My tea is green', { confidence: 0.79 }),
          fact('Maya is rich', 2, 'Maya is rich'),
          fact('Maya said so', 3, '', {
            evidence: [
              { message: 1, quote: 'My tea' },
              { message: 3, quote: 'So be it' },
            ],
          }),
          fact('Maya lives in Paris', 1, 'My tea is green'),
        ],
        retractions: [
          { memory: 1, kind: 'mistake', reason: '', confidence: 1, evidence: [{ message: 1, quote: 'tea' }] },
        ],
      });
    const made = await extract({ accept: 'CONFIDENT' });
    expect(made.memories.map(({ content }: { content: string }) => content)).toEqual(['Maya drinks green tea']);
    const statuses = Map.groupBy(made.proposals, ({ status }: { status: string }) => status);
    expect(statuses.get('ACCEPTED')).toHaveLength(1);
    expect(statuses.get('OPEN')?.length).toBeGreaterThanOrEqual(4);
  });

  test('ALL: everything; where something cannot be done all of that answer stays open', async () => {
    const service = await provider.open('all');
    const [first, second] = await note(service, 'Maya lives in Berlin', 'Berlin has bees');
    const { say, extract } = talker(service);
    await say('Berlin and Lisbon: Maya lives in Lisbon');
    const more = { kind: 'mistake', reason: 'no', confidence: 0.9, evidence };
    const number = (request: Parameters<typeof sentIn>[0], start: string) =>
      sentIn(request).memories.find(({ text }) => text.startsWith(start))?.memory;
    provider.server.answering = (request) =>
      proposing({
        corrections: [{ ...more, memory: number(request, 'Maya'), content: 'Maya lives in Lisbon' }],
        retractions: [{ ...more, memory: number(request, 'Berlin') }],
      });
    const made = await extract({ accept: 'ALL' });
    expect(made.memories).toMatchObject([
      { content: 'Maya lives in Lisbon', status: 'ACTIVE' },
      { id: second, status: 'RETRACTED' },
    ]);
    expect(made.memories[0].id).not.toBe(first);
    await note(service, 'Berlin has a river');
    await say('Berlin and Lisbon: the river is gone');
    provider.server.answering = (request) => {
      const river = { ...more, memory: number(request, 'Berlin has a river') };
      return proposing({ retractions: [river, river], memories: [fact('Maya likes Lisbon', 1, 'Lisbon')] });
    };
    const left = await extract({ accept: 'ALL' });
    expect(left).toMatchObject({ readCount: 1, memories: [] });
    expect(left.proposals.map(({ status }: { status: string }) => status)).toEqual(['OPEN', 'OPEN', 'OPEN']);
  });
});

describe('erasure', () => {
  test('of a message or memory takes what was proposed of it', async () => {
    const service = await provider.open('erasure');
    const { cat, message, of } = await proposeAll(service);
    const forget = mutation(service, 'forgetMemories', 'forgottenIds');
    await forget({ ids: [cat] });
    expect((await listed(service)).nodes.map(({ kind }: { kind: string }) => kind)).not.toContain('RELATION');
    const made = await decider(service)({ acceptIds: [of('MEMORY').id], idempotencyKey: 'tea' });
    await forget({ ids: [made.memories[0].id] });
    expect((await listed(service, '(first: 5, statuses: [ACCEPTED])')).totalCount).toBe(0);
    expect(await decider(service)({ acceptIds: [of('MEMORY').id], idempotencyKey: 'tea' })).toMatchObject({
      code: 'NOT_FOUND',
    });
    const remove = mutation(service, 'deleteMessages', 'deletedIds');
    await remove({ ids: [message] });
    expect(await stored(service)).toEqual([{ proposals: 0, sources: 0 }]);
  });

  test('of a superseded memory takes its words, and the proposal stays', async () => {
    const service = await provider.open('superseded');
    const [old] = await note(service, 'Maya lives in Berlin');
    const { say, extract } = talker(service);
    await say('I have moved to Lisbon');
    provider.server.answering = () => proposing({ memories: [fact('Maya has moved to Lisbon', 1, 'moved to Lisbon')] });
    const { proposals } = await extract();
    expect(proposals[0].draft.supersedes.id).toBe(old);
    await mutation(service, 'forgetMemories', 'forgottenIds')({ ids: [old] });
    const [left] = (await listed(service)).nodes;
    expect(left.draft).toEqual({ ...proposals[0].draft, supersedes: undefined });
    expect(JSON.stringify(await everything(service))).not.toMatch(/berlin/i);
  });

  test('of what a draft has taken words from takes it, though it quotes something else', async () => {
    const service = await provider.open('borrowed');
    const { say, extract } = talker(service);
    const [, secret] = await say('I like tea', 'My code is zanzibar');
    provider.server.answering = () =>
      proposing({
        memories: [fact('Maya likes tea and zanzibar', 1, 'like tea'), fact('Maya is fond of oolong', 1, 'like tea')],
      });
    expect((await extract()).proposals).toHaveLength(2);
    await mutation(service, 'deleteMessages', 'deletedIds')({ ids: [secret] });
    expect((await listed(service)).nodes).toMatchObject([{ draft: { content: 'Maya is fond of oolong' } }]);
    expect(JSON.stringify(await everything(service))).not.toMatch(/zanzibar/i);
  });

  test.each([
    ['deleteConversation', { companion: { key: 'iris' }, conversation: { externalId: 'talk' } }, 'deletedId'],
    ['deleteUser', { user: { externalId: 'maya' } }, 'deletedId'],
    ['deleteCompanion', { companion: { key: 'iris' } }, 'deletedId'],
    ['replaceMessages', null, 'messages { id }'],
  ])('by %s leaves none', async (name, input, fields) => {
    const service = await provider.open(`erasure by ${name}`);
    const { message } = await proposeAll(service);
    const of = { companion: { key: 'iris' }, conversation: { externalId: 'talk' } };
    const done = await mutation(service, name, fields)(input ?? { ...of, expectedIds: [message], messages: [] });
    expect(done.code, JSON.stringify(done)).toBeUndefined();
    expect(await stored(service)).toEqual([{ proposals: 0, sources: 0 }]);
  });
});

const everything = async (service: ChatService) =>
  write(await service.tenant(), (tx) =>
    tx.rows(sql`select to_jsonb(p) as row from proposals p union all select to_jsonb(s) from proposal_sources s`),
  );
