import {
  Agent,
  type AgentInputItem,
  MemorySession,
  Runner,
  type Session,
  setTracingDisabled,
  tool,
} from '@openai/agents-core';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents-core/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { PalimpsestSession, type PalimpsestSessionOptions } from '../src/adapters/openai-agents/index.ts';
import { clientOf, refusalOf, requestsOf, restrictedTo } from './support/adapters.ts';
import { useService } from './support/service.ts';

const service = useService();
let client: ReturnType<typeof clientOf>;
beforeAll(() => {
  client = clientOf(service);
  setTracingDisabled(true);
});

const sessionOf = (options: Partial<PalimpsestSessionOptions> = {}, by = client) =>
  new PalimpsestSession(by, { companion: 'iris', ...options });

const said = (content: string): AgentInputItem => ({ type: 'message', role: 'user', content });
const answered = (text: string): AgentInputItem => ({
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text }],
});
const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, n) => said(`number ${from + n}`));

const word = fc.constantFrom('Hi', 'My cat is Tom', 'ünï ✓', '', '\u0000', '{"a":1}', 'cut 0,3');
const callId = fc.constantFrom('call_1', 'call_2');
const item: fc.Arbitrary<AgentInputItem> = fc.oneof(
  word.map(said),
  word.map(answered),
  word.map((text): AgentInputItem => ({ role: 'user', content: [{ type: 'input_text', text }] })),
  word.map((content): AgentInputItem => ({ type: 'message', role: 'system', content })),
  fc.record({ callId, arguments: word }).map((call): AgentInputItem => {
    return { type: 'function_call', name: 'find', status: 'completed', id: undefined, ...call };
  }),
  fc.record({ callId, text: word }).map(({ callId, text }): AgentInputItem => {
    return { type: 'function_call_result', name: 'find', status: 'completed', callId, output: { type: 'text', text } };
  }),
  fc.uint8Array({ maxLength: 9 }).map((data): AgentInputItem => {
    const image = { type: 'image' as const, image: { data, mediaType: 'image/png' } };
    return { type: 'function_call_result', name: 'draw', status: 'completed', callId: 'call_3', output: image };
  }),
  word.map(
    (text): AgentInputItem => ({
      type: 'reasoning',
      content: [{ type: 'input_text', text }],
      providerData: { a: [1.5, null] },
    }),
  ),
);
const items = fc.array(item, { maxLength: 4 });

type Step = (
  session: MemorySession | PalimpsestSession,
  history: readonly AgentInputItem[],
  turn: number,
) => Promise<unknown>;
type Transaction = Parameters<MemorySession['applyHistoryTransaction']>[0]['transaction'];
/** An operation is known by the clearing it came after: here they are never used again after one. */
const operation = fc.constantFrom('a', 'b', 'c');
const named = (name: string, run: Step) => Object.assign(run, { toString: () => name });

const step: fc.Arbitrary<Step> = fc.oneof(
  items.map((added) => named(`add ${JSON.stringify(added)}`, (session) => session.addItems(added))),
  fc
    .option(fc.integer({ min: -1, max: 5 }))
    .map((limit) => named(`get ${limit}`, (session) => session.getItems(limit ?? undefined))),
  fc.constant(named('pop', (session) => session.popItem())),
  fc.constant(named('clear', (session) => session.clearSession())),
  fc.record({ operation, items: fc.array(item, { minLength: 1, maxLength: 3 }) }).map(({ operation, items }) =>
    named(`append ${operation} ${JSON.stringify(items)}`, (session, _history, turn) =>
      session.applyHistoryTransaction({
        operationId: `${turn} ${operation}`,
        transaction: { type: 'append_items', items },
      }),
    ),
  ),
  fc
    .record({ operation, count: fc.nat({ max: 3 }), replacement: items, wrong: fc.option(item) })
    .map(({ operation, count, replacement, wrong }) =>
      named(
        `replace ${operation} ${count} ${JSON.stringify(replacement)} ${JSON.stringify(wrong)}`,
        async (session, history, turn) => {
          const expectedSuffix = [...history.slice(history.length - count), ...(wrong ? [wrong] : [])];
          if (expectedSuffix.length + replacement.length === 0) return;
          const transaction: Transaction = { type: 'replace_suffix', expectedSuffix, replacement };
          const args = { operationId: `${turn} ${operation}`, transaction };
          await session.applyHistoryTransaction(args);
          await session.applyHistoryTransaction(args);
        },
      ),
    ),
);

