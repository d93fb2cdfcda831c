import { describe, expect, test } from 'vitest';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { asSuperuser, tableNames } from './support/tables.ts';

const service = useService();
const iris = { key: 'iris' };
const ann = { externalId: 'ann' };

const MESSAGE =
  'id externalId role name format content text tokens position metadata createdAt ' +
  'isForgotten toolCalls { callId name input output error } memory { id content context type user { externalId } }';
const upsert = mutation(service, 'upsertConversation', `conversation { id externalId title metadata updatedAt }`);
const append = mutation(
  service,
  'appendMessages',
  `conversation { id messageCount lastMessageAt } messages { ${MESSAGE} } memories { id content } skippedIds`,
);
const correct = mutation(service, 'correctMemory', 'memory { id }');
const forget = mutation(service, 'forgetMemories', 'forgottenIds');

let count = 0;
/** A conversation of its own. */
const begin = () => ({ companion: iris, user: ann, conversation: { externalId: `chat ${++count}` } });

const transcript = async (externalId: string, args = 'first: 100') => {
  const { conversation } = await service.runUntyped(
    `query ($externalId: String!) {
      conversation(by: { externalId: $externalId }, companion: { key: "iris" }) {
        messageCount lastMessageAt messages(${args}) { totalCount nodes { ${MESSAGE} } pageInfo { hasPreviousPage startCursor } }
      }
    }`,
    { externalId },
  );
  return conversation;
};

const texts = (nodes: { text: string | null }[]) => nodes.map(({ text }) => text);

describe('a conversation', () => {
  test('is begun once, by the caller’s own id within a companion, and keeps its user', async () => {
    const of = begin();
    const { conversation } = await upsert({ ...of, title: 'Lisbon', metadata: { topic: 'trip' } });
    const again = await upsert({ companion: iris, conversation: of.conversation });
    expect(again.conversation).toEqual(conversation);
    const other = await upsert({ ...of, companion: { key: 'other' } });
    expect(other.conversation.id).not.toBe(conversation.id);
    const refused = await upsert({ ...of, user: { externalId: 'ben' } });
    expect(refused).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path: ['input', 'user'] }] });
    const { conversation: cleared } = await upsert({ ...of, title: null, metadata: null });
    expect(cleared).toMatchObject({ title: null, metadata: {} });
  });

  test('that was begun by its title alone gets its user with its first message, and no user after that', async () => {
    const { companion, conversation, user } = begin();
    await upsert({ companion, conversation, title: 'Lisbon' });
    const { memories } = await append({ companion, conversation, user, messages: [{ role: 'USER', content: 'Hi' }] });
    const { memory } = await service.runUntyped(
      'query ($id: ID!) { memory(id: $id) { user { externalId } conversation { title user { externalId } } } }',
      { id: memories[0].id },
    );
    expect(memory).toEqual({ user, conversation: { title: 'Lisbon', user } });
    const ben = { externalId: 'ben' };
    expect(await upsert({ companion, conversation, user: ben })).toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('in which something was said or kept without a user stays without one', async () => {
    const [said, kept, named] = [begin(), begin(), begin()].map(({ companion, conversation }) => ({
      companion,
      conversation,
    }));
    await append({ ...said, messages: [{ role: 'USER', content: 'Hi' }] });
    await mutation(service, 'updateWorkingMemory', 'workingMemory { id }')({ ...kept, content: 'Likes tea' });
    await upsert({ ...named });
    await mutation(service, 'startSession', 'session { id }')({ ...named, externalId: 'web' });
    for (const of of [said, kept, named]) {
      const refused = await append({ ...of, user: ann, messages: [{ role: 'USER', content: 'I am Ann' }] });
      expect(refused).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path: ['input', 'user'] }] });
    }
    const { conversation } = await upsert({ ...begin(), user: undefined });
    const byId = { conversation: { id: conversation.id } };
    const unknown = await append({
      companion: iris,
      ...byId,
      user: { id: 'usr_00000000000000000000000000' },
      messages: [{ role: 'USER', content: 'x' }],
    });
    expect(unknown).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('notes', () => {
  const change = mutation(service, 'upsertConversation', 'conversation { metadata }');

  test('are changed member by member, each as a whole', async () => {
    const of = begin();
    await change({ ...of, metadata: { topic: { of: 'trip' }, seen: true } });
    const { conversation } = await change({ ...of, metadataChanges: { topic: { by: 'train' }, mood: null } });
    expect(conversation.metadata).toEqual({ topic: { by: 'train' }, seen: true, mood: null });
  });

  test('that are replaced and changed at once are those given, changed', async () => {
    const { conversation } = await change({ ...begin(), metadata: { a: 1, b: 1 }, metadataChanges: { b: 2 } });
    expect(conversation.metadata).toEqual({ a: 1, b: 2 });
  });

  test('that get too large by a change are refused, and stay', async () => {
    const of = begin();
    await change({ ...of, metadata: { a: 'x'.repeat(40_000) } });
    const refused = await change({ ...of, metadataChanges: { b: 'x'.repeat(40_000) } });
    expect(refused).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path: ['input', 'metadataChanges'] }] });
    const { conversation } = await change({ ...of, metadataChanges: { c: 1 } });
    expect(Object.keys(conversation.metadata)).toEqual(['a', 'c']);
  });
});

