import type { MastraDBMessage } from '@mastra/core/memory';
import { OperationError } from '../../client/operation-error.ts';
import { isKey, type Service } from './service.ts';

// A message of Mastra is a message of a conversation, known there by its id. What a message has no place for is kept in
// its metadata.

/** A message, as the documents ask for it. */
export interface MessageNode {
  id: string;
  externalId: string | null;
  role: string;
  format: string;
  position: number;
  content: unknown;
  text: string | null;
  createdAt: string;
  metadata: { threadId?: string; resourceId?: string; role?: MastraDBMessage['role']; type?: string };
}
export const MESSAGE = 'id externalId role format position content text createdAt metadata';

/** A message that was looked for by its id. */
export interface FoundMessage extends MessageNode {
  conversation: { id: string; externalId: string; metadata: Record<string, unknown> };
}

const roles = { user: 'USER', assistant: 'ASSISTANT', system: 'SYSTEM', tool: 'TOOL' } as const;

/** A user's message may come as a signal. */
function roleOf({ role, content }: MastraDBMessage): string {
  if (role !== 'signal') return roles[(role ?? 'user') as keyof typeof roles] ?? 'SYSTEM';
  const { signal } = (content?.metadata ?? {}) as { signal?: { type?: string } };
  return signal?.type === 'user' || signal?.type === 'user-message' ? 'USER' : 'SYSTEM';
}

/** Bytes of JSON that the content of one message may have. */
const MOST_BYTES = 2 ** 20;
const encoder = new TextEncoder();

/** A message as input of the service, and how many bytes of JSON its content has. Throws OperationError where it is too large. */
export function toNewMessage(message: MastraDBMessage) {
  const json = JSON.stringify(message.content ?? null);
  const bytes = encoder.encode(json).length;
  if (bytes > MOST_BYTES) {
    const said = `Message ${message.id} has ${bytes} bytes of content: at most ${MOST_BYTES} are allowed.`;
    const details = { limit: MOST_BYTES, given: bytes };
    throw new OperationError([{ code: 'LIMIT_EXCEEDED', message: said, path: [], details }]);
  }
  const createdAt = new Date(message.createdAt ?? Date.now()).toISOString();
  const { threadId, resourceId, role = 'user', type = 'text' } = message;
  // With what is kept here a message is another one, so that a change of it alone is stored, too.
  const metadata = { threadId, ...(resourceId && { resourceId }), role, type, createdAt };
  const input = {
    externalId: message.id,
    role: roleOf(message),
    format: 'MASTRA',
    content: message.content ?? null,
    createdAt,
    metadata,
  };
  return { input, bytes };
}
export type NewMessage = ReturnType<typeof toNewMessage>;

/** What a message says as Mastra has it; one that another program wrote is its text, one that was forgotten is empty. */
function contentOf({ format, content, text }: MessageNode): MastraDBMessage['content'] {
  const said = format === 'MASTRA' ? content : text;
  if (typeof said === 'string') return { format: 2, content: said, parts: [{ type: 'text', text: said }] };
  return (said ?? { format: 2, parts: [] }) as MastraDBMessage['content'];
}

export const toMessage = (node: MessageNode, threadId: string): MastraDBMessage => ({
  id: node.externalId ?? node.id,
  threadId,
  ...(node.metadata.resourceId && { resourceId: node.metadata.resourceId }),
  role: node.metadata.role ?? (node.role.toLowerCase() as MastraDBMessage['role']),
  type: node.metadata.type ?? 'text',
  content: contentOf(node),
  createdAt: new Date(node.createdAt),
});

/**
 * Messages by their ids, whatever their thread: one for each id, or none. Of an id that copies of a conversation have,
 * too, it is the original.
 */
export async function findMessages(
  service: Service,
  ids: readonly string[],
  select = MESSAGE,
): Promise<Map<string, FoundMessage>> {
  const wanted = [...new Set(ids)].filter(isKey);
  const found = new Map<string, FoundMessage>();
  for (let from = 0; from < wanted.length; from += 100) {
    const { messages } = await service.ask<{ messages: FoundMessage[] }>(
      `query ($companion: CompanionRef!, $ids: [String!]!) {
        messages(companion: $companion, externalIds: $ids) { ${select} conversation { id externalId metadata } }
      }`,
      { ids: wanted.slice(from, from + 100) },
    );
    for (const message of messages) {
      const id = message.externalId as string;
      if (!found.has(id) || isAtHome(message)) found.set(id, message);
    }
  }
  return found;
}

/** Whether a message stands in the thread that it was saved in: a copy of a conversation has it, too. */
export const isAtHome = ({ metadata, conversation }: Pick<FoundMessage, 'metadata' | 'conversation'>): boolean =>
  metadata.threadId === conversation.externalId;
