import {
  generateText,
  isStepCount,
  type LanguageModelMiddleware,
  type ModelMessage,
  streamText,
  tool,
  wrapLanguageModel,
} from 'ai';
import { MockLanguageModelV4, simulateReadableStream } from 'ai/test';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type PalimpsestMiddlewareOptions, palimpsestMiddleware } from '../src/adapters/ai-sdk/index.ts';
import type { Executes } from '../src/client/execute.ts';
import { OperationError } from '../src/client/operation-error.ts';
import { clientOf, requestsOf, restrictedTo } from './support/adapters.ts';
import { useService } from './support/service.ts';

const service = useService();
let client: ReturnType<typeof clientOf>;
beforeAll(() => {
  client = clientOf(service);
});

type Answer = Awaited<ReturnType<MockLanguageModelV4['doGenerate']>>;
type Part = Answer['content'][number];
const usage: Answer['usage'] = {
  inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 1, text: 1, reasoning: undefined },
};
const text = (text: string): Part => ({ type: 'text', text });
const call = (toolCallId: string): Part => ({
  type: 'tool-call',
  toolCallId,
  toolName: 'weather',
  input: '{"town":"Porto"}',
});
const finishOf = (content: Part[]): Answer['finishReason'] => ({
  unified: content.some(({ type }) => type === 'tool-call') ? 'tool-calls' : 'stop',
  raw: undefined,
});

/** A model that answers these, one after the other, generated or streamed. */
function modelOf(...answers: (Part[] | Error)[]) {
  let at = 0;
  const next = () => {
    const answer = answers[at++];
    if (answer instanceof Error) throw answer;
    return answer as Part[];
  };
  return new MockLanguageModelV4({
    doGenerate: async () => {
      const content = next();
      return { content, finishReason: finishOf(content), usage, warnings: [] };
    },
    doStream: async () => {
      const content = next();
      const chunks = content.flatMap((part, n) => {
        if (part.type !== 'text') return [part as never];
        const deltas = part.text.split(/(?<= )/).map((delta) => ({ type: 'text-delta' as const, id: `${n}`, delta }));
        return [{ type: 'text-start' as const, id: `${n}` }, ...deltas, { type: 'text-end' as const, id: `${n}` }];
      });
      const finish = { type: 'finish' as const, finishReason: finishOf(content), usage };
      return {
        stream: simulateReadableStream({
          chunks: [{ type: 'stream-start' as const, warnings: [] }, ...chunks, finish],
        }),
      };
    },
  });
}

let count = 0;
/** Where a conversation of its own is. */
const begin = () => ({ companion: 'iris', user: 'ann', conversation: `talk ${++count}` });
type Where = ReturnType<typeof begin>;

const wrap = (model: MockLanguageModelV4, options: PalimpsestMiddlewareOptions, by: Executes = client) =>
  wrapLanguageModel({ model, middleware: palimpsestMiddleware(by, options) });

async function kept({ companion, conversation }: Where) {
  const { conversation: found } = await service.runUntyped(
    `query ($companion: CompanionRef!, $by: ConversationRef!) { conversation(by: $by, companion: $companion) {
      user { externalId } messages(first: 50) { nodes { role text content toolCalls { callId name input output error } memory { content } } } } }`,
    { companion: { key: companion }, by: { externalId: conversation } },
  );
  return (found?.messages.nodes ?? []) as {
    role: string;
    text: string | null;
    content: unknown;
    toolCalls: object[];
    memory: object | null;
  }[];
}
const lines = async (where: Where) =>
  (await kept(where)).map(({ role, text, toolCalls }) => `${role} ${text ?? toolCalls.length}`);

const weather = tool({
  description: 'The weather of a town',
  inputSchema: z.object({ town: z.string() }),
  execute: async ({ town }) => ({ town, sky: 'blue' }),
});
const user = (content: string): ModelMessage => ({ role: 'user', content });
const assistant = (content: string): ModelMessage => ({ role: 'assistant', content });
const systemsOf = (
  model: MockLanguageModelV4,
  call = 0,
  kind: 'doGenerateCalls' | 'doStreamCalls' = 'doGenerateCalls',
) => model[kind][call]?.prompt.filter(({ role }) => role === 'system').map(({ content }) => content);

