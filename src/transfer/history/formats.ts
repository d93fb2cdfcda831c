import { readAiSdk } from './ai-sdk.ts';
import { readChatGpt } from './chatgpt.ts';
import { readClaude } from './claude.ts';
import type { Entry } from './entries.ts';
import { readMem0, readZep } from './facts.ts';
import { readLangChain, typeOf } from './langchain.ts';
import { readMastra } from './mastra.ts';
import { readOpenAi } from './openai.ts';
import type { Reader } from './record.ts';
import { isObject, type Json, parsed, roleOf } from './values.ts';

/** The formats of other programs, and what reads them. */
export const readers = {
  chatgpt: readChatGpt,
  claude: readClaude,
  openai: readOpenAi,
  'ai-sdk': readAiSdk,
  mastra: readMastra,
  langchain: readLangChain,
  mem0: readMem0,
  zep: readZep,
} satisfies Record<string, Reader>;
export type HistoryFormat = keyof typeof readers;
export const historyFormats = Object.keys(readers) as HistoryFormat[];

const has = (fields: Json, ...names: readonly string[]): boolean => names.some((name) => name in fields);

const modelParts = new Set(['tool-call', 'tool-result', 'reasoning', 'image', 'file']);

const isFormat: Record<HistoryFormat, (value: Json, of: Json) => boolean> = {
  chatgpt: ({ mapping }) => isObject(mapping),
  claude: ({ chat_messages: messages }) => Array.isArray(messages),
  mem0: (value) => has(value, 'memory') && !has(value, 'role'),
  zep: (value, of) =>
    has(value, 'role_type', 'valid_at', 'invalid_at', 'source_node_uuid') ||
    (has(value, 'uuid') && has(value, 'content', 'fact')) ||
    (has(of, 'facts', 'edges') && has(value, 'fact')),
  mastra: (value) =>
    has(value, 'resourceId', 'resource_id') ||
    (has(value, 'thread_id', 'threadId') && (parsed(value.content) as Json | null)?.format === 2),
  'ai-sdk': (value) =>
    Array.isArray(value.parts) ||
    has(value, 'chat_id', 'chatId') ||
    (Array.isArray(value.content) &&
      value.content.some((part) => isObject(part) && modelParts.has(part.type as string))),
  langchain: (value) => {
    const message = parsed(value.message);
    const inner = isObject(message) ? message : value;
    return has(inner, 'lc', 'kwargs') || (!has(inner, 'role') && roleOf(typeOf(inner)) !== undefined);
  },
  openai: (value) =>
    has(value, 'message_data') ||
    (roleOf(value.role) !== undefined && has(value, 'content', 'tool_calls')) ||
    (typeof value.type === 'string' && /^(?:function_call|reasoning|[a-z_]+_call)(?:_output)?$/.test(value.type)),
};

/** The format of a file by its first entry; undefined: it is none of these. */
export function formatOf({ value, of }: Pick<Entry, 'value' | 'of'>): HistoryFormat | undefined {
  if ('kind' in value) return undefined;
  const order = Object.keys(isFormat) as HistoryFormat[];
  return order.find((format) => isFormat[format](value, of));
}
