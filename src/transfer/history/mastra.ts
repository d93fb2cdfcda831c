import { conversationOf, describedBy } from './conversation.ts';
import { type Reader, Unreadable } from './record.ts';
import { isObject, keyIn, momentIn, parsed, roleOf } from './values.ts';

// Rows of Mastra's tables: of mastra_threads, and of mastra_messages, whose content is JSON, as a text or not.

export const readMastra: Reader = (entry, unnamed) => {
  const { value } = entry;
  const role = roleOf(value.role);
  if (!role) {
    const id = keyIn(value, 'id');
    if (id !== undefined && value.role === undefined) return [describedBy(id, value)];
    throw new Unreadable(
      `This is neither a message nor a thread of Mastra: its role is ${JSON.stringify(value.role)}.`,
    );
  }
  const { id, records } = conversationOf(entry, unnamed, ['thread_id', 'threadId']);
  const externalId = keyIn(value, 'id');
  if (externalId === undefined) throw new Unreadable('The message has no id.');
  const content = parsed(value.content);
  const isText = typeof content === 'string';
  return [
    ...records,
    {
      kind: 'message',
      conversation: id,
      user: keyIn(value, 'resourceId', 'resource_id'),
      message: {
        externalId,
        role,
        // Before version 2 the content was a text, or parts for a model.
        format: isText ? 'TEXT' : isObject(content) ? 'MASTRA' : 'AI_SDK_MODEL',
        content: isText ? content : { ...value, content },
        createdAt: momentIn(value, 'createdAt', 'created_at'),
      },
    },
  ];
};
