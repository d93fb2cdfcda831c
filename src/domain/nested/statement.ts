import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { arrayOf, fenced, jsonRow, keyRows, placeholder } from '../../db/sql.ts';
import { aliased, type Under, under } from '../../db/typed-sql.ts';
import { columnSql, type MemoryColumn } from '../../model/memory/columns.ts';
import { companions } from '../../tables/companion.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import { users } from '../../tables/user.ts';
import { lineageSql, versionCountSql, versionPagesSql } from '../correction/list.ts';
import { countMemoriesSql, type MemoryList, memoryPagesSql, ownerSql, theWorkspace } from '../memory/list.ts';
import { awayAt, endSql, parentSql, relationCountSql, relationPagesSql } from '../relation/list.ts';
import type { RelationFilter } from '../relation/seen.ts';
import type { Asked, Found, ListPart, Part, Place } from './plan.ts';

const m = under(memories, 'm');
const r = under(relations, 'r');
const ends = { from: under(memories, 'begin'), to: under(memories, 'finish') };
const others = { companion: under(companions, 'c'), user: under(users, 'u') };

/** An object of a row: what its columns are made from, and what lists it has. */
interface Shown {
  column: (name: string, reading: Reading) => SQL;
  /** The memory that it is. */
  memory?: Under<typeof memories>;
  /** Whose memories it lists. */
  owner?: { kind: 'companion' | 'user'; id: SQL };
}
type Objects = { [P in Place]?: Shown };

const shownMemory = (memory: Under<typeof memories>): Shown => ({
  memory,
  column: (name, reading) => columnSql(name as MemoryColumn, memory, reading),
});

/** What shows its columns as they are. */
const shownRow = (rows: object, owner?: Shown['owner']): Shown => ({
  column: (name) => {
    const found = (rows as Record<string, SQL | undefined>)[name];
    if (!found) throw new Error(`no column ${name}`);
    return found;
  },
  ...(owner && { owner }),
});

const shownEdge = shownRow({ direction: sql`page.direction` });

/** The memories of a request's lists as one statement: each row one array of values, lists within it arrays of rows. */
class Nesting {
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
      if (object.owner && part.is === 'list') return this.#owned(part, object.owner);
      if (object.owner && part.is === 'count') return this.#countOwned(part, object.owner);
      if (!object.memory) throw new Error(`no ${part.is} of what is at ${part.of}`);
      if (part.is === 'one') return this.#one(part.to, part.parts, object.memory, reading);
      return part.is === 'count' ? this.#count(part, object.memory) : this.#list(part, object.memory);
    });
  }

  #one(to: 'companion' | 'user', parts: readonly Part[], of: Under<typeof memories>, reading: Reading): SQL {
    const other = others[to];
    const key = to === 'companion' ? of.companionId : of.userId;
    const values = this.values(parts, { self: shownRow(other) }, reading);
    return sql`(select ${jsonRow(values)} from ${aliased(other)}
      where ${other.workspaceId} = ${reading.workspaceId} and ${other.id} = ${key})`;
  }

  #owned(part: ListPart, { kind, id }: NonNullable<Shown['owner']>): SQL {
    const { reading, given, window } = this.asked(part.list);
    const row = this.row(part, { self: shownMemory(m) }, reading, sql`page.value`, m.id);
    return arrayOf(memoryPagesSql(ownerSql(kind, id), reading, given as MemoryList, window, row, part.more));
  }

  #countOwned({ list }: { list: number }, { kind, id }: NonNullable<Shown['owner']>): SQL {
    const { reading, given, window } = this.asked(list);
    const counted = countMemoriesSql(ownerSql(kind, id), reading.asOf(window.asOf), given as MemoryList);
    return sql`(select whole.count from (${counted}) whole)`;
  }

  #list(part: ListPart, of: Under<typeof memories>): SQL {
    const { reading, given, window } = this.asked(part.list);
    if (part.name === 'versions') {
      const pages = versionPagesSql(lineageSql(of), reading, window, part.more);
      const row = this.row(part, { self: shownMemory(m) }, reading, sql`page.value`, m.id);
      return arrayOf(sql`select ${row} from ${pages} order by page.place`);
    }
    if (part.name !== 'relations') throw new Error(`no list of ${part.name} within a memory`);
    const parent = parentSql(of, reading.asOf(window.asOf));
    const pages = relationPagesSql(parent, reading, given as RelationFilter, window, part.more);
    // Where all point one way, the far end is the neighbour.
    const isFar = (end: 'from' | 'to') => (given as RelationFilter).direction === awayAt[end];
    const objects = {
      self: shownRow(r),
      edge: shownEdge,
      neighbor: shownMemory(m),
      from: shownMemory(isFar('from') ? m : ends.from),
      to: shownMemory(isFar('to') ? m : ends.to),
    };
    const row = this.row(part, objects, reading, r.strength, r.id);
    const led = (['from', 'to'] as const).filter((end) => !isFar(end) && part.parts.some((each) => each.of === end));
    const joined = led.map((end) => endSql(end, ends[end], reading));
    return arrayOf(sql`select ${row} from ${pages} ${sql.join(joined, sql` `)} order by page.place`);
  }

  row({ parts, placed }: ListPart, objects: Objects, reading: Reading, value: SQL, id: SQL): SQL {
    return jsonRow([...(placed ? [value, id] : []), ...this.values(parts, objects, reading)]);
  }

  #count({ list, name }: Extract<Part, { is: 'count' }>, of: Under<typeof memories>): SQL {
    const { reading, given, window } = this.asked(list);
    const then = reading.asOf(window.asOf);
    return name === 'versions'
      ? versionCountSql(of, then)
      : relationCountSql(parentSql(of, then), then, given as RelationFilter);
  }
}

