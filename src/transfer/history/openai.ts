import { conversationOf } from './conversation.ts';
import { type HistoryRecord, type Reader, Unreadable } from './record.ts';
import { isObject, type Json, keyIn, momentIn, parsed, roleOf, textOf } from './values.ts';

// Messages of OpenAI's Chat Completions, items of its Responses and Conversations, messages of its Assistants' threads,
// and the rows of the Agents SDK's sessions (`agent_messages`, with the item as JSON in `message_data`).

export const readOpenAi: Reader = (entry, unnamed) => {
  const { value } = entry;
  const item = isObject(parsed(value.message_data)) ? (parsed(value.message_data) as Json) : value;
  const role = roleOf(item.role) ?? roleOfItem(item.type);
  if (!role) throw new Unreadable(`This is no message of OpenAI's: its role is ${JSON.stringify(item.role ?? null)}.`);
  const { id, records } = conversationOf(entry, unnamed, ['conversation_id', 'thread_id', 'session_id']);
  return [
    ...records,
    {
      kind: 'message',
      conversation: id,
      message: {
        externalId: keyIn(item, 'id') ?? keyIn(value, 'id') ?? `#${entry.index + 1}`,
        role,
        name: textOf(item.name),
        format: item.type === undefined && item.object !== 'thread.message' ? 'OPENAI_CHAT' : 'OPENAI_ITEM',
        content: item.object === 'thread.message' ? withTexts(item) : item,
        createdAt: momentIn(value, 'created_at', 'createdAt', 'timestamp') ?? momentIn(item, 'created_at'),
      },
    },
  ] satisfies HistoryRecord[];
};

/** Reasoning and calls are the assistant's, and what comes of calls is the tools'. */
function roleOfItem(type: unknown) {
  if (typeof type !== 'string') return undefined;
  return type.endsWith('_output') ? 'TOOL' : type === 'message' ? undefined : 'ASSISTANT';
}

/** A message of a thread has its texts in objects; with the texts themselves it is an item. */
const withTexts = (message: Json): Json => ({
  ...message,
  content: Array.isArray(message.content)
    ? message.content.map((part) =>
        isObject(part) && isObject(part.text) && typeof part.text.value === 'string'
          ? { ...part, text: part.text.value, annotations: part.text.annotations }
          : part,
      )
    : message.content,
  type: 'message',
});
