import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { write } from '../src/db/write.ts';
import { useChatProvider } from './support/chat.ts';
import type { ChatMisbehaviour } from './support/chat-server.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { mutation } from './support/mutations.ts';
import { fact, listed, proposing, sentIn, talker } from './support/proposals/talk.ts';
import { serviceOn } from './support/service.ts';

const provider = useChatProvider();
const nothing = () => proposing({});

/** A model that proposes to remember each message whose text says so, in its own words. */
const rememberAll = (request: Parameters<typeof sentIn>[0]) =>
  proposing({
    memories: sentIn(request).messages.map(({ message, text }) => fact(`It was said: ${text}`, message, text)),
  });

describe('what was said since the last time', () => {
  test('is read once, with its speakers and moments, and becomes proposals that nobody believes yet', async () => {
    const service = await provider.open('read');
    const { say, extract } = talker(service);
    const ids = await say('I keep bees on the roof', { role: 'ASSISTANT', name: 'Iris', content: 'Lovely!' });
    provider.server.answering = () =>
      proposing({ memories: [fact('The user keeps bees on the roof', 1, 'keep bees on  the roof')] });
    expect(await extract()).toEqual({
      __typename: 'ExtractMemoriesPayload',
      readCount: 2,
      memories: [],
      proposals: [
        {
          id: expect.stringMatching(/^prp_/),
          kind: 'MEMORY',
          status: 'OPEN',
          draft: {
            content: 'The user keeps bees on the roof',
            type: 'FACT',
            importance: 6,
            confidence: 0.9,
            validFrom: expect.stringMatching(/^20/),
          },
          proposedBy: 'model:small',
          proposedAt: expect.any(String),
          decidedAt: null,
          memory: null,
          evidence: [{ quote: 'keep bees on the roof', message: { id: ids[0], position: 0 }, memory: null }],
        },
      ],
    });
    const [request] = provider.server.requests;
    expect(sentIn(request as never).messages).toMatchObject([
      { message: 1, role: 'user', text: 'I keep bees on the roof' },
      { message: 2, role: 'assistant', name: 'Iris', text: 'Lovely!' },
    ]);
    expect(await service.runUntyped('{ memories(companion: { key: "iris" }, first: 5) { totalCount } }')).toMatchObject(
      {
        memories: { totalCount: 0 },
      },
    );
    expect(await extract()).toMatchObject({ readCount: 0, proposals: [] });
    await say('And a goat named Ada');
    provider.server.answering = rememberAll;
    expect(await extract()).toMatchObject({
      readCount: 1,
      proposals: [{ evidence: [{ quote: 'And a goat named Ada' }] }],
    });
    expect(provider.server.requests).toHaveLength(2);
  });

  test('is read twenty messages a question, a hundred a call', async () => {
    const service = await provider.open('many');
    const { say, extract } = talker(service);
    await say(...Array.from({ length: 107 }, (_, index) => `Number ${index} is my favourite`));
    provider.server.answering = nothing;
    expect(await extract()).toMatchObject({ readCount: 100 });
    expect(provider.server.requests.map((request) => sentIn(request).messages.length)).toEqual([20, 20, 20, 20, 20]);
    expect(await extract()).toMatchObject({ readCount: 7 });
    expect(await extract()).toMatchObject({ readCount: 0 });
    const said = provider.server.requests.flatMap((request) => sentIn(request).messages.map(({ text }) => text));
    expect(said).toEqual(Array.from({ length: 107 }, (_, index) => `Number ${index} is my favourite`));
  });

  test('is bounded in size: of a long text its beginning, of many fewer at once', async () => {
    const service = await provider.open('long');
    const { say, extract } = talker(service);
    await say('x '.repeat(40_000), ...Array.from({ length: 6 }, () => 'wörter '.repeat(1_000)), 'y'.repeat(300_000));
    provider.server.answering = nothing;
    expect(await extract()).toMatchObject({ readCount: 8 });
    const sizes = provider.server.requests.map(({ user }) => user.length);
    expect(sizes.length).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThan(40_000);
  });

  test('says nothing of the system, of what is forgotten, and of what is still being said', async () => {
    const service = await provider.open('silent');
    const { say, extract, of } = talker(service);
    await say({ role: 'SYSTEM', content: 'You are a bee' });
    provider.server.answering = rememberAll;
    expect(await extract()).toMatchObject({ readCount: 1, proposals: [] });
    expect(provider.server.requests).toHaveLength(0);
    await say(
      'I like rye bread',
      { role: 'ASSISTANT', content: 'Rye is', isFinal: false, externalId: 'stream' },
      'Also tea',
    );
    expect(await extract()).toMatchObject({ readCount: 1 });
    expect(await extract()).toMatchObject({ readCount: 0 });
    const append = mutation(service, 'appendMessages', 'messages { id }');
    const final = { role: 'ASSISTANT', content: 'Rye is healthy', isFinal: true, externalId: 'stream' };
    await append({ ...of, messages: [final], remember: 'NONE' });
    expect(await extract()).toMatchObject({ readCount: 2 });
    expect(provider.server.requests.map((request) => sentIn(request).messages.map(({ text }) => text))).toEqual([
      ['I like rye bread'],
      ['Rye is healthy', 'Also tea'],
    ]);
  });

  test('is read behind a message, also again, where that is asked for', async () => {
    const service = await provider.open('since');
    const { say, extract } = talker(service);
    const [first] = await say('I keep bees', 'I keep goats');
    provider.server.answering = rememberAll;
    expect(await extract()).toMatchObject({ readCount: 2 });
    expect(await extract({ sinceId: first })).toMatchObject({ readCount: 1, proposals: [] });
    expect(await extract()).toMatchObject({ readCount: 0 });
    const other = talker(service, { talk: 'other' });
    await other.say('I keep cats');
    expect(await other.extract({ sinceId: first })).toMatchObject({
      code: 'INVALID_INPUT',
      issues: [{ path: ['input', 'sinceId'] }],
    });
    expect(await talker(service, { talk: 'none' }).extract()).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('is not read again in a copy of the conversation', async () => {
    const service = await provider.open('copy');
    const { say, extract, of } = talker(service);
    const [, second] = await say('I keep bees', 'I keep goats', 'I keep cats');
    provider.server.answering = rememberAll;
    await extract();
    const copy = mutation(service, 'copyConversation', 'conversation { id }');
    await copy({ ...of, externalId: 'fork', untilId: second });
    const fork = talker(service, { talk: 'fork' });
    expect(await fork.extract()).toMatchObject({ readCount: 0 });
    await fork.say('I keep dogs');
    expect(await fork.extract()).toMatchObject({ readCount: 1 });
  });
});

describe('where the model does not answer', () => {
  test('without one nothing is read', async () => {
    const service = serviceOn(provider.database, await localEmbeddings(), 'no model');
    const { say, extract } = talker(service);
    await say('I keep bees');
    expect(await extract()).toMatchObject({
      __typename: 'ChatProviderUnavailableError',
      code: 'CHAT_PROVIDER_UNAVAILABLE',
    });
  });

  test.each<ChatMisbehaviour>([{ status: 503 }, 'drop', 'prose', 'other-form', 'refusal', 'too-much', 'length'])(
    'nothing counts as read (%j), and the next call reads it',
    async (how) => {
      const service = await provider.open(`fails ${JSON.stringify(how)}`, {}, () => clock);
      let clock = 0;
      const { say, extract } = talker(service);
      await say('I keep bees on the roof');
      provider.server.misbehave(how);
      expect(await extract()).toMatchObject({ code: 'CHAT_PROVIDER_UNAVAILABLE' });
      expect((await listed(service)).totalCount).toBe(0);
      provider.server.misbehave(null);
      clock += 3_600_000;
      provider.server.answering = rememberAll;
      expect(await extract()).toMatchObject({ readCount: 1, proposals: [{ status: 'OPEN' }] });
    },
  );

  test('what was read before the failure is kept', async () => {
    const service = await provider.open('midway');
    const { say, extract } = talker(service);
    await say(...Array.from({ length: 30 }, (_, index) => `Number ${index} is my favourite`));
    provider.server.answering = nothing;
    provider.server.meanwhile = async () => provider.server.misbehave({ status: 400 });
    expect(await extract()).toMatchObject({ readCount: 20 });
    provider.server.meanwhile = async () => {};
    provider.server.misbehave(null);
    expect(await extract()).toMatchObject({ readCount: 10 });
  });

  test('and a workspace has used up its tokens, it waits for the next day', async () => {
    const service = await provider.open('budget', { CHAT_DAILY_TOKENS: '30000' });
    const { say, extract } = talker(service);
    provider.server.answering = nothing;
    provider.server.usage = { prompt_tokens: 29_000, completion_tokens: 0, total_tokens: 29_000 };
    await say('I keep bees');
    expect(await extract()).toMatchObject({ readCount: 1 });
    await say('I keep goats');
    expect(await extract()).toMatchObject({
      code: 'CHAT_PROVIDER_UNAVAILABLE',
      message: expect.stringMatching(/tokens/),
    });
    provider.server.usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
  });
});

describe('two runs at once', () => {
  test.each(['one server', 'two servers'])('read no message twice (%s)', async (which) => {
    const service = await provider.open(`at once ${which}`);
    const other = which === 'one server' ? service : await provider.open(`at once ${which}`);
    await talker(service).say(...Array.from({ length: 25 }, (_, index) => `Number ${index} is my favourite`));
    provider.server.answering = rememberAll;
    const answers = await Promise.all([talker(service).extract(), talker(other).extract(), talker(service).extract()]);
    expect(answers.map(({ readCount }) => readCount).reduce((sum, count) => sum + count)).toBe(25);
    const said = provider.server.requests.flatMap((request) => sentIn(request).messages.map(({ text }) => text));
    expect(said).toHaveLength(25);
    expect(new Set(said).size).toBe(25);
  });

  test('a run whose claim is over stores nothing, and what it read is read by the other', async () => {
    const service = await provider.open('late');
    const { say, extract } = talker(service);
    await say('I keep bees on the roof');
    let isFirst = true;
    provider.server.answering = rememberAll;
    const inner: unknown[] = [];
    provider.server.meanwhile = async () => {
      if (!isFirst) return;
      isFirst = false;
      const tenant = await service.tenant();
      await write(tenant, (tx) =>
        tx.rows(sql`update extractions set claimed_until = now() where workspace_id = ${tx.workspaceId}`),
      );
      inner.push(await extract());
    };
    expect(await extract()).toMatchObject({ readCount: 0, proposals: [] });
    expect(inner).toMatchObject([{ readCount: 1, proposals: [{ status: 'OPEN' }] }]);
    expect((await listed(service)).totalCount).toBe(1);
  });

  test('a retry with its idempotency key asks the model nothing', async () => {
    const service = await provider.open('key');
    const { say, extract } = talker(service);
    await say('I keep bees on the roof');
    provider.server.answering = rememberAll;
    const first = await extract({ idempotencyKey: 'once' });
    expect(await extract({ idempotencyKey: 'once' })).toEqual(first);
    expect(provider.server.requests).toHaveLength(1);
  });
});
