import { type HistoryRecord, type Reader, skipped, Unreadable } from './record.ts';
import { pathTo } from './tree.ts';
import { isObject, type Json, keyIn, momentIn, roleOf, textOf } from './values.ts';

// ChatGPT's conversations.json: a list of conversations, each a tree of messages, of whose branches the last one counts.

export const readChatGpt: Reader = ({ value }) => {
  const id = keyIn(value, 'conversation_id', 'id');
  if (id === undefined) throw new Unreadable('The conversation has no id.');
  if (!isObject(value.mapping)) throw new Unreadable('mapping: An object with the messages is expected.');
  const nodes = new Map(Object.entries(value.mapping).filter((entry): entry is [string, Json] => isObject(entry[1])));
  const path = pathTo(textOf(value.current_node) ?? newest(nodes), nodes, ({ parent }) => parent);
  const conversation: HistoryRecord = {
    kind: 'conversation',
    id,
    title: textOf(value.title),
    createdAt: momentIn(value, 'create_time'),
    updatedAt: momentIn(value, 'update_time'),
  };
  return [conversation, ...path.flatMap((node) => messageOf(id, node))];
};

/** The node without a child that was made last. */
function newest(nodes: ReadonlyMap<string, Json>): string | undefined {
  let last: { id: string; at: number } | undefined;
  for (const [id, { children, message }] of nodes) {
    if (Array.isArray(children) && children.length > 0) continue;
    const at = isObject(message) && typeof message.create_time === 'number' ? message.create_time : 0;
    if (!last || at >= last.at) last = { id, at };
  }
  return last?.id;
}

function messageOf(conversation: string, node: Json): HistoryRecord[] {
  const { message } = node;
  // The root of the tree has none.
  if (!isObject(message)) return [];
  const author = isObject(message.author) ? message.author : {};
  const role = roleOf(author.role);
  if (!role) throw new Unreadable(`A message has the unknown author ${JSON.stringify(author.role ?? null)}.`);
  const externalId = keyIn(message, 'id') ?? keyIn(node, 'id');
  if (externalId === undefined) throw new Unreadable('A message has no id.');
  const content = isObject(message.content) ? contentOf(message.content, message.recipient, role.toLowerCase()) : '';
  if (content === '') return skipped('empty messages');
  const model = isObject(message.metadata) ? textOf(message.metadata.model_slug) : undefined;
  return [
    {
      kind: 'message',
      conversation,
      message: {
        externalId,
        role,
        name: textOf(author.name),
        format: typeof content === 'string' ? 'TEXT' : 'OPENAI_CHAT',
        content,
        metadata: model ? { model } : null,
        createdAt: momentIn(message, 'create_time'),
      },
    },
  ];
}

/** A text, or a message with parts where there is more to it: pictures, code that is run, searches, reasoning. */
function contentOf({ content_type: type, ...content }: Json, recipient: unknown, role: string): string | Json {
  const isSaid = recipient === undefined || recipient === null || recipient === 'all';
  const parts = Array.isArray(content.parts) ? content.parts.filter((part) => part !== '' && part !== null) : [];
  if (isSaid && type === 'text' && parts.every((part) => typeof part === 'string')) return parts.join('\n\n');
  if (isSaid && (type === 'text' || type === 'multimodal_text')) {
    return { role, content: parts.map((part) => (typeof part === 'string' ? { type: 'text', text: part } : part)) };
  }
  // What is said to a tool is no text of the conversation.
  return { role, content: [{ type: type ?? 'unknown', ...(isSaid ? {} : { recipient }), ...content }] };
}