describe('messages that are looked for', () => {
  const said = (n: number, day: number, metadata: object) => ({
    role: 'USER',
    content: `Said ${n}`,
    externalId: `look ${n}`,
    createdAt: `2026-03-0${day}T09:00:00Z`,
    metadata,
  });

  test('are listed by when they were said, of a span or with notes, and counted', async () => {
    const of = begin();
    await append({ ...of, messages: [said(1, 3, { by: 'a' }), said(2, 1, { by: 'b' }), said(3, 2, { by: 'a' })] });
    const listed = async (args: string) => {
      const { messages } = await transcript(of.conversation.externalId, args);
      return [texts(messages.nodes), messages.totalCount];
    };
    expect(await listed('first: 9, orderBy: {field: CREATED_AT}')).toEqual([['Said 2', 'Said 3', 'Said 1'], 3]);
    expect(await listed('first: 2, orderBy: {field: CREATED_AT, direction: DESC}')).toEqual([['Said 1', 'Said 3'], 3]);
    expect(await listed('first: 9, orderBy: {field: POSITION, direction: DESC}')).toEqual([
      ['Said 3', 'Said 2', 'Said 1'],
      3,
    ]);
    const until = 'createdAt: {from: "2026-03-01T09:00:00Z", until: "2026-03-03T09:00:00Z"}';
    expect(await listed(`last: 9, filter: {${until}}`)).toEqual([['Said 2', 'Said 3'], 2]);
    expect(await listed('last: 1, filter: {metadata: {by: "a"}}')).toEqual([['Said 3'], 2]);
  });

  test('are found by externalId in the conversations of a companion alone, a copy first', async () => {
    const of = begin();
    await append({ ...of, messages: [{ ...said(7, 1, {}), externalId: 'wanted' }] });
    await append({ ...begin(), companion: { key: 'other' }, messages: [{ ...said(8, 1, {}), externalId: 'wanted' }] });
    const copy = mutation(service, 'copyConversation', 'conversation { externalId }');
    await copy({ companion: iris, conversation: of.conversation, externalId: 'copy of wanted' });
    const { messages } = await service.runUntyped(
      '{ messages(companion: {key: "iris"}, externalIds: ["none", "wanted"]) { text conversation { externalId } } }',
    );
    expect(messages).toEqual([
      { text: 'Said 7', conversation: { externalId: 'copy of wanted' } },
      { text: 'Said 7', conversation: of.conversation },
    ]);
    const many = JSON.stringify(Array.from({ length: 101 }, (_, n) => `x${n}`));
    const refused = await service.sendUntyped(`{ messages(companion: {key: "iris"}, externalIds: ${many}) { text } }`);
    expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 100, given: 101 });
  });
});

