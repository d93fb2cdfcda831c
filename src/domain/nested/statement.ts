import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { arrayOf, fenced, jsonRow } from '../../db/sql.ts';
import { aliased, type Under, under } from '../../db/typed-sql.ts';
import { columnSql, type MemoryColumn } from '../../model/memory/columns.ts';
import { companions } from '../../tables/companion.ts';
import { conversations, messages } from '../../tables/conversation.ts';
import { entities } from '../../tables/entity.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import { users } from '../../tables/user.ts';
import { type ConversationList, conversationCountSql, conversationPageSql } from '../conversation/list.ts';
import { lineageSql, versionCountSql, versionPagesSql } from '../correction/list.ts';
import {
  type EntityFilter,
  entityCountSql,
  entityPageSql,
  mentionedCountSql,
  mentionedPagesSql,
} from '../entity/list.ts';
import {
  countMemoriesSql,
  type MemoryList,
  memoryPagesSql,
  type OwnerKind,
  ownerSql,
  theWorkspace,
} from '../memory/list.ts';
import { type MessageList, messageCountSql, messageOrderSql, messagePagesSql } from '../message/messages.ts';
import { awayAt, endSql, parentSql, relationCountSql, relationPageSql, relationPagesSql } from '../relation/list.ts';
import type { Direction, RelationFilter } from '../relation/seen.ts';
import type { Asked, ListPart, One, Part, Place } from './plan.ts';

const m = under(memories, 'm');
const r = under(relations, 'r');
const ends = { from: under(memories, 'begin'), to: under(memories, 'finish') };
const g = under(messages, 'g');
const e = under(entities, 'e');
const others = {
  companion: under(companions, 'companion'),
  user: under(users, 'person'),
  conversation: under(conversations, 'spoken'),
};
const talk = under(conversations, 'c');
const became = under(memories, 'became');

/** An object of a row: what its columns are made from, and what it leads to. */
export interface Shown {
  column: (name: string, reading: Reading) => SQL;
  /** The memory that it is. */
  memory?: Under<typeof memories>;
  /** The conversation that it is. */
  conversation?: Under<typeof conversations>;
  /** Whose memories it lists. */
  owner?: { kind: OwnerKind; id: SQL };
  /** The keys of what it leads to. */
  keys?: { [O in One]?: SQL };
}
type Objects = { [P in Place]?: Shown };

export const shownMemory = (memory: Under<typeof memories>): Shown => ({
  memory,
  keys: { companion: memory.companionId, user: memory.userId },
  column: (name, reading) => columnSql(name as MemoryColumn, memory, reading),
});

/** What shows its columns as they are. */
export const shownRow = (rows: object, more: Omit<Shown, 'column'> = {}): Shown => ({
  column: (name) => {
    const found = (rows as Record<string, SQL | undefined>)[name];
    if (!found) throw new Error(`no column ${name}`);
    return found;
  },
  ...more,
});

/** A message, and its words, which are in the memory that it became. */
export const shownMessage = shownRow(
  { ...g, words: m.content },
  { keys: { conversation: g.conversationId, memory: g.memoryId } },
);
export const readsContent = (parts: readonly Part[]): boolean =>
  parts.some((each) => each.is === 'column' && /^(content|words)$/.test(each.column));

export const shownConversation = (rows: Under<typeof conversations>): Shown =>
  shownRow(rows, {
    conversation: rows,
    owner: { kind: 'conversation', id: rows.id },
    keys: { companion: rows.companionId, user: rows.userId },
  });

export const shownEntity = shownRow(e, {
  owner: { kind: 'entity', id: e.id },
  keys: { companion: e.companionId },
});
const shownEdge = shownRow({ direction: sql`page.direction` });

/** The memories of a request's lists as one statement: each row one array of values, lists within it arrays of rows. */
export class Nesting {
  readonly #asked: readonly Asked[];

  constructor(asked: readonly Asked[]) {
    this.#asked = asked;
  }