describe('a wrapped model', () => {
  test('is told what the companion remembers, from other conversations, too, behind its instructions', async () => {
    const model = modelOf([text('Hello')], [text('Tom')]);
    const middleware: LanguageModelMiddleware = palimpsestMiddleware(client, begin());
    await generateText({ model: wrapLanguageModel({ model, middleware }), prompt: 'My cat is called Tom' });
    expect(systemsOf(model)).toEqual([]);
    await generateText({ model: wrap(model, begin()), system: 'Be kind.', prompt: 'What is my cat called?' });
    expect(systemsOf(model, 1)).toEqual([
      'Be kind.',
      expect.stringMatching(/^What you remember follows\.\s[\s\S]*My cat is called Tom/),
    ]);
    expect(model.doGenerateCalls[1]?.prompt.at(-1)).toMatchObject({ role: 'user' });
  });

  test('keeps each message of a turn with tools once, and gets the same context in all calls for it', async () => {
    for (const how of [generateText, streamText]) {
      const where = begin();
      const model = modelOf([text('I look.'), call('call-1')], [call('call-2')], [text('Blue sky.')]);
      const result = how({
        model: wrap(model, where),
        prompt: 'How is the weather?',
        tools: { weather },
        stopWhen: isStepCount(5),
      });
      expect(await (await result).text).toBe('Blue sky.');
      expect(await lines(where)).toEqual([
        'USER How is the weather?',
        'ASSISTANT I look.',
        'TOOL 1',
        'ASSISTANT 1',
        'TOOL 1',
        'ASSISTANT Blue sky.',
      ]);
      const [said, first, told] = await kept(where);
      expect(said).toMatchObject({ memory: { content: 'How is the weather?' } });
      expect(first?.toolCalls).toEqual([
        { callId: 'call-1', name: 'weather', input: { town: 'Porto' }, output: null, error: null },
      ]);
      expect(told?.toolCalls).toMatchObject([
        { callId: 'call-1', name: 'weather', output: { town: 'Porto', sky: 'blue' } },
      ]);
      const calls = how === generateText ? 'doGenerateCalls' : 'doStreamCalls';
      const told3 = [0, 1, 2].map((n) => systemsOf(model, n, calls));
      expect(told3[1]).toEqual(told3[0]);
      expect(told3[2]).toEqual(told3[0]);
    }
  });

  test('takes one request for a turn’s context, and one for each call to keep what is new', async () => {
    const where = begin();
    const model = modelOf([call('call-1')], [text('Blue sky.')], [text('Bye')]);
    const wrapped = wrap(model, where);
    const withTool = { model: wrapped, prompt: 'Weather?', tools: { weather }, stopWhen: isStepCount(5) };
    expect(await requestsOf(client, () => generateText(withTool))).toBe(3);
    expect(await requestsOf(client, () => generateText({ model: wrapped, prompt: 'Bye' }))).toBe(2);
    const { conversation: _, ...without } = where;
    expect(
      await requestsOf(client, () => generateText({ model: wrap(modelOf([text('Hi')]), without), prompt: 'Hi' })),
    ).toBe(1);
  });

  test('keeps the same words said twice, whether the history is sent or not', async () => {
    const alone = begin();
    const model = modelOf([text('Good')], [text('Good')], [text('Good')]);
    for (let n = 0; n < 3; n++) await generateText({ model: wrap(model, alone), prompt: 'yes' });
    expect(await lines(alone)).toEqual(Array.from({ length: 3 }, () => ['USER yes', 'ASSISTANT Good']).flat());
    const whole = begin();
    const history: ModelMessage[] = [];
    const again = modelOf([text('Good')], [text('Good')], [text('Good')]);
    const wrapped = wrap(again, whole);
    for (let n = 0; n < 3; n++) {
      history.push(user('yes'));
      const { text } = await generateText({ model: wrapped, messages: history });
      history.push(assistant(text));
    }
    expect(await lines(whole)).toEqual(await lines(alone));
    // What it is told has no newest messages where the prompt has them.
    expect(String(systemsOf(again, 2)?.[0] ?? '')).not.toContain('## Newest messages');
    expect(String(systemsOf(model, 2)?.[0])).toContain('## Newest messages');
  });

  test('replaces an answer that is given again, and by its own id a turn that is sent again', async () => {
    const where = begin();
    const history = [user('Hi'), assistant('Hello'), user('Name a town')];
    const first = { messages: [user('Hi')] };
    const model = modelOf([text('Hello')], [text('Porto')], [text('Lisbon')]);
    for (const messages of [first.messages, history, history])
      await generateText({ model: wrap(model, where), messages });
    expect(await lines(where)).toEqual(['USER Hi', 'ASSISTANT Hello', 'USER Name a town', 'ASSISTANT Lisbon']);
    const named = begin();
    const same = modelOf([text('One')], [text('Two')]);
    for (let n = 0; n < 2; n++) {
      await generateText({
        model: wrap(same, named),
        prompt: 'Count',
        providerOptions: { palimpsest: { turn: 'message 1' } },
      });
    }
    expect(await lines(named)).toEqual(['USER Count', 'ASSISTANT Two']);
  });

  test('takes user and conversation from the call where it names none, and tells the model nothing of that', async () => {
    const model = modelOf([text('Hello')], [text('Hello')]);
    const { conversation, companion } = begin();
    const providerOptions = { palimpsest: { user: 'ben', conversation }, mock: { a: 1 } };
    await generateText({ model: wrap(model, { companion }), prompt: 'I am Ben', providerOptions });
    expect(model.doGenerateCalls[0]?.providerOptions).toEqual({ mock: { a: 1 } });
    const { conversation: found } = await service.runUntyped(
      `{ conversation(by: { externalId: "${conversation}" }, companion: { key: "iris" }) { user { externalId } } }`,
    );
    expect(found).toEqual({ user: { externalId: 'ben' } });
    // One that the middleware is for stays.
    const where = begin();
    await generateText({ model: wrap(model, where), prompt: 'I am Ann', providerOptions });
    expect(await lines(where)).toHaveLength(2);
    expect(await lines({ ...where, conversation })).toHaveLength(2);
  });

  test('keeps of files what they are called, and nothing of reasoning', async () => {
    const where = begin();
    const model = modelOf([{ type: 'reasoning', text: 'hmm' }, text('A cat.')]);
    const messages: ModelMessage[] = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'file', data: new Uint8Array(2_000_000), mediaType: 'image/png', filename: 'tom.png' },
        ],
      },
    ];
    await generateText({ model: wrap(model, where), messages });
    const [said, answered] = await kept(where);
    expect(said?.content).toEqual({
      role: 'user',
      content: [
        { type: 'text', text: 'What is it?' },
        { type: 'file', mediaType: 'image/png', filename: 'tom.png' },
      ],
    });
    expect(answered?.content).toEqual({ role: 'assistant', content: [{ type: 'text', text: 'A cat.' }] });
  });
});