describe('messages', () => {
  test('come back in order, and become memories that follow each other', async () => {
    const of = begin();
    const at = '2026-03-01T09:00:00.000Z';
    const { messages, memories, skippedIds, conversation } = await append({
      ...of,
      messages: [
        { role: 'SYSTEM', content: 'Be kind.' },
        { role: 'USER', content: 'I live in Lisbon now', name: 'Ann', createdAt: at },
        { role: 'ASSISTANT', content: 'Lovely! Since when?' },
      ],
    });
    expect(messages.map(({ position }: { position: number }) => position)).toEqual([0, 1, 2]);
    expect(skippedIds).toEqual([]);
    expect(conversation).toMatchObject({ messageCount: 3 });
    expect(memories).toHaveLength(2);
    expect(messages[0].memory).toBeNull();
    expect(messages[1]).toMatchObject({
      content: 'I live in Lisbon now',
      text: 'I live in Lisbon now',
      tokens: 5,
      createdAt: at,
      memory: {
        content: 'I live in Lisbon now',
        type: 'EXPERIENCE',
        user: ann,
        context: { conversationId: of.conversation.externalId, turnNumber: 1, role: 'user', speaker: 'Ann' },
      },
    });
    const { memories: later } = await append({ ...of, messages: [{ role: 'USER', content: 'Since May' }] });
    const { memory } = await service.runUntyped(
      `query ($id: ID!) { memory(id: $id) {
        message { text } conversation { externalId }
        relations(direction: OUT, types: [FOLLOWS]) { nodes { to { content } } }
      } }`,
      { id: later[0].id },
    );
    expect(memory).toMatchObject({
      message: { text: 'Since May' },
      conversation: of.conversation,
      relations: { nodes: [{ to: { content: 'Lovely! Since when?' } }] },
    });
  });

  test('of a history that is sent again are not doubled, nor is what was corrected or forgotten undone', async () => {
    const of = begin();
    const history = ['Hello', 'My cat is Tom', 'My code is xyzzy'].map((content, index) => ({
      role: 'USER',
      content,
      externalId: `m${index}`,
    }));
    const { messages } = await append({ ...of, messages: history });
    await correct({ id: messages[1].memory.id, kind: 'MISTAKE', content: 'My cat is Tim' });
    await forget({ ids: [messages[2].memory.id] });
    const again = await append({ ...of, messages: [...history, { role: 'USER', content: 'Bye', externalId: 'm3' }] });
    expect(again.memories).toHaveLength(1);
    const { messageCount, messages: list } = await transcript(of.conversation.externalId);
    expect(messageCount).toBe(4);
    expect(texts(list.nodes)).toEqual(['Hello', 'My cat is Tom', null, 'Bye']);
    expect(list.nodes[2]).toMatchObject({ isForgotten: true, content: null, memory: null, externalId: 'm2' });
  });

  test('with a known externalId and other content are replaced in place, and the memory is corrected', async () => {
    const of = begin();
    const of1 = { role: 'ASSISTANT', externalId: 'a' };
    const { messages } = await append({ ...of, messages: [{ ...of1, content: 'It costs 5' }] });
    const changed = await append({ ...of, messages: [{ ...of1, content: 'It costs 6' }] });
    expect(changed.messages[0]).toMatchObject({ id: messages[0].id, position: 0, text: 'It costs 6' });
    const { memory } = await service.runUntyped('query ($id: ID!) { memory(id: $id) { status current { content } } }', {
      id: messages[0].memory.id,
    });
    expect(memory).toEqual({ status: 'CORRECTED', current: { content: 'It costs 6' } });
    await service.runUntyped(
      'mutation ($id: ID!) { retractMemory(input: { id: $id, kind: MISTAKE }) { __typename } }',
      { id: changed.messages[0].memory.id },
    );
    const last = await append({ ...of, messages: [{ ...of1, content: 'It costs 7' }] });
    expect(last.memories).toEqual([]);
    expect(texts(last.messages)).toEqual(['It costs 7']);
  });

  test('with a known externalId and another date are moved with their memory, and without a date stay where they were', async () => {
    const of = begin();
    const send = (content: string, createdAt?: string) =>
      append({ ...of, messages: [{ role: 'USER', externalId: 'a', content, createdAt }] });
    const dated = async (answer: { messages: { id: string; createdAt: string; memory: { id: string } }[] }) => {
      const [message] = answer.messages;
      const { memory } = await service.run('query ($id: ID!) { memory(id: $id) { content validFrom } }', {
        id: message?.memory.id,
      });
      return [message?.createdAt, memory];
    };
    const [first, second] = ['2026-03-01T08:00:00.000Z', '2026-02-01T08:00:00.000Z'];
    expect(await dated(await send('I moved', first))).toEqual([first, { content: 'I moved', validFrom: first }]);
    expect(await dated(await send('I moved out', second))).toEqual([
      second,
      { content: 'I moved out', validFrom: second },
    ]);
    expect(await dated(await send('I moved in'))).toEqual([second, { content: 'I moved in', validFrom: second }]);
  });

  test('that no memory can hold any more take their memories back, whatever is to be remembered', async () => {
    const of = begin();
    const send = (content: string, remember: string) =>
      append({ ...of, remember, messages: [{ role: 'USER', externalId: 'a', content }] });
    const { messages } = await send('I live in Rome', 'TURNS');
    const { memories } = await send('I live in Milan', 'NONE');
    expect(memories).toMatchObject([{ content: 'I live in Milan' }]);
    await send('', 'NONE');
    const { memory } = await service.runUntyped(
      'query ($id: ID!) { memory(id: $id) { versions(first: 9) { nodes { content status } } } }',
      { id: messages[0].memory.id },
    );
    expect(memory.versions.nodes).toEqual([
      { content: 'I live in Rome', status: 'RETRACTED' },
      { content: 'I live in Milan', status: 'RETRACTED' },
    ]);
  });

  test('that are streamed are remembered once they are final', async () => {
    const of = begin();
    const send = (content: string, isFinal: boolean) =>
      append({ ...of, messages: [{ role: 'ASSISTANT', externalId: 's', content, isFinal }] });
    expect((await send('Once', false)).memories).toEqual([]);
    expect((await send('Once upon', false)).messages[0]).toMatchObject({ text: 'Once upon', memory: null });
    expect((await send('Once upon a time', true)).memories).toMatchObject([{ content: 'Once upon a time' }]);
    expect((await transcript(of.conversation.externalId)).messageCount).toBe(1);
  });

  test('come back exactly as given, also what PostgreSQL’s jsonb refuses and doubles beyond 2^53', async () => {
    const of = begin();
    const contents = [
      {
        parts: [
          { type: 'text', text: 'Hi' },
          {
            type: 'tool-get',
            toolCallId: 't',
            state: 'output-available',
            input: { q: 1 },
            output: { big: 2 ** 60 + 3, nul: '\u0000', half: '\ud800' },
          },
          { type: 'text', text: 'there' },
        ],
      },
      {
        parts: [
          { type: 'text', text: 'cut 0,3' },
          { type: 'text', text: '\u0001' },
        ],
        x: null,
      },
    ];
    const { messages } = await append({
      ...of,
      messages: contents.map((content) => ({ role: 'USER', format: 'AI_SDK_UI', content })),
    });
    expect(messages.map(({ content }: { content: unknown }) => content)).toEqual(contents);
    expect(messages[0]).toMatchObject({
      text: 'Hi\n\nthere',
      memory: { content: 'Hi\n\nthere' },
      toolCalls: [{ callId: 't', name: 'get', input: { q: 1 }, output: { nul: '\u0000' }, error: null }],
    });
  });

  test('that no memory can hold keep their own words, and are told', async () => {
    const of = begin();
    const long = 'word '.repeat(20_001);
    const { messages, memories, skippedIds } = await append({
      ...of,
      messages: [long, 'a\u0000b', '   '].map((content) => ({ role: 'USER', content })),
    });
    expect(memories).toEqual([]);
    expect(skippedIds).toEqual(messages.map(({ id }: { id: string }) => id));
    expect(texts(messages)).toEqual([long, 'a\u0000b', '   ']);
  });

  test('are refused whole where one cannot be taken', async () => {
    const of = begin();
    const wrong = [
      [{ role: 'USER', content: 7 }],
      [
        { role: 'USER', content: 'a', externalId: 'x' },
        { role: 'USER', content: 'b', externalId: 'x' },
      ],
      [{ role: 'USER', content: 'x'.repeat(2 ** 20) }],
      [{ role: 'USER', format: 'OPENAI_ITEM', content: JSON.parse('['.repeat(201) + ']'.repeat(201)) }],
      [],
    ];
    for (const messages of wrong) {
      expect(await append({ ...of, messages })).toMatchObject({ code: 'INVALID_INPUT' });
    }
    const { appendMessages: infinite } = await service.runUntyped(
      `mutation ($conversation: ConversationRef!) { appendMessages(input: { companion: { key: "iris" },
        conversation: $conversation, messages: [{ role: TOOL, format: OPENAI_ITEM, content: { output: [1e999] } }] }) {
        ... on InvalidInputError { issues { path message } } } }`,
      { conversation: of.conversation },
    );
    expect(infinite.issues).toEqual([
      { path: ['input', 'messages', '0', 'content'], message: 'Numbers must be finite.' },
    ]);
    const many = Array.from({ length: 501 }, () => ({ role: 'USER', content: 'x' }));
    expect(await append({ ...of, messages: many })).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(await transcript(of.conversation.externalId)).toBeNull();
  });

  test('are listed from their end, and by role', async () => {
    const of = begin();
    await append({
      ...of,
      remember: 'NONE',
      messages: Array.from({ length: 9 }, (_, index) => ({ role: index % 3 ? 'USER' : 'TOOL', content: `${index}` })),
    });
    const newest = await transcript(of.conversation.externalId, 'last: 2');
    expect(texts(newest.messages.nodes)).toEqual(['7', '8']);
    const { startCursor } = newest.messages.pageInfo;
    const before = await transcript(of.conversation.externalId, `last: 2, before: "${startCursor}"`);
    expect(texts(before.messages.nodes)).toEqual(['5', '6']);
    const tools = await transcript(of.conversation.externalId, 'roles: [TOOL], first: 2');
    expect(tools.messages).toMatchObject({ totalCount: 3 });
    expect(texts(tools.messages.nodes)).toEqual(['0', '3']);
  });
});

