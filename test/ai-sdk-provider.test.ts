import type { ChatSession, ConversationMessage, MemoryProvider } from '@ai-sdk-tools/memory';
import { InMemoryProvider } from '@ai-sdk-tools/memory/in-memory';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type PalimpsestMemoryOptions, palimpsestMemory } from '../src/adapters/ai-sdk/index.ts';
import { clientOf, refusalOf, requestsOf, restrictedTo } from './support/adapters.ts';
import { useService } from './support/service.ts';

const service = useService();
let client: ReturnType<typeof clientOf>;
beforeAll(() => {
  client = clientOf(service);
});

let count = 0;
/** A provider with a companion of its own, as the host sees it. */
const providerOf = (options: Partial<PalimpsestMemoryOptions> = {}, by = client): Required<MemoryProvider> =>
  palimpsestMemory(by, { companion: `iris ${++count}`, ...options });

const day = (n: number) => new Date(Date.UTC(2026, 0, 1 + n));
const message = (content: unknown, more: Partial<ConversationMessage> = {}): ConversationMessage => ({
  chatId: 'chat',
  role: 'user',
  content,
  timestamp: day(0),
  ...more,
});
const ui = (id: string, text: string) => ({ id, role: 'user', parts: [{ type: 'text', text }] });

/** InMemoryProvider, but for what it does wrong: a UI message that is saved again is there twice, and a chat that is deleted leaves its working memory. */
class Corrected extends InMemoryProvider {
  readonly #kept = this as unknown as {
    messages: Map<string, ConversationMessage[]>;
    workingMemory: Map<string, unknown>;
  };

  override async saveMessage(message: ConversationMessage) {
    const idOf = ({ content }: ConversationMessage) => {
      try {
        return (typeof content === 'string' ? JSON.parse(content) : content)?.id;
      } catch {
        return undefined;
      }
    };
    const before = (this.#kept.messages.get(message.chatId) ?? []).find(
      (each) => idOf(message) && idOf(each) === idOf(message),
    );
    if (before) Object.assign(before, { userId: undefined }, message);
    else await super.saveMessage({ ...message });
  }

  override async deleteChat(chatId: string) {
    await super.deleteChat(chatId);
    this.#kept.workingMemory.delete(`chat:${chatId}`);
  }
}

type Step = (provider: Required<MemoryProvider>, turn: number) => Promise<unknown>;
const named = (name: string, run: Step) => Object.assign(run, { toString: () => name });
const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const chatId = fc.constantFrom('one', 'two', 'three');
const userId = fc.constantFrom(undefined, 'ann', 'ben');
const limit = optional(fc.nat({ max: 4 }));
const title = fc.constantFrom('Lisbon', 'A trip to LISBON', 'Food', 'ünï');
const content: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom('Hi', '', '5', 'true', '"quoted"', '"5"', 'null', '{"a":1}', '[1, 2]', '{not json', '\u0000', 7, {
    a: [1],
  }),
  fc
    .record({ id: fc.constantFrom('m1', 'm2'), text: fc.constantFrom('Hi', 'Ho') })
    .map(({ id, text }) => JSON.stringify(ui(id, text))),
  fc.constantFrom('m3', '').map((id) => ui(id, 'Hello')),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc
    .record({
      chatId,
      userId,
      scope: fc.constantFrom('chat', 'user'),
      content: fc.constantFrom('', '# Facts', '{"a":1}'),
    })
    .filter(({ scope, userId }) => scope === 'chat' || userId !== undefined)
    .map((of) => named(`write ${JSON.stringify(of)}`, (provider) => provider.updateWorkingMemory(of as never))),
  fc
    .record({ chatId, userId, role: fc.constantFrom('user', 'assistant', 'system'), content })
    .map((of) =>
      named(`save ${JSON.stringify(of)}`, (provider, turn) =>
        provider.saveMessage({ ...of, timestamp: day(turn) } as never),
      ),
    ),
  fc
    .record({ chatId, userId, title: optional(title), messageCount: fc.nat() })
    .map((of) =>
      named(`save chat ${JSON.stringify(of)}`, (provider, turn) =>
        provider.saveChat({ ...of, createdAt: day(0), updatedAt: day(turn) } as ChatSession),
      ),
    ),
  fc
    .record({ chatId, title })
    .map((of) => named(`title ${JSON.stringify(of)}`, (provider) => provider.updateChatTitle(of.chatId, of.title))),
  chatId.map((id) => named(`delete ${id}`, (provider) => provider.deleteChat(id))),
);

