import { conversationOf, describedBy } from './conversation.ts';
import { type Reader, skipped, Unreadable } from './record.ts';
import { isObject, keyIn, momentIn, parsed, roleOf, textOf } from './values.ts';

// Messages of the AI SDK, of its UI (`parts`) or for a model (`content`), alone or in chats, and the rows of the tables
// that the AI SDK tools' memory has: messages, chats, and working memory, which is left out.

export const readAiSdk: Reader = (entry, unnamed) => {
  const { value } = entry;
  const role = roleOf(value.role);
  if (!role) return readOther(value);
  const { id, records } = conversationOf(entry, unnamed, ['chat_id', 'chatId', 'thread_id', 'threadId']);
  const message = parsed(value.content);
  const isUi = Array.isArray(value.parts) || (isObject(message) && Array.isArray(message.parts));
  const isText = !isUi && typeof message === 'string';
  const content = Array.isArray(value.parts) ? value : isUi || isText ? message : { ...value, content: message };
  if (content === '') return [...records, ...skipped('empty messages')];
  return [
    ...records,
    {
      kind: 'message',
      conversation: id,
      user: keyIn(value, 'user_id', 'userId'),
      message: {
        externalId: keyIn(value, 'id') ?? `#${entry.index + 1}`,
        role,
        name: textOf(value.name),
        format: isUi ? 'AI_SDK_UI' : isText ? 'TEXT' : 'AI_SDK_MODEL',
        content,
        createdAt: momentIn(value, 'created_at', 'createdAt', 'timestamp'),
      },
    },
  ];
};

function readOther(value: Record<string, unknown>) {
  if (textOf(value.scope) && typeof value.content === 'string') return skipped('rows of working memory');
  const id = keyIn(value, 'chat_id', 'chatId', 'id');
  if (id === undefined || value.role !== undefined) {
    throw new Unreadable(`This is no message of the AI SDK: its role is ${JSON.stringify(value.role ?? null)}.`);
  }
  return [describedBy(id, value)];
}