test('a recall finds what was said in one conversation', async () => {
  const [one, other] = [begin(), begin()];
  const { conversation } = await append({
    ...one,
    messages: [{ role: 'USER', content: 'The red kettle is in the attic' }],
  });
  await append({ ...other, messages: [{ role: 'USER', content: 'The blue kettle is in the cellar' }] });
  const found = async (input: object) => {
    const { recall } = await service.runUntyped(
      'query ($input: RecallInput!) { recall(input: $input) { edges { node { content } } } }',
      { input: { companion: iris, query: 'Where is the kettle?', mode: 'LEXICAL', ...input } },
    );
    return recall.edges.map(({ node }: { node: { content: string } }) => node.content);
  };
  expect(await found({})).toHaveLength(2);
  expect(await found({ conversation: one.conversation })).toEqual(['The red kettle is in the attic']);
  expect(await found({ conversation: { id: conversation.id } })).toEqual(['The red kettle is in the attic']);
  expect(await found({ conversation: { externalId: 'unknown' } })).toEqual([]);
  expect(await found({ filter: { conversation: conversation.id } })).toHaveLength(1);
});

describe('what is deleted', () => {
  const remove = mutation(service, 'deleteMessages', 'deletedIds forgottenIds');
  const removeAll = mutation(service, 'deleteConversation', 'deletedId forgottenCount');
  const copy = mutation(service, 'copyConversation', 'conversation { id externalId messageCount lastMessageAt }');
  const said = (...contents: string[]) => contents.map((content) => ({ role: 'USER', content, externalId: content }));
  const memoryCount = async (externalId: string) => {
    const { conversation } = await service.runUntyped(
      `query ($externalId: String!) { conversation(by: { externalId: $externalId }, companion: { key: "iris" }) {
        memories { totalCount nodes { content } } } }`,
      { externalId },
    );
    return conversation.memories.totalCount;
  };

  test('takes its memories along, but for those that a copy shares', async () => {
    const of = begin();
    const { messages } = await append({ ...of, messages: said('One', 'Two', 'Three') });
    const forked = `${of.conversation.externalId} fork`;
    const { conversation } = await copy({ ...of, user: undefined, externalId: forked, untilId: messages[1].id });
    expect(conversation).toMatchObject({ externalId: forked, messageCount: 2 });
    expect(await memoryCount(forked)).toBe(2);
    const { forgottenIds } = await remove({ ids: [messages[1].id, messages[2].id] });
    expect(forgottenIds).toEqual([messages[2].memory.id]);
    const { messageCount, messages: left } = await transcript(of.conversation.externalId);
    expect(messageCount).toBe(1);
    expect(texts(left.nodes)).toEqual(['One']);
    // Positions are not used again.
    const next = await append({ ...of, messages: said('Four') });
    expect(next.messages[0].position).toBe(3);
    // The fork goes on as it was, and goes alone.
    const { messages: kept } = await transcript(forked);
    expect(texts(kept.nodes)).toEqual(['One', 'Two']);
    const { companion, conversation: which } = of;
    expect(await removeAll({ companion, conversation: { externalId: forked } })).toMatchObject({ forgottenCount: 1 });
    expect(await transcript(forked)).toBeNull();
    expect(texts((await transcript(which.externalId)).messages.nodes)).toEqual(['One', 'Four']);
    expect(await memoryCount(which.externalId)).toBe(2);
  });

  test('is counted once where two delete the same at once, also of several conversations', async () => {
    const [one, two] = [begin(), begin()];
    const first = await append({ ...one, messages: said('A', 'B') });
    const second = await append({ ...two, messages: said('C', 'D') });
    const ids = [first.messages[0].id, second.messages[1].id];
    const answers = await Promise.all([remove({ ids }), remove({ ids }), remove({ ids: [...ids].reverse() })]);
    // Who comes later finds them gone, before or behind the lock.
    const deleted = answers.flatMap(({ deletedIds = [] }) => deletedIds);
    expect(deleted.toSorted()).toEqual(ids.toSorted());
    for (const [of, left] of [
      [one, 'B'],
      [two, 'C'],
    ] as const) {
      const { messageCount, messages } = await transcript(of.conversation.externalId);
      expect([messageCount, texts(messages.nodes)]).toEqual([1, [left]]);
    }
  });

  test('leaves the memories where that is asked for', async () => {
    const of = begin();
    const { messages } = await append({ ...of, messages: said('Kept') });
    await remove({ ids: [messages[0].id], memories: 'KEEP' });
    const { memory } = await service.runUntyped(
      'query ($id: ID!) { memory(id: $id) { content message { id } conversation { id } } }',
      { id: messages[0].memory.id },
    );
    expect(memory).toEqual({ content: 'Kept', message: null, conversation: null });
  });

  test('is not begun where something is unknown or taken', async () => {
    const of = begin();
    const { messages } = await append({ ...of, messages: said('Stays') });
    const { id } = messages[0];
    const unknown = `${id.slice(0, -1)}${id.endsWith('0') ? 1 : 0}`;
    expect(await remove({ ids: [messages[0].id, unknown] })).toMatchObject({ code: 'NOT_FOUND', ids: [unknown] });
    expect((await transcript(of.conversation.externalId)).messageCount).toBe(1);
    const taken = { companion: iris, conversation: of.conversation, externalId: of.conversation.externalId };
    expect(await copy(taken)).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path: ['input', 'externalId'] }] });
    expect(await copy({ ...taken, companion: undefined })).toMatchObject({ code: 'INVALID_INPUT' });
  });
});

