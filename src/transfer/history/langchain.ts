import { conversationOf } from './conversation.ts';
import { type Reader, Unreadable } from './record.ts';
import { isObject, type Json, keyIn, momentIn, parsed, roleOf, textOf } from './values.ts';

// Messages of LangChain, as messages_to_dict writes them (`type`, `data`), serialised (`lc`, `kwargs`) or as they are, and
// the rows of its chat message histories (`session_id`, `message`).

export const readLangChain: Reader = (entry, unnamed) => {
  const { value } = entry;
  const inner = parsed(value.message);
  const message = isObject(inner) ? inner : value;
  const fields = isObject(message.data) ? message.data : isObject(message.kwargs) ? message.kwargs : message;
  const role = roleOf(typeOf(message)) ?? roleOf(fields.role);
  if (!role)
    throw new Unreadable(`This is no message of LangChain: its type is ${JSON.stringify(message.type ?? null)}.`);
  const { id, records } = conversationOf(entry, unnamed, ['session_id', 'sessionId', 'thread_id', 'threadId']);
  return [
    ...records,
    {
      kind: 'message',
      conversation: id,
      message: {
        externalId: keyIn(fields, 'id') ?? keyIn(value, 'id') ?? `#${entry.index + 1}`,
        role,
        name: textOf(fields.name),
        format: 'LANGCHAIN',
        content: message,
        createdAt: momentIn(value, 'created_at', 'createdAt', 'timestamp'),
      },
    },
  ];
};

/** `human` of `human`, `HumanMessageChunk` and `["langchain_core", "messages", "HumanMessage"]`. */
export function typeOf({ type, id, lc }: Json): string | undefined {
  const name = lc !== undefined && Array.isArray(id) ? id.at(-1) : type;
  return typeof name === 'string' ? name.replace(/Message(Chunk)?$/, '').toLowerCase() : undefined;
}
