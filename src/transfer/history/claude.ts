import { type HistoryRecord, type Reader, skipped, Unreadable } from './record.ts';
import { pathTo } from './tree.ts';
import { isObject, type Json, keyIn, momentIn, roleOf, textOf } from './values.ts';

// Claude's conversations.json: a list of conversations, each with its messages in order.

export const readClaude: Reader = ({ value }) => {
  const id = keyIn(value, 'uuid', 'id');
  if (id === undefined) throw new Unreadable('The conversation has no uuid.');
  if (!Array.isArray(value.chat_messages)) throw new Unreadable('chat_messages: A list is expected.');
  const conversation: HistoryRecord = {
    kind: 'conversation',
    id,
    title: textOf(value.name),
    createdAt: momentIn(value, 'created_at'),
    updatedAt: momentIn(value, 'updated_at'),
  };
  const messages = value.chat_messages.filter(isObject);
  return [conversation, ...inForce(messages, value).flatMap((message) => messageOf(id, message))];
};

/** Where the messages are a tree, and its last one is named, those of other branches are left out. */
function inForce(messages: readonly Json[], { current_leaf_message_uuid: last }: Json): readonly Json[] {
  const path = pathTo(
    textOf(last),
    new Map(messages.map((message) => [message.uuid as string, message])),
    (message) => message.parent_message_uuid,
  );
  return path.length > 0 ? path : messages;
}

function messageOf(conversation: string, message: Json): HistoryRecord[] {
  const role = roleOf(message.sender ?? message.role);
  if (!role) throw new Unreadable(`A message has the unknown sender ${JSON.stringify(message.sender ?? null)}.`);
  const externalId = keyIn(message, 'uuid', 'id');
  if (externalId === undefined) throw new Unreadable('A message has no uuid.');
  const blocks = Array.isArray(message.content) ? message.content.filter(says) : [];
  const attached = Object.fromEntries(
    ['attachments', 'files'].flatMap((name) => {
      const list = message[name];
      return Array.isArray(list) && list.length > 0 ? [[name, list]] : [];
    }),
  );
  const isPlain = blocks.length === 0 && Object.keys(attached).length === 0;
  const text = textOf(message.text);
  if (isPlain && text === undefined) return skipped('empty messages');
  const said = blocks.length > 0 || text === undefined ? blocks : [{ type: 'text', text }];
  return [
    {
      kind: 'message',
      conversation,
      message: {
        externalId,
        role,
        format: isPlain ? 'TEXT' : 'ANTHROPIC',
        content: isPlain ? text : { role: role.toLowerCase(), content: said, ...attached },
        createdAt: momentIn(message, 'created_at'),
      },
    },
  ];
}

const says = (block: unknown): boolean => isObject(block) && !(block.type === 'text' && !textOf(block.text));
