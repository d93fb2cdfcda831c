import { createHash } from 'node:crypto';
import { conversationOf } from './conversation.ts';
import { type HistoryRecord, type Reader, skipped, Unreadable } from './record.ts';
import { isObject, type Json, keyIn, momentIn, roleOf, textOf } from './values.ts';

// What mem0 and Zep have made of conversations: facts, each with its dates; and the messages that Zep keeps.

/** Another text under the id of a fact is another fact: memories never change what they say. */
const idOf = (program: string, id: string, content: string): string =>
  `${program}:${id}:${createHash('sha256').update(content).digest('hex').slice(0, 12)}`;

/** The fields that say something. */
const stated = (fields: Json): Json => Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null));

/** `get_all`: `results`, or a list, of `{id, memory, user_id, metadata, categories, created_at …}`. */
export const readMem0: Reader = ({ value }) => {
  const id = keyIn(value, 'id');
  const content = textOf(value.memory) ?? textOf(value.text) ?? textOf(value.data);
  if (id === undefined || content === undefined)
    throw new Unreadable('This is no memory of mem0: id or memory is missing.');
  const madeAt = momentIn(value, 'created_at', 'createdAt');
  return [
    {
      kind: 'memory',
      id: idOf('mem0', id, content),
      user: keyIn(value, 'user_id', 'userId'),
      content,
      context: stated({
        source: 'mem0',
        mem0Id: id,
        agentId: value.agent_id,
        runId: value.run_id,
        categories: value.categories,
        metadata: value.metadata,
      }),
      validFrom: madeAt,
      recordedAt: momentIn(value, 'updated_at', 'updatedAt') ?? madeAt,
      expiresAt: momentIn(value, 'expiration_date'),
    },
  ];
};

/** Messages of threads or sessions, and facts: `facts` or `edges`, of `{uuid, fact, valid_at, invalid_at …}`. */
export const readZep: Reader = (entry, unnamed) => {
  const { value } = entry;
  const role = roleOf(value.role_type) ?? roleOf(value.role);
  const isMessage = value.role_type !== undefined || value.role !== undefined;
  if (!isMessage) return readFact(value);
  const content = textOf(value.content);
  if (content === undefined) return skipped('empty messages');
  const { id, records } = conversationOf(entry, unnamed, ['thread_id', 'session_id', 'thread_uuid']);
  const name = textOf(value.name) ?? (value.role_type === undefined ? undefined : textOf(value.role));
  return [
    ...records,
    {
      kind: 'message',
      conversation: id,
      message: {
        externalId: keyIn(value, 'uuid', 'id') ?? `#${entry.index + 1}`,
        // Of a role of its own Zep says `norole`: somebody who talks.
        role: role ?? 'USER',
        name: name ?? null,
        format: 'TEXT',
        content,
        metadata: isObject(value.metadata) ? value.metadata : null,
        createdAt: momentIn(value, 'reference_time', 'created_at', 'createdAt'),
      },
    },
  ];
};

function readFact(value: Json): HistoryRecord[] {
  const id = keyIn(value, 'uuid', 'id');
  const content = textOf(value.fact) ?? textOf(value.content);
  if (id === undefined || content === undefined)
    throw new Unreadable('This is no fact of Zep: uuid or fact is missing.');
  const madeAt = momentIn(value, 'created_at', 'createdAt');
  const validFrom = momentIn(value, 'valid_at', 'validAt') ?? madeAt;
  const validUntil = momentIn(value, 'invalid_at', 'invalidAt', 'expired_at', 'expiredAt');
  if (validFrom && validUntil && validUntil <= validFrom) return skipped('facts that ended before they began');
  const names = ['source_node_name', 'target_node_name'].flatMap((field) => textOf(value[field]) ?? []);
  return [
    {
      kind: 'memory',
      id: idOf('zep', id, content),
      user: keyIn(value, 'user_id', 'userId'),
      content,
      context: stated({ source: 'zep', zepId: id, relation: value.name, rating: value.rating }),
      entities: [...new Set(names)].map((name) => ({ type: 'unknown', name })),
      validFrom,
      validUntil,
      recordedAt: madeAt,
    },
  ];
}