  asked(list: number): Asked {
    return this.#asked[list] as Asked;
  }

  values(parts: readonly Part[], objects: Objects, reading: Reading): SQL[] {
    return parts.map((part) => {
      const object = objects[part.of];
      if (!object) throw new Error(`nothing is at ${part.of}`);
      if (part.is === 'column') return object.column(part.column, reading);
      if (part.is === 'one') return this.#one(part.to, part.parts, object, reading);
      return part.is === 'count' ? this.#count(part, object) : this.#list(part, object);
    });
  }

  #one(to: One, parts: readonly Part[], { keys }: Shown, reading: Reading): SQL {
    const key = keys?.[to];
    if (!key) throw new Error(`no ${to} of what is at this place`);
    if (to === 'memory') {
      const values = this.values(parts, { self: shownMemory(became) }, reading);
      return sql`(select ${jsonRow(values)} from ${reading.from(became)}
        where ${became.workspaceId} = ${reading.workspaceId} and ${became.id} = ${key})`;
    }
    const other = others[to];
    const values = this.values(parts, { self: shownRow(other) }, reading);
    return sql`(select ${jsonRow(values)} from ${aliased(other)}
      where ${other.workspaceId} = ${reading.workspaceId} and ${other.id} = ${key})`;
  }

  #list(part: ListPart, { memory, owner, conversation }: Shown): SQL {
    if (part.name === 'memories' && owner) return this.#owned(part, owner);
    if (part.name === 'messages' && conversation) return this.#messages(part, conversation);
    if (part.name === 'versions' && memory) return this.#versions(part, memory);
    if (part.name === 'relations' && memory) return this.#relations(part, memory);
    if (part.name === 'entities' && memory) return this.#entities(part, memory);
    throw new Error(`no list of ${part.name} at this place`);
  }

  #owned(part: ListPart, { kind, id }: NonNullable<Shown['owner']>): SQL {
    const { reading, given, window } = this.asked(part.list);
    const row = this.row(part, { self: shownMemory(m) }, reading, sql`page.value`, m.id);
    return arrayOf(memoryPagesSql(ownerSql(kind, id), reading, given as MemoryList, window, row, part.more));
  }

  #messages(part: ListPart, { id }: Under<typeof conversations>): SQL {
    const { reading, given, window } = this.asked(part.list);
    const list: MessageList = { ...(given as MessageList), withContent: readsContent(part.parts) };
    const row = this.row(part, { self: shownMessage }, reading, messageOrderSql(list), g.id);
    const parent = sql`(select ${id} as given, 1 as nth) parent`;
    return arrayOf(messagePagesSql(reading.workspaceId, parent, list, window, row, part.more));
  }

  /** Of one memory: each entity's mentions are counted once. */
  #entities(part: ListPart, of: Under<typeof memories>): SQL {
    const { reading, window } = this.asked(part.list);
    const row = this.row(part, { self: shownEntity }, reading, sql`page.mentioned`, e.id);
    const parent = { sql: sql`(select ${of.id} as given, 1 as nth) parent`, has: sql`= ${of.id}` };
    return arrayOf(mentionedPagesSql(parent, reading, window, row, part.more));
  }

  #versions(part: ListPart, of: Under<typeof memories>): SQL {
    const { reading, window } = this.asked(part.list);
    const pages = versionPagesSql(lineageSql(of), reading, window, part.more);
    const row = this.row(part, { self: shownMemory(m) }, reading, sql`page.value`, m.id);
    return arrayOf(sql`select ${row} from ${pages} order by page.place`);
  }

  #relations(part: ListPart, of: Under<typeof memories>): SQL {
    const { reading, given, window } = this.asked(part.list);
    const filter = given as RelationFilter;
    const parent = parentSql(of, reading.asOf(window.asOf));
    // Where all point one way, the far end is the neighbour.
    const isFar = (end: 'from' | 'to') => filter.direction === awayAt[end];
    const led = (['from', 'to'] as const).filter((end) => !isFar(end) && part.parts.some((each) => each.of === end));
    const isDirect = filter.direction != null && led.length === 0 && !window.asOf;
    const objects = {
      self: shownRow(r),
      edge: isDirect ? shownRow({ direction: sql.raw(`'${filter.direction}'`) }) : shownEdge,
      neighbor: shownMemory(m),
      from: shownMemory(isFar('from') ? m : ends.from),
      to: shownMemory(isFar('to') ? m : ends.to),
    };
    const row = this.row(part, objects, reading, r.strength, r.id);
    if (isDirect) {
      const page = relationPageSql(filter.direction as Direction, parent, reading, filter, window, part.more);
      return arrayOf(sql`select ${row} ${page}`);
    }
    const pages = relationPagesSql(parent, reading, filter, window, part.more);
    const joined = led.map((end) => endSql(end, ends[end], reading));
    return arrayOf(sql`select ${row} from ${pages} ${sql.join(joined, sql` `)} order by page.place`);
  }

  row({ parts, placed }: ListPart, objects: Objects, reading: Reading, value: SQL, id: SQL): SQL {
    return jsonRow([...(placed ? [value, id] : []), ...this.values(parts, objects, reading)]);
  }

  #count({ list, name }: Extract<Part, { is: 'count' }>, { memory, owner, conversation }: Shown): SQL {
    const { reading, given, window } = this.asked(list);
    const then = reading.asOf(window.asOf);
    if (name === 'memories' && owner) {
      const counted = countMemoriesSql(ownerSql(owner.kind, owner.id), then, given as MemoryList);
      return sql`(select whole.count from (${counted}) whole)`;
    }
    if (name === 'messages' && conversation) {
      return messageCountSql(conversation, given as MessageList, reading.workspaceId);
    }
    if (name === 'versions' && memory) return versionCountSql(memory, then);
    if (name === 'entities' && memory) return mentionedCountSql(memory, then);
    if (name === 'relations' && memory) return relationCountSql(parentSql(memory, then), then, given as RelationFilter);
    throw new Error(`no count of ${name} at this place`);
  }
}

