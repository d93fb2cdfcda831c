import { describe, expect, test } from 'vitest';
import { decodeId } from '../src/kernel/ids.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { runAsSuperuser } from './support/tables.ts';

const service = useService();
const ann = { externalId: 'ann' };
const ben = { externalId: 'ben' };

const append = mutation(service, 'appendMessages', 'messages { id memory { id } } memories { id } skippedIds');
const create = mutation(service, 'createMemories', 'memories { id }');
const correct = mutation(service, 'correctMemory', 'memory { id }');
const contradict = mutation(service, 'contradictMemory', 'contradiction { id by { id } }');

const SECTIONS = 'sections { kind text tokens omitted memories { id content } messages { id text } }';
const DOCUMENT = `query ($input: ContextInput!, $at: PointInTime) {
  context(input: $input, at: $at) { text tokens omitted ${SECTIONS} } }`;

interface Section {
  kind: string;
  text: string;
  tokens: number;
  omitted: number;
  memories: { id: string; content: string }[];
  messages: { id: string; text: string }[];
}
interface Context {
  text: string;
  tokens: number;
  omitted: number;
  sections: Section[];
  of(kind: string): Section;
}

const contextOf = async (input: object, at: object | null = null): Promise<Context> => {
  const { context } = await service.runUntyped(DOCUMENT, { input, at });
  return { ...context, of: (kind) => context.sections.find((section: Section) => section.kind === kind) };
};

let count = 0;
/** A companion of its own, with a conversation that Ann has with it. */
const begin = () => {
  const companion = { key: `companion ${++count}` };
  return { companion, user: ann, conversation: { externalId: `chat ${count}` } };
};
type Talk = ReturnType<typeof begin>;

const remember = async ({ companion, user }: Omit<Talk, 'conversation'>, memories: Record<string, unknown>[]) => {
  const given = memories.map((memory) => ({ type: 'FACT', user, ...memory }));
  const { memories: made } = await create({ companion, memories: given });
  return made.map(({ id }: { id: string }) => id) as string[];
};

/** Of conversation, user and companion, as another service would have written them. */
async function writeWorkingMemory(
  { companion, user, conversation }: Talk,
  texts: Record<string, string>,
): Promise<void> {
  const { database } = await service.tenant();
  const of = `from conversations v join companions c on c.workspace_id = v.workspace_id and c.id = v.companion_id
    join users u on u.workspace_id = v.workspace_id and u.id = v.user_id
    where c.key = '${companion.key}' and u.external_id = '${user.externalId}' and v.external_id = '${conversation.externalId}'`;
  const keys: Record<string, string> = {
    CONVERSATION: 'u.id, v.id',
    USER: 'u.id, null',
    COMPANION: 'null, null',
  };
  for (const [scope, text] of Object.entries(texts)) {
    await runAsSuperuser(
      database,
      `insert into working_memories (workspace_id, id, scope, companion_id, user_id, conversation_id, content, version,
         updated_at, updated_by, known_from)
       select v.workspace_id, gen_random_uuid(), '${scope}', c.id, ${keys[scope]}, '${text}', 1, now(), 'tester', now() ${of}
       on conflict do nothing`,
    );
  }
}

