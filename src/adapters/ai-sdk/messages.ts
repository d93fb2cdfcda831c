import type { KeptMessage, MessageRole, NewMessage } from '../transcript.ts';
import type { ConversationMessage } from './provider-types.ts';

// Messages of @ai-sdk-tools/memory as messages of a conversation, and back.

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

const roles: Record<ConversationMessage['role'], MessageRole> = {
  user: 'USER',
  assistant: 'ASSISTANT',
  system: 'SYSTEM',
};

/** The value that a text is the JSON of, else the text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * The message that is kept. One with an id of its own, as UI messages have, is known by it, so that saving it again
 * changes it. What user it was saved with is written down, also that it was none.
 */
export function messageOf({ role, content, userId, timestamp }: ConversationMessage): NewMessage {
  const value = typeof content === 'string' ? parsed(content) : (content ?? null);
  // A text that says a number or so is kept as the text it was.
  const isText = typeof content === 'string' && !isObject(value);
  const id = isObject(value) ? value.id : undefined;
  return {
    role: roles[role] ?? 'USER',
    externalId: typeof id === 'string' && id.trim() !== '' ? id : crypto.randomUUID(),
    format: isText ? 'TEXT' : 'AI_SDK_UI',
    content: isText ? content : value,
    metadata: { userId: userId || null },
    createdAt: timestamp.toISOString(),
  };
}

/** Whether a message is of a user, or of nobody in particular; one that was saved elsewhere is of the conversation's user. */
export function isOf({ metadata }: KeptMessage, userId: string, user: string | null): boolean {
  const of = 'userId' in metadata ? metadata.userId : user;
  return of === null || of === userId;
}

export const formats = ['TEXT', 'AI_SDK_UI'];

/** What was saved, parsed where it is JSON; what another SDK said, as a UI message. */
export function contentOf({ id, externalId, role, format, content, text }: KeptMessage): unknown {
  if (format === 'TEXT') return parsed(content as string);
  if (format === 'AI_SDK_UI') return content;
  const parts = text ? [{ type: 'text', text }] : [];
  return { id: externalId ?? id, role: role === 'USER' || role === 'SYSTEM' ? role.toLowerCase() : 'assistant', parts };
}