/** What was written now, whenever that is. */
const datesOf = (value: unknown): unknown => {
  if (value instanceof Date) return value > day(150) ? 'now' : value;
  if (Array.isArray(value)) return value.map(datesOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, datesOf(each)]));
};

/** All that a provider answers. */
async function stateOf(provider: Required<MemoryProvider>, limit: number | undefined, search: string | undefined) {
  const [chats, users] = [
    ['one', 'two', 'three'],
    [undefined, 'ann', 'ben'],
  ];
  return datesOf({
    ofChats: await Promise.all(
      chats.map(async (chatId) => [
        await provider.getChat(chatId),
        await provider.getWorkingMemory({ scope: 'chat', chatId }),
        ...(await Promise.all(
          users.map((userId) => provider.getMessages({ chatId, ...(userId && { userId }), ...(limit && { limit }) })),
        )),
      ]),
    ),
    ofUsers: await Promise.all(['ann', 'ben'].map((userId) => provider.getWorkingMemory({ scope: 'user', userId }))),
    lists: await Promise.all(
      users.map((userId) =>
        provider.getChats({ ...(userId && { userId }), ...(search && { search }), ...(limit && { limit }) }),
      ),
    ),
  });
}

describe('a provider of @ai-sdk-tools/memory', () => {
  test('does what InMemoryProvider does, whatever is done to it', { timeout: 240_000 }, async () => {
    let kept = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 10 }),
        limit,
        optional(fc.constantFrom('lisbon', ' ', 'x'.repeat(501))),
        async (steps, limit, search) => {
          const [ours, theirs] = [providerOf(), new Corrected()];
          for (const [turn, run] of steps.entries()) {
            await run(theirs, turn);
            await run(ours, turn);
          }
          const state = await stateOf(theirs, limit, search);
          expect(await stateOf(ours, limit, search)).toEqual(state);
          kept += JSON.stringify(state).length;
        },
      ),
      { numRuns: 60, seed: 16 },
    );
    expect(kept).toBeGreaterThan(20_000);
  });

  test('keeps messages that were saved without a user, whoever asks, and in a chat that began without one', async () => {
    const provider = providerOf();
    await provider.saveMessage(message('Nobody'));
    await provider.saveMessage(message('I am Ann', { userId: 'ann' }));
    await provider.saveChat({ chatId: 'chat', userId: 'ann', createdAt: day(0), updatedAt: day(1), messageCount: 2 });
    expect(await provider.getMessages({ chatId: 'chat', userId: 'ann' })).toEqual(['Nobody', 'I am Ann']);
    expect(await provider.getMessages({ chatId: 'chat', userId: 'ben' })).toEqual(['Nobody']);
    expect(await provider.getChats({ userId: 'ann' })).toMatchObject([{ chatId: 'chat', userId: 'ann' }]);
  });

  test('keeps what is asked at once in the order it was asked', async () => {
    const provider = providerOf();
    const texts = Array.from({ length: 12 }, (_, n) => `number ${n}`);
    const saved = texts.map((text, n) =>
      provider.saveMessage(message(text, { role: n % 2 ? 'assistant' : 'user', userId: 'ann' })),
    );
    const chat = { chatId: 'chat', userId: 'ann', createdAt: day(0), updatedAt: day(1), messageCount: 12 };
    const others = [provider.updateChatTitle('chat', 'Numbers'), provider.saveChat(chat)];
    expect(await provider.getMessages({ chatId: 'chat' })).toEqual(texts);
    expect(await provider.getChats({})).toMatchObject([{ ...chat, title: 'Numbers' }]);
    await Promise.all([...saved, ...others]);
  });

  test('gives a chat that begins by its title its user, and what they say becomes their memories', async () => {
    const companion = 'iris titled';
    const provider = providerOf({ companion });
    await provider.updateChatTitle('chat', 'Lisbon');
    const said = ui('m1', 'I live in Lisbon');
    await provider.saveMessage(message(JSON.stringify(said), { userId: 'ann' }));
    await provider.saveMessage(message('As Ben I live in Porto', { userId: 'ben' }));
    const { conversation } = await service.runUntyped(
      `query ($companion: CompanionRef!) { conversation(by: { externalId: "chat" }, companion: $companion) {
        title user { externalId } messages(first: 9) { nodes { externalId role text memory { user { externalId } } } } } }`,
      { companion: { key: companion } },
    );
    expect(conversation).toMatchObject({ title: 'Lisbon', user: { externalId: 'ann' } });
    // What another user says in her chat is kept, and is no memory of hers.
    expect(conversation.messages.nodes).toMatchObject([
      { externalId: 'm1', role: 'USER', text: 'I live in Lisbon', memory: { user: { externalId: 'ann' } } },
      { text: 'As Ben I live in Porto', memory: null },
    ]);
  });

  test('leaves what else is in the notes of a conversation, and says what another program kept in it', async () => {
    const companion = 'iris shared';
    const of = { companion: { key: companion }, conversation: { externalId: 'chat' } };
    await service.runUntyped(
      'mutation ($input: UpsertConversationInput!) { upsertConversation(input: $input) { __typename } }',
      {
        input: { ...of, metadata: { colour: 'red' } },
      },
    );
    const messages = [
      { role: 'ASSISTANT', externalId: 'a', format: 'OPENAI_CHAT', content: { role: 'assistant', content: 'Hello' } },
    ];
    await service.runUntyped(
      'mutation ($input: AppendMessagesInput!) { appendMessages(input: $input) { __typename } }',
      { input: { ...of, messages } },
    );
    const provider = providerOf({ companion });
    expect(await provider.getChat('chat')).toBeNull();
    await provider.updateChatTitle('chat', 'Colours');
    const { conversation } = await service.runUntyped(
      `{ conversation(by: { externalId: "chat" }, companion: { key: "${companion}" }) { metadata } }`,
    );
    expect(conversation.metadata).toMatchObject({ colour: 'red', chat: { messageCount: 0 } });
    expect(await provider.getMessages({ chatId: 'chat' })).toEqual([
      { id: 'a', role: 'assistant', parts: [{ type: 'text', text: 'Hello' }] },
    ]);
  });

  test('takes these requests for its operations', async () => {
    const provider = providerOf();
    const taken = (run: () => Promise<unknown>) => requestsOf(client, run);
    const chat = { chatId: 'chat', createdAt: day(0), updatedAt: day(1), messageCount: 1 };
    expect({
      saveMessage: await taken(() => provider.saveMessage(message('Hi'))),
      saveOfAnother: await taken(() => provider.saveMessage(message('Hi', { userId: 'ann' }))),
      saveChat: await taken(() => provider.saveChat(chat)),
      title: await taken(() => provider.updateChatTitle('chat', 'One')),
      getChat: await taken(() => provider.getChat('chat')),
      getChats: await taken(() => provider.getChats({ userId: 'ann', search: 'one', limit: 5 })),
      getMessages: await taken(() => provider.getMessages({ chatId: 'chat' })),
      write: await taken(() => provider.updateWorkingMemory({ scope: 'chat', chatId: 'chat', content: 'x' })),
      read: await taken(() => provider.getWorkingMemory({ scope: 'chat', chatId: 'chat' })),
      writeOfUser: await taken(() => provider.updateWorkingMemory({ scope: 'user', userId: 'ann', content: 'x' })),
      readOfUser: await taken(() => provider.getWorkingMemory({ scope: 'user', userId: 'ann' })),
      delete: await taken(() => provider.deleteChat('chat')),
    }).toEqual({
      ...{ saveMessage: 1, saveOfAnother: 3, saveChat: 2, title: 2, getChat: 1, getChats: 1, getMessages: 1 },
      ...{ write: 1, read: 1, writeOfUser: 1, readOfUser: 1, delete: 1 },
    });
  });

  test('refuses what it cannot keep, and has no working memory of nobody', async () => {
    const provider = providerOf();
    const large = await refusalOf(
      provider.saveMessage(message({ id: 'x', parts: [{ type: 'text', text: 'x'.repeat(2 ** 20) }] })),
    );
    expect(large).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await provider.getMessages({ chatId: 'chat' })).toEqual([]);
    expect(await refusalOf(provider.updateChatTitle('chat', 'x'.repeat(501)))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(
      await refusalOf(provider.updateWorkingMemory({ scope: 'chat', chatId: 'chat', content: 'x'.repeat(100_001) })),
    ).toMatchObject({
      code: 'INVALID_INPUT',
    });
    for (const scope of ['chat', 'user'] as const) {
      await expect(provider.updateWorkingMemory({ scope, content: 'x' })).rejects.toThrow(TypeError);
      expect(await provider.getWorkingMemory({ scope })).toBeNull();
    }
    const waiting = new AbortController();
    waiting.abort(new Error('enough'));
    await expect(providerOf({ signal: waiting.signal }).getChat('chat')).rejects.toThrow('enough');
  });
});

