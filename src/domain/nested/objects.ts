import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, jsonRow, keyRows, placeholder } from '../../db/sql.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { companions } from '../../tables/companion.ts';
import { conversations, messages } from '../../tables/conversation.ts';
import { entities } from '../../tables/entity.ts';
import { memories } from '../../tables/memory.ts';
import { users } from '../../tables/user.ts';
import { withWords } from '../message/messages.ts';
import type { Asked, Found, Part } from './plan.ts';
import {
  Nesting,
  readsContent,
  rowText,
  type Shown,
  shownConversation,
  shownEntity,
  shownMemory,
  shownMessage,
  shownRow,
} from './statement.ts';

const c = under(companions, 'c');
const e = under(entities, 'e');
const g = under(messages, 'g');
const m = under(memories, 'm');
const talk = under(conversations, 'talk');
const u = under(users, 'u');

const tables = {
  companion: { rows: c, name: c.key, shown: shownRow(c, { owner: { kind: 'companion', id: c.id } }) },
  user: { rows: u, name: u.externalId, shown: shownRow(u, { owner: { kind: 'user', id: u.id } }) },
  conversation: {
    rows: talk,
    name: talk.externalId,
    shown: shownConversation(talk),
  },
};

const ofWhom = (found: Found) => ('of' in found ? found.of : undefined);

/** What a statement that finds objects depends on, beside what it reads of them. */
export function foundKey(found: Found): string {
  if (!('by' in found)) return found.kind;
  const of = ofWhom(found);
  return [found.kind, found.by, ...(of ? ['id' in of ? 'of id' : 'of key'] : [])].join(' ');
}

/** What is filled in for them. */
export function foundValues(found: Found): Record<string, unknown> {
  if ('ids' in found) return { ids: JSON.stringify(found.ids) };
  const of = ofWhom(found);
  return { value: found.value, ...(of && { of: 'id' in of ? of.id : of.key }) };
}

/**
 * Objects as rows of JSON (key, values): memories by their keys, which are filled in for `ids` as JSON, or one by what is
 * filled in for `value` and `of`. A single key is compared by `=`: for an array the planner would count the elements each time.
 */
export function objectsSql(found: Found, parts: readonly Part[], reading: Reading, asked: readonly Asked[]): SQL {
  const nesting = new Nesting(asked);
  const row = (id: SQL, shown: Shown) => rowText(jsonRow([id, ...nesting.values(parts, { self: shown }, reading)]));
  const value = placeholder('value');
  if (found.kind === 'memories') {
    const look = reading.lookUp(m, sql`${m.id} = given.id`);
    return sql`select ${row(m.id, shownMemory(m))} from ${keyRows(sql`${placeholder('ids')}::jsonb`)} given ${look}`;
  }
  if (found.kind === 'memory') {
    return sql`select ${row(m.id, shownMemory(m))} from ${reading.from(m)}
      where ${m.workspaceId} = ${reading.workspaceId} and ${m.id} = ${value}::uuid`;
  }
  if (found.kind === 'entity') {
    return sql`select ${row(e.id, shownEntity)} from ${reading.from(e)}
      where ${e.workspaceId} = ${reading.workspaceId} and ${e.id} = ${value}::uuid and ${e.mergedInto} is null`;
  }
  if (found.kind === 'message') {
    const words = withWords(reading.workspaceId, readsContent(parts));
    return sql`select ${row(g.id, shownMessage)} from ${aliased(g)} ${words}
      where ${g.workspaceId} = ${reading.workspaceId} and ${g.id} = ${value}::uuid`;
  }
  const { rows, name, shown } = tables[found.kind];
  const of = ofWhom(found);
  const conditions = [
    sql`${rows.workspaceId} = ${reading.workspaceId}`,
    found.by === 'id' ? sql`${rows.id} = ${value}::uuid` : sql`${name} = ${value}`,
    ...(of ? [sql`${talk.companionId} = ${companionSql('id' in of, reading)}`] : []),
  ];
  return sql`select ${row(rows.id, shown)} from ${aliased(rows)} where ${all(conditions)}`;
}

const companionSql = (byId: boolean, { workspaceId }: Reading): SQL =>
  byId
    ? sql`${placeholder('of')}::uuid`
    : sql`(select ${c.id} from ${aliased(c)} where ${c.workspaceId} = ${workspaceId} and ${c.key} = ${placeholder('of')})`;