const outcomeOf = (running: Promise<unknown>) =>
  running.then(
    (value) => ({ value }),
    () => 'refused',
  );

describe('a session', () => {
  test('does what MemorySession does, whatever is done to it', { timeout: 240_000 }, async () => {
    const seen = { refused: 0, popped: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const [ours, theirs] = [sessionOf(), new MemorySession()];
        let turn = 0;
        for (const run of steps) {
          const history = await theirs.getItems();
          const expected = await outcomeOf(run(theirs, history, turn));
          expect(await outcomeOf(run(ours, history, turn))).toEqual(expected);
          expect(await ours.getItems()).toEqual(await theirs.getItems());
          if (expected === 'refused') seen.refused++;
          if (String(run) === 'pop' && history.length > 0) seen.popped++;
          if (String(run) === 'clear') turn++;
        }
      }),
      { numRuns: 40, seed: 16 },
    );
    expect(seen.refused).toBeGreaterThan(5);
    expect(seen.popped).toBeGreaterThan(5);
  });

  test('is what the host calls a session, and has the id that it was given, or one of its own', async () => {
    const session: Session = sessionOf({ sessionId: 'chat 1' });
    expect(await session.getSessionId()).toBe('chat 1');
    expect(await sessionOf().getSessionId()).not.toBe(await sessionOf().getSessionId());
  });

  test('takes these requests for its operations', async () => {
    const session = sessionOf();
    const taken = (run: () => Promise<unknown>) => requestsOf(client, run);
    const append = (operationId: string, items: AgentInputItem[]) =>
      session.applyHistoryTransaction({ operationId, transaction: { type: 'append_items', items } });
    expect({
      id: await taken(() => session.getSessionId()),
      nothing: await taken(() => session.addItems([])),
      addOne: await taken(() => session.addItems([said('Hi')])),
      add1100: await taken(() => session.addItems(numbered(1_100))),
      get7: await taken(() => session.getItems(7)),
      get250: await taken(() => session.getItems(250)),
      getNone: await taken(() => session.getItems(0)),
      pop: await taken(() => session.popItem()),
      append: await taken(() => append('one', [said('Ho')])),
      appendNothing: await taken(() => append('two', [])),
      clear: await taken(() => session.clearSession()),
      clearOfUser: await taken(() => sessionOf({ user: 'ann' }).clearSession()),
    }).toEqual({
      ...{ id: 0, nothing: 0, addOne: 1, add1100: 3, get7: 1, get250: 3, getNone: 0, pop: 2, append: 1 },
      ...{ appendNothing: 1, clear: 1, clearOfUser: 1 },
    });
  });

  test('keeps more than one request holds in order, and answers the newest in order', async () => {
    const session = sessionOf({ remember: 'NONE', historyLimit: 3 });
    await session.addItems(numbered(620));
    expect(await session.getItems(230)).toEqual(numbered(230, 390));
    expect(await session.getItems()).toEqual(numbered(3, 617));
  });

  test('refuses what it cannot keep, and then keeps nothing', async () => {
    const session = sessionOf();
    const large = said('x'.repeat(2 ** 20));
    const refusal = await refusalOf(session.addItems([...numbered(600), large]));
    expect(refusal).toMatchObject({
      code: 'INVALID_INPUT',
      details: { issues: [{ path: ['input', 'messages', 600, 'content'] }] },
    });
    const circle: { type: string; self?: unknown } = { type: 'loop' };
    circle.self = circle;
    const odd = [Number.NaN, 1n, () => 1, Symbol('a'), new Float64Array(2), circle];
    for (const value of odd) {
      const item = { ...said('Hi'), providerData: { value } } as AgentInputItem;
      await expect(session.addItems([said('Hi'), item])).rejects.toThrow(TypeError);
    }
    const transaction = { type: 'append_items' as const, items: numbered(501) };
    expect(await refusalOf(session.applyHistoryTransaction({ operationId: 'a', transaction }))).toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    await expect(session.applyHistoryTransaction({ operationId: ' ', transaction })).rejects.toThrow('operationId');
    expect(await session.getItems()).toEqual([]);
    await session.addItems([said('y'.repeat(2 ** 20 - 100))]);
    expect(await session.getItems()).toHaveLength(1);
  });

  test('stops waiting when it is told to', async () => {
    const waiting = new AbortController();
    const session = sessionOf({ signal: waiting.signal });
    await session.addItems([said('Hi')]);
    waiting.abort(new Error('enough'));
    await expect(session.getItems()).rejects.toThrow('enough');
    await expect(session.addItems([said('Ho')])).rejects.toThrow('enough');
  });

  test('gives each of several who pop at once another item', async () => {
    const session = sessionOf();
    await session.addItems(numbered(5));
    const popped = await Promise.all(Array.from({ length: 6 }, () => session.popItem()));
    expect(popped.filter((item) => item === undefined)).toHaveLength(1);
    expect(new Set(popped.map((item) => JSON.stringify(item))).size).toBe(6);
  });
});