/** The most bytes of one row, as JSON: it is read in one turn of the event loop, in a few milliseconds. */
const MAX_ROW = 1_048_576;

/** A row as text; null where it has more bytes than that: it is not sent, and so not held. */
const rowText = (row: SQL): SQL => sql`(
  select case when octet_length(made.value) <= ${sql.raw(String(MAX_ROW))} then made.value end
  from ${fenced(sql`select ${row}::text as value`)} made) as "row"`;

/**
 * Objects as rows of JSON (key, values): memories by their keys, which are filled in for `ids` as JSON, or one by what is
 * filled in for `value`. One key is said to be one: of an array the planner would count the elements each time.
 */
export function objectsSql(found: Found, parts: readonly Part[], reading: Reading, asked: readonly Asked[]): SQL {
  const nesting = new Nesting(asked);
  const value = placeholder('value');
  if (found.kind === 'memory' || found.kind === 'memories') {
    const row = rowText(jsonRow([m.id, ...nesting.values(parts, { self: shownMemory(m) }, reading)]));
    return found.kind === 'memory'
      ? sql`select ${row} from ${reading.from(m)} where ${m.workspaceId} = ${reading.workspaceId} and ${m.id} = ${value}::uuid`
      : sql`select ${row} from ${keyRows(sql`${placeholder('ids')}::jsonb`)} given ${reading.lookUp(m, sql`${m.id} = given.id`)}`;
  }
  const other = others[found.kind];
  const values = nesting.values(parts, { self: shownRow(other, { kind: found.kind, id: other.id }) }, reading);
  const name = found.kind === 'companion' ? others.companion.key : others.user.externalId;
  return sql`
    select ${rowText(jsonRow([other.id, ...values]))} from ${aliased(other)}
    where ${other.workspaceId} = ${reading.workspaceId} and ${found.by === 'id' ? sql`${other.id} = ${value}::uuid` : sql`${name} = ${value}`}`;
}

/** The page of a list of the workspace's memories, as rows of JSON. */
export function listSql(list: ListPart, asked: readonly Asked[]): SQL {
  const nesting = new Nesting(asked);
  const { reading, given, window } = nesting.asked(list.list);
  const row = nesting.row(list, { self: shownMemory(m) }, reading, sql`page.value`, m.id);
  return memoryPagesSql(theWorkspace, reading, given as MemoryList, window, rowText(row), list.more);
}

/** How many memories that list has. */
export function listCountSql({ list }: ListPart, asked: readonly Asked[]): SQL {
  const { reading, given, window } = new Nesting(asked).asked(list);
  return countMemoriesSql(theWorkspace, reading.asOf(window.asOf), given as MemoryList);
}