describe('what belongs to others', () => {
  const companion = 'iris apart';
  const chat = { chatId: 'chat', userId: 'ann', title: 'Codes', createdAt: day(0), updatedAt: day(1), messageCount: 1 };
  const code = message('My code is 1234', { userId: 'ann' });
  beforeAll(async () => {
    const provider = providerOf({ companion });
    await provider.saveMessage(code);
    await provider.saveChat(chat);
    await provider.updateWorkingMemory({ scope: 'chat', chatId: 'chat', content: 'Code 1234' });
    await provider.updateWorkingMemory({ scope: 'user', userId: 'ann', content: 'Code 1234' });
    await provider.saveMessage(message('Hi', { chatId: 'of ben', userId: 'ben' }));
  });

  /** Nothing is read, and nothing changes. */
  async function expectApart(provider: Required<MemoryProvider>) {
    expect(await provider.getMessages({ chatId: 'chat' })).toEqual([]);
    expect(await provider.getChat('chat')).toBeNull();
    expect(await provider.getChats({})).toEqual([]);
    expect(await provider.getWorkingMemory({ scope: 'chat', chatId: 'chat' })).toBeNull();
    await provider.deleteChat('chat');
    const theirs = providerOf({ companion });
    expect(await theirs.getMessages({ chatId: 'chat' })).toEqual([code.content]);
    expect(await theirs.getChat('chat')).toEqual(chat);
  }

  test('does not exist: another workspace’s', async () => {
    const provider = providerOf({ companion }, clientOf(service, { workspace: 'globex' }));
    await expectApart(provider);
    await provider.saveMessage(message('Ours'));
    expect(await provider.getMessages({ chatId: 'chat' })).toEqual(['Ours']);
    expect(await provider.getWorkingMemory({ scope: 'user', userId: 'ann' })).toBeNull();
  });

  test('does not exist: another user’s, for a credential that is restricted to one', async () => {
    const restriction = await restrictedTo(service, 'ben');
    const provider = providerOf({ companion }, clientOf(service, { restriction }));
    await expectApart(provider);
    for (const userId of ['ann', 'ben', undefined]) {
      const mine = message('Mine', userId ? { userId } : {});
      expect(await refusalOf(provider.saveMessage(mine))).toMatchObject({ code: 'FORBIDDEN' });
    }
    expect(await provider.getWorkingMemory({ scope: 'user', userId: 'ann' })).toBeNull();
    expect(await provider.getMessages({ chatId: 'of ben' })).toEqual(['Hi']);
  });

  test('does not exist: another user’s than the provider is for', async () => {
    const provider = providerOf({ companion, user: 'ben' });
    await expectApart(provider);
    expect(await refusalOf(provider.saveMessage(message('Mine')))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await refusalOf(provider.saveMessage(code))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await refusalOf(provider.getWorkingMemory({ scope: 'user', userId: 'ann' }))).toMatchObject({
      code: 'FORBIDDEN',
    });
    expect(await provider.getMessages({ chatId: 'of ben' })).toEqual(['Hi']);
  });
});