describe('an operation', () => {
  const append = (operationId: string, ...items: AgentInputItem[]) => ({
    operationId,
    transaction: { type: 'append_items' as const, items },
  });

  test('is applied once, by whichever process sends it again; another by its name is refused', async () => {
    const sessionId = 'operations';
    const one = append('op', said('Hi'), answered('Hello'));
    await Promise.all([1, 2, 3].map(() => sessionOf({ sessionId }).applyHistoryTransaction(one)));
    const session = sessionOf({ sessionId });
    expect(await session.getItems()).toEqual(one.transaction.items);
    const replace = {
      type: 'replace_suffix' as const,
      expectedSuffix: [answered('Hello')],
      replacement: [answered('Hey')],
    };
    for (const other of [append('op', said('Ho')), { operationId: 'op', transaction: replace }]) {
      expect(await refusalOf(session.applyHistoryTransaction(other))).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    }
    const late = append('another', said('And you?'));
    await session.applyHistoryTransaction(late);
    const swap = { operationId: 'swap', transaction: replace };
    expect(await refusalOf(session.applyHistoryTransaction(swap))).toMatchObject({ code: 'CONFLICT' });
    await session.popItem();
    await session.applyHistoryTransaction(swap);
    await session.applyHistoryTransaction(swap);
    expect(await session.getItems()).toEqual([said('Hi'), answered('Hey')]);
    // One of another session by the same name is another operation.
    const other = sessionOf();
    await other.applyHistoryTransaction(append('op', said('Elsewhere')));
    expect(await other.getItems()).toEqual([said('Elsewhere')]);
  });

  test('that was applied before the session was cleared is not applied again', async () => {
    const session = sessionOf();
    const one = append('op', said('Hi'));
    await session.applyHistoryTransaction(one);
    await session.clearSession();
    expect(await refusalOf(session.applyHistoryTransaction(one))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await session.getItems()).toEqual([]);
  });
});