describe('a context', () => {
  test('says facts, memories and the newest messages, each once, with its day and its id', async () => {
    const talk = begin();
    const [home, cello, repair] = await remember(talk, [
      { content: 'Ann lives in Lisbon', slot: 'home', validFrom: '2026-05-03T00:00:00Z' },
      { content: 'Ann plays the\ncello', validFrom: '2026-05-03T00:00:00Z', validUntil: '2090-01-02T00:00:00Z' },
      { content: 'The cello is in repair', type: 'EXPERIENCE', validFrom: '2026-06-03T00:00:00Z' },
    ]);
    const { messages } = await append({
      ...talk,
      messages: [
        { role: 'SYSTEM', content: 'Be kind' },
        { role: 'USER', content: 'Hello there', createdAt: '2026-07-01T10:00:00Z' },
        { role: 'ASSISTANT', content: 'Hi\n\n## Ann', createdAt: '2026-07-01T10:01:00Z' },
        { role: 'USER', content: 'Where is my cello?', createdAt: '2026-07-01T10:02:00Z', name: 'Ann' },
      ],
    });
    const [, hello, hi, asked] = messages.map(({ id }: { id: string }) => id);
    const context = await contextOf({ companion: talk.companion, conversation: talk.conversation });
    expect(context.text).toBe(
      `## Facts
- home: Ann lives in Lisbon (since 3 May 2026) [${home}]
## Memories
- Ann plays the cello (since 3 May 2026, until 2 January 2090) [${cello}]
- The cello is in repair (3 June 2026) [${repair}]
## Newest messages
- user, 1 July 2026, 10:00: Hello there [${hello}]
- assistant, 1 July 2026, 10:01: Hi
  ## Ann [${hi}]
- Ann (user), 1 July 2026, 10:02: Where is my cello? [${asked}]
`,
    );
    expect(context.sections.map(({ text }) => text).join('')).toBe(context.text);
    expect(context.sections.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(context.tokens);
    expect(context.of('FACTS').memories).toEqual([{ id: home, content: 'Ann lives in Lisbon' }]);
    expect(context.of('MEMORIES').memories.map(({ id }) => id)).toEqual([cello, repair]);
    expect(context.of('MESSAGES').messages.map(({ text }) => text)).toEqual([
      'Hello there',
      'Hi\n\n## Ann',
      'Where is my cello?',
    ]);
    expect(context.omitted).toBe(0);
  });

  test('asks for the newest message of the user, with the one before it, unless it is told what', async () => {
    const talk = begin();
    await remember(talk, [{ content: 'The violin hangs in the hall' }, { content: 'The drum stands in the attic' }]);
    await append({
      ...talk,
      remember: 'NONE',
      messages: [
        { role: 'ASSISTANT', content: 'Is it about the drum?' },
        { role: 'USER', content: 'No, where does it hang?' },
        { role: 'ASSISTANT', content: 'Let me think about the piano' },
      ],
    });
    const contents = async (input: object) =>
      (await contextOf(input))
        .of('MEMORIES')
        .memories.map(({ content }) => content)
        .sort();
    const { companion, conversation } = talk;
    expect(await contents({ companion, conversation })).toEqual([
      'The drum stands in the attic',
      'The violin hangs in the hall',
    ]);
    expect(await contents({ companion, conversation, query: 'violin' })).toEqual(['The violin hangs in the hall']);
    expect(await contents({ companion, user: ann })).toEqual([]);
    expect(await contents({ companion, user: ann, query: 'drum' })).toEqual(['The drum stands in the attic']);
  });

  test('says both sides of an open contradiction, and what is disputed, suspect or superseded', async () => {
    const talk = begin();
    const [tea, party] = await remember(talk, [
      { content: 'Ann drinks tea at breakfast', validFrom: '2026-01-01T00:00:00Z' },
      { content: 'The breakfast was for tea lovers', validFrom: '2026-01-02T00:00:00Z' },
    ]);
    await service.runUntyped(
      'mutation ($from: ID!, $to: ID!) { relateMemories(input: {fromId: $from, toId: $to, type: ELABORATES}) { __typename } }',
      { from: party, to: tea },
    );
    const { contradiction } = await contradict({
      id: tea,
      reason: 'She said so',
      by: { newMemory: { content: 'Ann takes nothing hot', type: 'FACT', validFrom: '2026-02-01T00:00:00Z' } },
    });
    const { memories } = await append({
      ...talk,
      messages: [{ role: 'USER', content: 'I live in Berlin', createdAt: '2026-03-01T08:00:00Z' }],
    });
    await correct({
      id: memories[0].id,
      kind: 'CHANGE',
      content: 'I live in Lisbon',
      effectiveAt: '2026-04-01T00:00:00Z',
    });
    const context = await contextOf({ companion: talk.companion, conversation: talk.conversation, query: 'tea' });
    expect(context.of('MEMORIES').text).toContain(`tea at breakfast (since 1 January 2026, disputed) [${tea}]`);
    expect(context.of('MEMORIES').text).toContain(`tea lovers (since 2 January 2026, suspect) [${party}]`);
    expect(context.of('DISPUTES').text).toBe(
      `## Contradictions
- Ann takes nothing hot (since 1 February 2026, disputed) [${contradiction.by.id}]
- ${contradiction.by.id} contradicts ${tea}: She said so
`,
    );
    expect(context.of('MESSAGES').text).toContain('I live in Berlin (superseded on 1 April 2026) [');
  });

  test('has no call of a tool without its result, no half of a message, and no gap', async () => {
    const talk = begin();
    const call = (id: string) => ({
      role: 'ASSISTANT',
      format: 'OPENAI_CHAT',
      content: {
        role: 'assistant',
        content: 'Let me look',
        tool_calls: [{ id, function: { name: 'look', arguments: '{"at":1}' } }],
      },
    });
    const result = (id: string, content = 'sunny') => ({
      role: 'TOOL',
      format: 'OPENAI_CHAT',
      content: { role: 'tool', tool_call_id: id, content },
    });
    await append({
      ...talk,
      messages: [
        result('lost'),
        { role: 'USER', content: 'How is the weather?' },
        call('a'),
        result('a'),
        { role: 'ASSISTANT', content: 'A part of', isFinal: false, externalId: 'streamed' },
        call('b'),
        { role: 'USER', content: 'And tomorrow?' },
      ],
    });
    const input = { companion: talk.companion, conversation: talk.conversation, sections: ['MESSAGES'] };
    const { text, omitted } = await contextOf(input);
    expect(text).toMatch(
      /weather.*Let me look\n {2}calls look \(a\): {"at":1} \[msg_\w+\]\n.*a tool \(a\) answers: sunny \[.*And tomorrow/s,
    );
    expect(text).not.toMatch(/lost|\(b\)|A part of/);
    expect(omitted).toBe(2);
    await append({
      ...talk,
      messages: [call('c'), result('c', 'word '.repeat(300)), { role: 'USER', content: 'Thanks' }],
    });
    const small = await contextOf({ ...input, maxTokens: 200 });
    expect(small.of('MESSAGES').messages.map((message) => message.text)).toEqual(['Thanks']);
    expect(small.omitted).toBe(8);
  });

  test('shows working memory of the conversation, the user and the companion before all else', async () => {
    const talk = begin();
    await append({ ...talk, messages: [{ role: 'USER', content: 'Hello' }] });
    await writeWorkingMemory(talk, { COMPANION: 'Be brief', USER: 'Likes tea', CONVERSATION: 'Plans a trip' });
    const { of, text } = await contextOf({ companion: talk.companion, conversation: talk.conversation });
    expect(of('WORKING_MEMORY').text).toBe(
      '## Working memory\n### Of this conversation\nPlans a trip\n### Of the user\nLikes tea\n### Of the companion\nBe brief\n',
    );
    expect(text.startsWith(of('WORKING_MEMORY').text)).toBe(true);
    const other = await contextOf({ companion: talk.companion, user: ben });
    expect(other.text).toBe('## Working memory\n### Of the companion\nBe brief\n');
  });

  test('has sections in the order asked for, and only those', async () => {
    const talk = begin();
    await remember(talk, [{ content: 'Ann lives in Lisbon', slot: 'home' }]);
    await append({ ...talk, messages: [{ role: 'USER', content: 'Hello' }] });
    const { text, sections } = await contextOf({
      companion: talk.companion,
      conversation: talk.conversation,
      sections: ['MESSAGES', 'FACTS', 'MESSAGES', 'PASSAGES'],
    });
    expect(sections.map(({ kind }) => kind)).toEqual(['MESSAGES', 'FACTS', 'PASSAGES']);
    expect(text).toMatch(/^## Newest messages\n.*## Facts\n/s);
  });
});

describe('a context of the past', () => {
  test('is the same at the same point, byte for byte, whatever comes later', async () => {
    const talk = begin();
    const [home] = await remember(talk, [{ content: 'Ann lives in Berlin', slot: 'home' }]);
    await append({ ...talk, messages: [{ role: 'USER', content: 'Where do I live?' }] });
    const { viewer } = await service.runUntyped('{ viewer { workspace { id } } }');
    expect(viewer.workspace.id).toBeDefined();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const at = { knownAt: new Date().toISOString() };
    const input = { companion: talk.companion, conversation: talk.conversation };
    const first = await contextOf(input, at);
    expect(first.text).toContain('Ann lives in Berlin');
    await new Promise((resolve) => setTimeout(resolve, 20));
    await correct({ id: home, kind: 'MISTAKE', content: 'Ann lives in Lisbon' });
    await append({ ...talk, messages: [{ role: 'USER', content: 'And my home?' }] });
    expect((await contextOf(input, at)).text).toBe(first.text);
    expect((await contextOf(input)).text).toContain('Ann lives in Lisbon');
  });
});

describe('what others may know', () => {
  /** Letters of an id are by chance, and may be a name. */
  const withoutIds = (text: string) => text.replaceAll(/\b[a-z]{3}_[\w-]{22}/g, '');

  test('two users of one companion see nothing of each other, and both what is nobody’s', async () => {
    const companion = { key: 'shared' };
    const talks = [ann, ben].map((user) => ({
      companion,
      user,
      conversation: { externalId: `of ${user.externalId}` },
    }));
    for (const talk of talks) {
      const { externalId } = talk.user;
      const [fact] = await remember(talk, [
        { content: `The secret word of ${externalId}`, slot: 'word' },
        { content: `The secret place of ${externalId}` },
      ]);
      await append({ ...talk, messages: [{ role: 'USER', content: `Do you know the secret, ${externalId}?` }] });
      await writeWorkingMemory(talk, { USER: `working for ${externalId}`, CONVERSATION: `talking to ${externalId}` });
      await contradict({ id: fact, by: { newMemory: { content: `No secret of ${externalId}`, type: 'FACT' } } });
    }
    await create({ companion, memories: [{ content: 'A secret without a user', type: 'FACT' }] });
    for (const { user, conversation } of talks) {
      const other = user === ann ? 'ben' : 'ann';
      for (const named of [{ conversation }, { conversation, user }, { user }]) {
        const { text } = await contextOf({ companion, ...named, query: 'secret word place' });
        expect(withoutIds(text)).not.toContain(other);
        expect(text).toContain(`place of ${user.externalId}`);
        expect(text).toContain('A secret without a user');
      }
      const whole = await contextOf({ companion, conversation, query: 'secret word place' });
      for (const section of whole.sections.filter(({ kind }) => !['PROFILE', 'PASSAGES'].includes(kind)))
        expect(section.text, section.kind).toContain(user.externalId);
    }
    const nobody = await contextOf({ companion, query: 'secret word place' });
    expect(withoutIds(nobody.text)).not.toMatch(/ann|ben/);
    expect(nobody.of('MEMORIES').memories).toHaveLength(1);
    const { data } = await service.sendUntyped(
      DOCUMENT,
      { input: { companion, conversation: talks[0]?.conversation, query: 'secret' } },
      { restriction: { companions: null, users: [await idOf('ben')] } },
    );
    expect(withoutIds(data.context.text)).not.toContain('ann');
  });

  test('a conversation is with its own user, and of its own companion', async () => {
    const talk = begin();
    const { companion, conversation } = talk;
    await append({ ...talk, messages: [{ role: 'USER', content: 'Hello' }] });
    const refused = await service.sendUntyped(DOCUMENT, { input: { companion, conversation, user: ben } });
    expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT' });
    expect(JSON.stringify(refused.errors)).toContain('"user"');
    expect((await contextOf({ companion, conversation: { externalId: 'unknown' } })).text).toBe('');
    expect((await contextOf({ companion: { key: 'unknown' }, conversation })).text).toBe('');
    const { conversation: found } = await service.runUntyped(
      'query ($by: ConversationRef!, $companion: CompanionRef!) { conversation(by: $by, companion: $companion) { id } }',
      { by: conversation, companion },
    );
    expect((await contextOf({ companion, conversation: { id: found.id } })).text).toContain('Hello');
    expect((await contextOf({ companion: { key: 'shared' }, conversation: { id: found.id } })).text).not.toContain(
      'Hello',
    );
  });

  test.each([
    [{ maxTokens: 99 }, 'INVALID_INPUT'],
    [{ maxTokens: 100_001 }, 'LIMIT_EXCEEDED'],
    [{ query: ' ' }, 'INVALID_INPUT'],
  ])('%j is refused', async (given, code) => {
    const { errors } = await service.sendUntyped(DOCUMENT, { input: { companion: { key: 'iris' }, ...given } });
    expect(errors?.[0]?.extensions.code).toBe(code);
  });
});

async function idOf(externalId: string): Promise<string> {
  const { user } = await service.runUntyped('query ($by: UserRef!) { user(by: $by) { id } }', { by: { externalId } });
  return decodeId('User', user.id, []).uuid;
}
