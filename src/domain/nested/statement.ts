import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { arrayOf, jsonRow, placeholder } from '../../db/sql.ts';
import { aliased, type Under, under } from '../../db/typed-sql.ts';
import { columnSql, type MemoryColumn } from '../../model/memory/columns.ts';
import { companions } from '../../tables/companion.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import { users } from '../../tables/user.ts';
import { lineageSql, versionCountSql, versionPagesSql } from '../correction/list.ts';
import { countMemoriesSql, type MemoryList, memoryPagesSql, theWorkspace } from '../memory/list.ts';
import { awayAt, endSql, parentSql, relationCountSql, relationPagesSql } from '../relation/list.ts';
import type { RelationFilter } from '../relation/seen.ts';
import type { Asked, ListPart, Part, Place } from './plan.ts';

const m = under(memories, 'm');
const r = under(relations, 'r');
const ends = { from: under(memories, 'begin'), to: under(memories, 'finish') };
const others = { companion: under(companions, 'c'), user: under(users, 'u') };

/** The objects of a row, by their places: memories by their aliases, and others by what their columns are made from. */
type Objects = { [P in Place]?: Under<typeof memories> | ((column: string) => SQL) };

const seen = (column: string): SQL => {
  if (column !== 'direction') throw new Error(`no column ${column} of an edge`);
  return sql`page.direction`;
};
const columnsOf = (rows: object) => (column: string) => {
  const found = (rows as Record<string, SQL | undefined>)[column];
  if (!found) throw new Error(`no column ${column}`);
  return found;
};

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
      if (typeof object === 'function') {
        if (part.is !== 'column') throw new Error(`no ${part.is} of what is at ${part.of}`);
        return object(part.column);
      }
      if (part.is === 'column') return columnSql(part.column as MemoryColumn, object, reading);
      if (part.is === 'one') return this.#one(part.to, part.parts, object, reading);
      return part.is === 'count' ? this.#count(part, object) : this.#list(part, object);
    });
  }

  #one(to: 'companion' | 'user', parts: readonly Part[], of: Under<typeof memories>, reading: Reading): SQL {
    const other = others[to];
    const key = to === 'companion' ? of.companionId : of.userId;
    const values = this.values(parts, { self: columnsOf(other) }, reading);
    return sql`(select ${jsonRow(values)} from ${aliased(other)}
      where ${other.workspaceId} = ${reading.workspaceId} and ${other.id} = ${key})`;
  }

  #list(part: ListPart, of: Under<typeof memories>): SQL {
    const { reading, given, window } = this.asked(part.list);
    if (part.name === 'versions') {
      const pages = versionPagesSql(lineageSql(of), reading, window, part.more);
      const row = this.row(part, { self: m }, reading, sql`page.value`, m.id);
      return arrayOf(sql`select ${row} from ${pages} order by page.place`);
    }
    if (part.name !== 'relations') throw new Error(`no list of ${part.name} within a memory`);
    const parent = parentSql(of, reading.asOf(window.asOf));
    const pages = relationPagesSql(parent, reading, given as RelationFilter, window, part.more);
    // Where all point one way, the far end is the neighbour.
    const isFar = (end: 'from' | 'to') => (given as RelationFilter).direction === awayAt[end];
    const objects = {
      self: columnsOf(r),
      edge: seen,
      neighbor: m,
      from: isFar('from') ? m : ends.from,
      to: isFar('to') ? m : ends.to,
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

/** Memories by their keys, which are filled in for `ids`, as rows of JSON (key, values). */
export function memoriesSql(parts: readonly Part[], reading: Reading, asked: readonly Asked[]): SQL {
  const values = new Nesting(asked).values(parts, { self: m }, reading);
  return sql`
    select ${jsonRow([m.id, ...values])}::text as "row" from ${reading.from(m)}
    where ${m.workspaceId} = ${reading.workspaceId} and ${m.id} = any(${placeholder('ids')}::uuid[])`;
}

/** The page of a list of the workspace's memories, as rows of JSON. */
export function listSql(list: ListPart, asked: readonly Asked[]): SQL {
  const nesting = new Nesting(asked);
  const { reading, given, window } = nesting.asked(list.list);
  const row = nesting.row(list, { self: m }, reading, sql`page.value`, m.id);
  return memoryPagesSql(theWorkspace, reading, given as MemoryList, window, sql`${row}::text as "row"`, list.more);
}

/** How many memories that list has. */
export function listCountSql({ list }: ListPart, asked: readonly Asked[]): SQL {
  const { reading, given, window } = new Nesting(asked).asked(list);
  return countMemoriesSql(theWorkspace, reading.asOf(window.asOf), given as MemoryList);
}
