import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cut, fill, isCut, wordsOf } from '../src/model/message/cut.ts';
import { textParts, toolCalls } from '../src/model/message/parts.ts';
import type { MessageFormat } from '../src/tables/conversation.ts';

/** Texts of every kind, among them what marks are made of. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'cut', 'cuttt 0,3', '\u00010,3\u0001', '\u0000', '\ud800', '0,3', '"', '\\u0001', 'same', 'same'),
);
const other = fc.jsonValue({ maxDepth: 3 });
const textPart = (type: string) => fc.record({ type: fc.constant(type), text });
const parts = (...types: string[]) =>
  fc.array(fc.oneof(...types.map(textPart), other as fc.Arbitrary<unknown>), { maxLength: 5 });
const within = (key: string, inner: fc.Arbitrary<unknown>) => fc.record({ [key]: inner, rest: other, copy: text });

/** Contents as the SDKs make them, and some that they never would. */
const contents: Record<MessageFormat, fc.Arbitrary<unknown>> = {
  TEXT: text,
  AI_SDK_UI: fc.oneof(parts('text', 'reasoning'), within('parts', parts('text', 'reasoning')), other),
  AI_SDK_MODEL: fc.oneof(text, parts('text'), within('content', fc.oneof(text, parts('text'))), other),
  OPENAI_CHAT: fc.oneof(text, within('content', fc.oneof(text, parts('text', 'refusal'))), other),
  OPENAI_ITEM: fc.oneof(within('content', fc.oneof(text, parts('input_text', 'output_text'))), other),
  MASTRA: fc.oneof(within('content', within('parts', parts('text'))), within('parts', parts('text')), other),
  LANGCHAIN: fc.oneof(within('data', within('content', fc.oneof(text, parts('text')))), other),
  ANTHROPIC: fc.oneof(text, within('content', fc.oneof(text, parts('text', 'thinking'))), other),
};

describe('what is cut out of a message', () => {
  test.each(Object.entries(contents))('and filled in again makes the same: %s', (format, content) => {
    fc.assert(
      fc.property(content, (given) => {
        const found = textParts(format as MessageFormat, given);
        const json = cut(given, found);
        expect(fill(json, wordsOf(found) ?? '')).toBe(JSON.stringify(given));
        expect(isCut(json)).toBe(found.length > 0);
        toolCalls(format as MessageFormat, given);
      }),
      { numRuns: 300 },
    );
  });

  test('is in the message no more', () => {
    const given = { id: 'a', parts: [{ type: 'text', text: 'Lisbon' }], content: 'Lisbon' };
    expect(cut(given, ['Lisbon'])).not.toContain('Lisbon');
  });
});

/** As the SDKs send them: what is said, and what is called. */
const examples: [string, MessageFormat, unknown, string | null, unknown[]][] = [
  ['a text', 'TEXT', 'Hi', 'Hi', []],
  [
    'a UI message with a tool',
    'AI_SDK_UI',
    {
      id: 'm1',
      role: 'assistant',
      parts: [
        { type: 'step-start' },
        { type: 'reasoning', text: 'hmm' },
        { type: 'dynamic-tool', toolName: 'find', toolCallId: 'c1', state: 'output-error', input: {}, errorText: 'no' },
        { type: 'text', text: 'Nothing.' },
      ],
    },
    'Nothing.',
    [{ callId: 'c1', name: 'find', input: {}, output: null, error: 'no' }],
  ],
  [
    'a model message with a result',
    'AI_SDK_MODEL',
    [{ type: 'tool-result', toolCallId: 'c1', toolName: 'find', output: { type: 'json', value: [1] } }],
    null,
    [{ callId: 'c1', name: 'find', input: null, output: [1], error: null }],
  ],
  [
    'a message of Chat Completions that calls',
    'OPENAI_CHAT',
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
    },
    null,
    [{ callId: 'c1', name: 'f', input: { a: 1 }, output: null, error: null }],
  ],
  [
    'its answer',
    'OPENAI_CHAT',
    { role: 'tool', tool_call_id: 'c1', content: '42' },
    '42',
    [{ callId: 'c1', name: '', input: null, output: '42', error: null }],
  ],
  [
    'an item that calls',
    'OPENAI_ITEM',
    { type: 'function_call', call_id: 'c1', name: 'f', arguments: 'not json' },
    null,
    [{ callId: 'c1', name: 'f', input: 'not json', output: null, error: null }],
  ],
  [
    'an item of the Agents SDK that calls',
    'OPENAI_ITEM',
    { type: 'function_call', callId: 'c1', name: 'f', arguments: '{"a":1}', status: 'completed' },
    null,
    [{ callId: 'c1', name: 'f', input: { a: 1 }, output: null, error: null }],
  ],
  [
    'its result',
    'OPENAI_ITEM',
    {
      type: 'function_call_result',
      callId: 'c1',
      name: 'f',
      status: 'completed',
      output: { type: 'text', text: '[1]' },
    },
    null,
    [{ callId: 'c1', name: 'f', input: null, output: [1], error: null }],
  ],
  [
    'an item that says something',
    'OPENAI_ITEM',
    {
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'output_text', text: 'Hi' },
        { type: 'output_text', text: 'you' },
      ],
    },
    'Hi\n\nyou',
    [],
  ],
  [
    'a message of Mastra',
    'MASTRA',
    {
      content: {
        format: 2,
        parts: [
          {
            type: 'tool-invocation',
            toolInvocation: { state: 'result', toolCallId: 'c1', toolName: 'f', args: {}, result: 1 },
          },
          { type: 'text', text: 'One.' },
        ],
      },
    },
    'One.',
    [{ callId: 'c1', name: 'f', input: {}, output: 1, error: null }],
  ],
  [
    'a stored message of LangChain',
    'LANGCHAIN',
    { type: 'ai', data: { content: 'Hi', tool_calls: [{ id: 'c1', name: 'f', args: { a: 1 } }] } },
    'Hi',
    [{ callId: 'c1', name: 'f', input: { a: 1 }, output: null, error: null }],
  ],
  [
    'a message of Anthropic',
    'ANTHROPIC',
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'c1', content: 'gone', is_error: true },
        { type: 'text', text: 'So?' },
      ],
    },
    'So?',
    [{ callId: 'c1', name: '', input: null, output: null, error: 'gone' }],
  ],
];

test.each(examples)('what %s says, and calls', (_what, format, content, words, calls) => {
  expect(wordsOf(textParts(format, content))).toBe(words);
  expect(toolCalls(format, content)).toEqual(calls);
});
