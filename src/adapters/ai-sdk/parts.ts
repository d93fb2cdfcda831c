import type { MessageRole, NewMessage } from '../transcript.ts';
import type { Content, PromptMessage } from './call.ts';

// What a model is told and answers, as messages of a conversation: texts, calls of tools and their results. Left out are
// reasoning, sources, options of providers, and the bytes of files.

type Part = Record<string, unknown> & { type: string };

const roles: Record<PromptMessage['role'], MessageRole> = {
  system: 'SYSTEM',
  user: 'USER',
  assistant: 'ASSISTANT',
  tool: 'TOOL',
};

/** A value without bytes: of files their names, types and addresses stay. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof URL) return value.href;
  if (ArrayBuffer.isView(value)) return undefined;
  if (typeof value !== 'object' || value === null) return value;
  const isFile = 'mediaType' in value;
  const members = Object.entries(value).filter(([key, each]) => {
    if (key === 'providerOptions' || key === 'providerMetadata') return false;
    return !(isFile && key === 'data') || (each instanceof Object && 'url' in each);
  });
  return Object.fromEntries(members.map(([key, each]) => [key, plain(each)]));
}

const kept = new Set(['text', 'file', 'tool-call', 'tool-result', 'tool-approval-response']);

const partsOf = (content: readonly { type: string }[]): Part[] =>
  content
    .filter((part) => kept.has(part.type) && !('text' in part && part.text === ''))
    .map((part) => plain(part) as Part);

const toMessage = (role: PromptMessage['role'], content: Part[], externalId: string): NewMessage[] =>
  content.length > 0 ? [{ role: roles[role], externalId, format: 'AI_SDK_MODEL', content: { role, content } }] : [];

/** The message that one of a prompt is kept as; none where nothing of it is kept. */
export const messagesOfPrompt = ({ role, content }: PromptMessage, externalId: string): NewMessage[] =>
  toMessage(role, typeof content === 'string' ? [{ type: 'text', text: content }] : partsOf(content), externalId);

/** The same of what the model answered; `isFinal`: it said all it had to say. */
export const messagesOfAnswer = (answer: readonly Content[], externalId: string, isFinal: boolean): NewMessage[] =>
  toMessage(
    'assistant',
    partsOf(answer.filter((part) => !('preliminary' in part && part.preliminary)).map(asInPrompt)),
    externalId,
  ).map((message) => ({ ...message, isFinal }));

/** A part of an answer as it stands in the next prompt. */
function asInPrompt(part: Content): { type: string } {
  if (part.type === 'tool-call') return { ...part, input: parsed(part.input) } as Part;
  if (part.type !== 'tool-result') return part;
  const { type, toolCallId, toolName, result, isError } = part;
  return { type, toolCallId, toolName, output: { type: isError ? 'error-json' : 'json', value: result } } as Part;
}

function parsed(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}

/** The texts of a message. */
export const textOf = ({ content }: PromptMessage): string =>
  typeof content === 'string'
    ? content
    : content.flatMap((part) => (part.type === 'text' ? part.text : [])).join('\n\n');

/** What a message is known by, however it is sent: its texts and its calls. */
export function essenceOf({ role, content }: PromptMessage): unknown {
  if (typeof content === 'string') return [role, content];
  const parts = content.flatMap((part): unknown[] => {
    if (part.type === 'text') return part.text === '' ? [] : [part.text];
    if (part.type === 'tool-call' || part.type === 'tool-result') return [[part.type, part.toolCallId, part.toolName]];
    return part.type === 'file' ? [['file', part.mediaType, part.filename ?? null]] : [];
  });
  return [role, parts];
}