describe('a model that fails', () => {
  test('leaves nothing, and its turn is kept once when it answers at last', async () => {
    const where = begin();
    const wrapped = wrap(modelOf(new Error('busy'), [text('Hello')]), where);
    await expect(generateText({ model: wrapped, prompt: 'Hi', maxRetries: 0 })).rejects.toThrow('busy');
    expect(await lines(where)).toEqual([]);
    await generateText({ model: wrapped, prompt: 'Hi' });
    expect(await lines(where)).toEqual(['USER Hi', 'ASSISTANT Hello']);
  });

  test('leaves what it has said when it is broken off, which is remembered only when it is whole', async () => {
    const where = begin();
    const { stream } = await wrap(modelOf([text('Once upon a time')]), where).doStream({
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'A story!' }] }],
    });
    const reader = stream.getReader();
    for (let part = await reader.read(); part.value?.type !== 'text-delta'; ) part = await reader.read();
    await reader.cancel();
    expect(await lines(where)).toEqual(['USER A story!', expect.stringMatching(/^ASSISTANT Once/)]);
    const [said, answered] = await kept(where);
    expect([said?.memory, answered?.memory]).toEqual([{ content: 'A story!' }, null]);
  });
});

describe('a memory that fails', () => {
  const broken: Executes = {
    execute: async () => {
      throw new OperationError([{ code: 'UNAVAILABLE', message: 'gone', path: [], details: {} }]);
    },
  };

  test('does nothing to the chat, and is reported', async () => {
    const reported: [string, unknown][] = [];
    const options = { ...begin(), onError: (error: unknown, doing: string) => void reported.push([doing, error]) };
    const model = wrap(modelOf([text('Hello')], [text('Hello')]), options, broken);
    expect((await generateText({ model, prompt: 'Hi' })).text).toBe('Hello');
    expect(await (await streamText({ model, prompt: 'Hi' })).text).toBe('Hello');
    expect(reported.map(([doing]) => doing)).toEqual(['context', 'keep', 'context', 'keep']);
    expect(reported[0]?.[1]).toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('fails the call where that is asked for', async () => {
    const options = { ...begin(), failure: 'throw' as const };
    await expect(
      generateText({ model: wrap(modelOf([text('Hello')]), options, broken), prompt: 'Hi' }),
    ).rejects.toThrow('gone');
    const onlyReads: Executes = {
      execute: ((document: string, ...rest: [object]) =>
        document.startsWith('mutation')
          ? broken.execute(document)
          : client.execute(document, ...rest)) as Executes['execute'],
    };
    const model = wrap(modelOf([text('Hello')], [text('Hello')]), options, onlyReads);
    await expect(generateText({ model, prompt: 'Hi' })).rejects.toThrow('gone');
    const { stream } = await model.doStream({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] });
    await expect(stream.pipeTo(new WritableStream())).rejects.toThrow('gone');
  });

  test('that takes too long is not waited for', async () => {
    const reported: unknown[] = [];
    const hanging: Executes = {
      execute: (_document, _variables, { signal } = {}) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    };
    const options = { ...begin(), timeoutMs: 20, onError: (error: unknown) => void reported.push(error) };
    expect((await generateText({ model: wrap(modelOf([text('Hello')]), options, hanging), prompt: 'Hi' })).text).toBe(
      'Hello',
    );
    expect(reported).toMatchObject([{ name: 'TimeoutError' }, { name: 'TimeoutError' }]);
    // A call that is given up by its caller ends at once.
    const aborted = AbortSignal.abort(new Error('enough'));
    const waiting = generateText({
      model: wrap(modelOf([text('Hello')]), options, client),
      prompt: 'Hi',
      abortSignal: aborted,
    });
    await expect(waiting).rejects.toThrow('enough');
  });

  test('leaves out a message of more than 1 MiB, says so, and keeps the others', async () => {
    const where = begin();
    const reported: unknown[] = [];
    const options = { ...where, onError: (error: unknown) => void reported.push(error) };
    await generateText({ model: wrap(modelOf([text('Long!')]), options), prompt: 'x'.repeat(2 ** 20) });
    expect(reported).toMatchObject([{ code: 'INVALID_INPUT', message: expect.stringContaining('USER was not kept') }]);
    expect(await lines(where)).toEqual(['ASSISTANT Long!']);
  });
});

describe('what belongs to others', () => {
  test('is told to no model: of another workspace, of another user, or by a restricted credential', async () => {
    const where = begin();
    await generateText({ model: wrap(modelOf([text('Noted.')]), where), prompt: 'My secret code is 1234' });
    await generateText({ model: wrap(modelOf([text('Hi')]), { ...begin(), user: 'ben' }), prompt: 'Hi' });
    const question = 'What is my secret code?';
    const restriction = await restrictedTo(service, 'ben');
    const told = async (options: Where, by: Executes = client) => {
      const model = modelOf([text('?')]);
      await generateText({ model: wrap(model, { ...options, onError: () => {} }, by), prompt: question });
      return JSON.stringify(model.doGenerateCalls[0]?.prompt);
    };
    expect(await told(begin())).toContain('1234');
    for (const conversation of [where.conversation, begin().conversation]) {
      const asBen = { ...where, user: 'ben', conversation };
      expect(await told(asBen)).not.toContain('1234');
      expect(await told(asBen, clientOf(service, { restriction }))).not.toContain('1234');
      expect(await told({ ...asBen, user: 'ann' }, clientOf(service, { restriction }))).not.toContain('1234');
      expect(await told({ ...asBen, user: 'ann' }, clientOf(service, { workspace: 'globex' }))).not.toContain('1234');
    }
    expect(await lines(where)).toEqual(['USER My secret code is 1234', 'ASSISTANT Noted.']);
  });
});