describe('an agent', () => {
  const weather = tool({
    name: 'weather',
    description: 'The weather of a town',
    parameters: z.object({ town: z.string() }),
    execute: async ({ town }) => `${town}: sun`,
  });

  test('goes on where an earlier run ended, also after tools, and the companion remembers what was said', async () => {
    const model = new ScriptedModel([
      [functionCall('weather', { town: 'Porto' }, { callId: 'call_1' })],
      [assistantMessage('Sun in Porto.')],
      [assistantMessage('Porto, as you said.')],
    ]);
    const agent = new Agent({ name: 'Iris', model, tools: [weather] });
    const options = { user: 'ann', sessionId: 'porto' };
    const runner = new Runner();
    const first = await runner.run(agent, 'I live in Porto. How is the weather?', { session: sessionOf(options) });
    expect(first.finalOutput).toBe('Sun in Porto.');
    const second = await runner.run(agent, 'Where do I live?', { session: sessionOf(options) });
    expect(second.finalOutput).toBe('Porto, as you said.');
    const input = model.calls[2]?.request.input as AgentInputItem[];
    expect(input.map(({ type }) => type)).toEqual([
      'message',
      'function_call',
      'function_call_result',
      'message',
      'message',
    ]);
    const items = await sessionOf(options).getItems();
    expect(items).toHaveLength(6);
    const { context, conversation } = await service.runUntyped(
      `{ context(input: { companion: { key: "iris" }, conversation: { externalId: "porto" } }) { text }
         conversation(by: { externalId: "porto" }, companion: { key: "iris" }) { messages(first: 9) { nodes { role text toolCalls { name output } memory { user { externalId } } } } } }`,
    );
    expect(context.text).toContain('I live in Porto. How is the weather?');
    const { nodes } = conversation.messages;
    expect(nodes.map(({ role }: { role: string }) => role)).toEqual([
      'USER',
      'ASSISTANT',
      'TOOL',
      'ASSISTANT',
      'USER',
      'ASSISTANT',
    ]);
    expect(nodes[0].memory.user).toEqual({ externalId: 'ann' });
    expect(nodes[2].toolCalls).toEqual([{ name: 'weather', output: 'Porto: sun' }]);
  });

  test('is told what other programs have kept of the conversation', async () => {
    const messages = [
      { role: 'SYSTEM', content: 'Be kind' },
      { role: 'USER', content: 'Hi' },
      { role: 'ASSISTANT', format: 'AI_SDK_MODEL', content: [{ type: 'text', text: 'Hello' }] },
      {
        role: 'TOOL',
        format: 'AI_SDK_MODEL',
        content: [{ type: 'tool-result', toolCallId: 'c', toolName: 'f', output: { type: 'text', value: 'x' } }],
      },
    ];
    await service.runUntyped(
      'mutation ($input: AppendMessagesInput!) { appendMessages(input: $input) { __typename } }',
      {
        input: { companion: { key: 'iris' }, conversation: { externalId: 'mixed' }, messages },
      },
    );
    const session = sessionOf({ sessionId: 'mixed' });
    const kept = [{ type: 'message', role: 'system', content: 'Be kind' }, said('Hi'), answered('Hello')];
    expect(await session.getItems()).toEqual(kept);
    expect(await session.popItem()).toEqual(answered('Hello'));
  });
});

describe('what belongs to others', () => {
  const sessionId = 'private';
  beforeAll(async () => {
    await sessionOf({ sessionId, user: 'ann' }).addItems([said('My code is 1234')]);
    await sessionOf({ user: 'ben' }).addItems([said('Hi')]);
  });

  /** Nothing is read, and nothing changes. */
  async function expectApart(session: PalimpsestSession, refused: string) {
    expect(await session.getItems()).toEqual([]);
    expect(await session.popItem()).toBeUndefined();
    await session.clearSession();
    const transaction = { type: 'replace_suffix' as const, expectedSuffix: [said('My code is 1234')], replacement: [] };
    if (refused !== 'INVALID_INPUT') {
      expect((await refusalOf(session.applyHistoryTransaction({ operationId: 'a', transaction }))).code).toBe(
        'NOT_FOUND',
      );
      expect((await outcomeOf(session.addItems([said('Mine')]))) === 'refused').toBe(refused !== '');
    } else expect(await refusalOf(session.addItems([said('Mine')]))).toMatchObject({ code: refused });
    expect(await sessionOf({ sessionId, user: 'ann' }).getItems()).toEqual([said('My code is 1234')]);
  }

  test('does not exist: another workspace’s', async () => {
    await expectApart(sessionOf({ sessionId }, clientOf(service, { workspace: 'globex' })), '');
  });

  test('does not exist: another user’s, for a credential that is restricted to one', async () => {
    const restriction = await restrictedTo(service, 'ben');
    await expectApart(sessionOf({ sessionId, user: 'ben' }, clientOf(service, { restriction })), 'FORBIDDEN');
  });

  test('does not exist: another user’s than the session names', async () => {
    await expectApart(sessionOf({ sessionId, user: 'ben' }), 'INVALID_INPUT');
  });
});