test('messages are remembered later, whatever their role, and once', async () => {
  const of = begin();
  const rememberThem = mutation(
    service,
    'rememberMessages',
    'messages { id text memory { content type } } memories { content } skippedIds',
  );
  const { messages } = await append({
    ...of,
    remember: 'NONE',
    messages: ['USER', 'TOOL', 'ASSISTANT'].map((role) => ({ role, content: role === 'TOOL' ? '  ' : `A ${role}` })),
  });
  const ids = messages.map(({ id }: { id: string }) => id);
  const made = await rememberThem({ ids, type: 'FACT' });
  expect(made.memories).toEqual([{ content: 'A USER' }, { content: 'A ASSISTANT' }]);
  expect(made.skippedIds).toEqual([ids[1]]);
  expect(made.messages[0]).toMatchObject({ text: 'A USER', memory: { content: 'A USER', type: 'FACT' } });
  expect((await rememberThem({ ids })).memories).toEqual([]);
});

test('forgetting takes the words out of every transcript, version and copy, and nothing brings them back', async () => {
  const of = begin();
  const marker = 'xyzzy19';
  const secret = {
    role: 'USER',
    name: `Ann ${marker}`,
    externalId: 'secret',
    metadata: { marker },
    format: 'ANTHROPIC',
    content: [
      { type: 'text', text: `It is ${marker}` },
      { type: 'thinking', thinking: `${marker}!` },
    ],
  };
  const { messages } = await append({ ...of, messages: [secret] });
  const copyOf = mutation(service, 'copyConversation', 'conversation { id }');
  const forked = `${of.conversation.externalId} fork`;
  await copyOf({ companion: iris, conversation: of.conversation, externalId: forked });
  const { memory } = await correct({ id: messages[0].memory.id, kind: 'MISTAKE', content: `It was ${marker}` });
  await forget({ ids: [memory.id] });
  await append({ ...of, messages: [secret] });
  const { database } = await service.tenant();
  for (const table of await tableNames(database)) {
    const [row] = (await asSuperuser(database, (connection) =>
      connection.script(`select count(*)::int as count from ${table} t where t::text ilike '%${marker}%'`),
    )) as { count: number }[];
    expect([table, row?.count]).toEqual([table, 0]);
  }
  for (const each of [of.conversation.externalId, forked]) {
    const { messages: list } = await transcript(each);
    expect(list.nodes).toMatchObject([{ isForgotten: true, text: null, name: null, metadata: {}, position: 0 }]);
  }
});