/** The most bytes of one row, as JSON: it is read in one turn of the event loop, in a few milliseconds. */
const MAX_ROW = 1_048_576;

/** A row as text; null where it has more bytes than that: it is not sent, and so not held. */
export const rowText = (row: SQL): SQL => sql`(
  select case when octet_length(made.value) <= ${sql.raw(String(MAX_ROW))} then made.value end
  from ${fenced(sql`select ${row}::text as value`)} made) as "row"`;

/** The page of a list of the workspace, as rows of JSON. */
export function listSql(list: ListPart, asked: readonly Asked[]): SQL {
  const nesting = new Nesting(asked);
  const { reading, given, window } = nesting.asked(list.list);
  const row = (shown: Shown, value: SQL, id: SQL) => rowText(nesting.row(list, { self: shown }, reading, value, id));
  if (list.name === 'conversations') {
    const select = row(shownConversation(talk), talk.activeAt, talk.id);
    return conversationPageSql(reading.workspaceId, given as ConversationList, window, select, list.more);
  }
  if (list.name === 'entities') {
    const select = row(shownEntity, sql`page.mentioned`, e.id);
    return entityPageSql(reading, given as EntityFilter, window, select, list.more);
  }
  const select = row(shownMemory(m), sql`page.value`, m.id);
  return memoryPagesSql(theWorkspace, reading, given as MemoryList, window, select, list.more);
}

/** How many that list has. */
export function listCountSql({ list, name }: ListPart, asked: readonly Asked[]): SQL {
  const { reading, given, window } = new Nesting(asked).asked(list);
  if (name === 'conversations') {
    return conversationCountSql(reading.workspaceId, given as ConversationList, window.asOf);
  }
  const then = reading.asOf(window.asOf);
  if (name === 'entities') return entityCountSql(then, given as EntityFilter);
  return countMemoriesSql(theWorkspace, then, given as MemoryList);
}
