import type { Entry } from './entries.ts';
import type { ConversationRecord } from './record.ts';
import { isObject, keyIn, momentIn, parsed, textOf } from './values.ts';

/** What names a conversation in the object that has its messages, besides what names it in the message. */
const NAMES = [
  'conversation_id',
  'thread_id',
  'threadId',
  'session_id',
  'sessionId',
  'chat_id',
  'chatId',
  'id',
  'uuid',
];

/** The conversation that a message is in, and with its first message a record of it, from the object that it is in. */
export function conversationOf(
  { value, of, index, list }: Entry,
  unnamed: string,
  names: readonly string[],
): { id: string; records: ConversationRecord[] } {
  const own = keyIn(value, ...names);
  const id = own ?? keyIn(of, ...NAMES) ?? (list > 0 ? `${unnamed}#${list}` : unnamed);
  if (own !== undefined || index > 0 || list === 0) return { id, records: [] };
  return { id, records: [describedBy(id, of)] };
}

/** What a row of a table of conversations, or an object with messages, tells of one. */
export function describedBy(id: string, fields: Entry['of']): ConversationRecord {
  const metadata = parsed(fields.metadata);
  return {
    kind: 'conversation',
    id,
    user: keyIn(fields, 'user_id', 'userId', 'resourceId', 'resource_id'),
    title: textOf(fields.title),
    metadata: isObject(metadata) ? metadata : undefined,
    createdAt: momentIn(fields, 'created_at', 'createdAt'),
    updatedAt: momentIn(fields, 'updated_at', 'updatedAt'),
  };
}