describe('the newest messages', () => {
  const replace = mutation(
    service,
    'replaceMessages',
    `conversation { messageCount } messages { ${MESSAGE} }`,
    '... on ConflictError { current { id } }',
  );
  const idsOf = (messages: { id: string }[]) => messages.map(({ id }) => id);
  const statusOf = async (id: string) =>
    (await service.runUntyped('query ($id: ID!) { memory(id: $id) { status } }', { id })).memory.status;

  test('are replaced if they are those expected, and what is dropped is no longer believed', async () => {
    const of = begin();
    const { messages } = await append({
      ...of,
      messages: ['Hi', 'Hello!', 'My cat is Tom'].map((content, n) => ({
        role: n === 1 ? 'ASSISTANT' : 'USER',
        content,
      })),
    });
    const { companion, conversation } = of;
    const [, ...last] = idsOf(messages);
    const replaced = await replace({
      companion,
      conversation,
      expectedIds: last,
      messages: [{ role: 'USER', content: 'My cat is Tim' }],
    });
    expect(replaced).toMatchObject({
      conversation: { messageCount: 2 },
      messages: [{ position: 3, text: 'My cat is Tim' }],
    });
    expect(texts((await transcript(conversation.externalId)).messages.nodes)).toEqual(['Hi', 'My cat is Tim']);
    for (const { memory } of messages.slice(1)) expect(await statusOf(memory.id)).toBe('RETRACTED');
    expect(await statusOf(messages[0].memory.id)).toBe('ACTIVE');
    // The last is taken back, with nothing in its place; what a copy has stays believed.
    const copyOf = mutation(service, 'copyConversation', 'conversation { id }');
    await copyOf({ companion, conversation, externalId: `${conversation.externalId} fork` });
    await replace({ companion, conversation, expectedIds: idsOf(replaced.messages), messages: [] });
    expect((await transcript(conversation.externalId)).messageCount).toBe(1);
    expect(await statusOf(replaced.messages[0].memory.id)).toBe('ACTIVE');
  });

  test('are expected as they were given, so that the same request can be sent again', async () => {
    const of = begin();
    const call = { type: 'function_call', callId: 'c1', name: 'get', arguments: '{"q":1}', status: 'completed' };
    const said = [
      { role: 'USER', content: 'What is it?', name: 'Ann', metadata: { from: 'web' } },
      { role: 'ASSISTANT', format: 'OPENAI_ITEM', content: call },
    ];
    await append({ ...of, messages: [{ role: 'USER', content: 'Hi' }, ...said] });
    const { companion, conversation } = of;
    const input = {
      companion,
      conversation,
      expectedIds: [],
      // The same JSON in another order.
      expectedMessages: [said[0], { ...said[1], content: Object.fromEntries(Object.entries(call).reverse()) }],
      messages: [{ role: 'USER', content: 'Never mind' }],
      idempotencyKey: `replace ${conversation.externalId}`,
    };
    const others = [
      [{ ...said[0], name: 'Ben' }, said[1]],
      [said[0], { ...said[1], content: { ...call, name: 'set' } }],
      [said[1]?.content && said[1], said[0]],
    ];
    for (const expectedMessages of others) {
      expect(await replace({ ...input, expectedMessages })).toMatchObject({ code: 'CONFLICT' });
    }
    const answer = await replace(input);
    expect(answer).toMatchObject({ conversation: { messageCount: 2 } });
    expect((await replace(input)).messages).toEqual(answer.messages);
    expect(texts((await transcript(conversation.externalId)).messages.nodes)).toEqual(['Hi', 'Never mind']);
  });

  test('are expected in one of two ways, and at most so many', async () => {
    const of = begin();
    const { messages } = await append({ ...of, messages: [{ role: 'USER', content: 'Hi' }] });
    const { companion, conversation } = of;
    const both = { companion, conversation, expectedMessages: [{ role: 'USER', content: 'Hi' }], messages: [] };
    expect(await replace({ ...both, expectedIds: idsOf(messages) })).toMatchObject({
      code: 'INVALID_INPUT',
      issues: [{ path: ['input', 'expectedMessages'] }],
    });
    const expectedMessages = Array.from({ length: 101 }, () => ({ role: 'USER', content: 'Hi' }));
    expect(await replace({ ...both, expectedIds: [], expectedMessages })).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    const bad = [{ role: 'USER', content: 1 }];
    expect(await replace({ ...both, expectedIds: [], expectedMessages: bad })).toMatchObject({
      issues: [{ path: ['input', 'expectedMessages', '0', 'content'] }],
    });
    // Once its words are erased, nothing is what it was.
    await forget({ ids: [messages[0].memory.id] });
    expect(await replace({ ...both, expectedIds: [] })).toMatchObject({ code: 'CONFLICT' });
  });

  test('stay where others are the newest by now: one of two who replace them at once wins', async () => {
    const of = begin();
    const { messages, conversation } = await append({ ...of, messages: [{ role: 'USER', content: 'One' }] });
    const input = { conversation: { id: conversation.id }, expectedIds: idsOf(messages) };
    const answers = await Promise.all(
      ['A', 'B', 'C'].map((content) => replace({ ...input, messages: [{ role: 'USER', content }] })),
    );
    const refused = answers.filter(({ code }) => code === 'CONFLICT');
    expect(refused).toHaveLength(2);
    for (const { current } of refused) expect(current).toEqual({ id: conversation.id });
    expect((await transcript(of.conversation.externalId)).messages.nodes).toHaveLength(1);
    expect(await replace({ ...input, expectedIds: [], messages: [{ role: 'USER', content: 'D' }] })).toMatchObject({
      conversation: { messageCount: 2 },
    });
  });
});
