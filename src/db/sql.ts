import { Placeholder, SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { renderSql } from './internals/render-sql.ts';

/** A list of uuids as one array parameter. */
export const uuids = (ids: readonly string[]): SQL => sql`${`{${ids.join(',')}}`}::uuid[]`;

/** A list of texts as one array parameter: strings of any content, so they travel as JSON. */
export const texts = (values: readonly string[]): SQL =>
  sql`array(select jsonb_array_elements_text(${JSON.stringify(values)}::jsonb))`;

/**
 * The same as an array of another type, each value once. Each is cast within the subquery, which is run once: a cast of
 * the whole array would be computed again for every row that is compared with it.
 */
export const textsAs = (values: readonly string[], type: string): SQL =>
  sql`array(select value::${sql.raw(type)} from jsonb_array_elements_text(${JSON.stringify([...new Set(values)])}::jsonb) given (value))`;

/** Rows as one JSON parameter, for `jsonb_to_recordset`. */
export const json = (value: unknown): SQL => sql`${JSON.stringify(value)}::jsonb`;

/**
 * Rows found by the conditions of `select` alone: no condition around it moves in, and none of its own moves out.
 * PostgreSQL applies row-level security before all conditions that are not declared leakproof, and no index can look
 * for those, such as comparisons of enums and reading a uuid from text. If such a condition is next to one that an
 * index is to look for, the planner may choose another index because of it, and read a whole workspace.
 */
export const fenced = (select: SQL): SQL => sql`(${select} offset 0)`;

/** The uuids of a JSON array parameter, as rows (id, position): read from text before an index is asked for them. */
export const keyRows = (ids: SQL): SQL =>
  fenced(sql`
    select id::uuid as id, position from jsonb_array_elements_text(${ids}) with ordinality given (id, position)`);

/** Conditions joined by `and`; none is true. */
export const all = (conditions: readonly SQL[]): SQL =>
  conditions.length === 0 ? sql`true` : sql.join([...conditions], sql` and `);

/** A moment as a parameter; null is none. */
export const moment = (date: Date | null): SQL => sql`${date?.toISOString() ?? null}::timestamptz`;

/** The database's clock, to the millisecond: later than the beginning of the transaction. */
export const CLOCK = sql`date_trunc('milliseconds', clock_timestamp())`;

const dialect = new PgDialect();

/** A statement with its text and parameters made already. */
class Ready extends SQL {
  readonly text: string;
  readonly params: readonly unknown[];

  constructor(text: string, params: readonly unknown[]) {
    super([]);
    this.text = text;
    this.params = params;
  }
}

/** Where a value goes that differs each time; see {@link prepared}. */
export const placeholder = (name: string): SQL => sql`${sql.placeholder(name)}`;

/** How many statements are kept made. */
const MAX_MADE = 2_000;
/** Stands for the workspace among the parameters of a statement that all workspaces share. */
const WORKSPACE = Symbol('workspace');
const known = new Map<string, Made>();

/** A statement that has been put together for all workspaces: see {@link make} and {@link fill}. */
export interface Made {
  readonly text: string;
  readonly params: readonly unknown[];
}

/** Puts a statement together. What `build` has placeholders for, and the workspace, are filled in later. */
export function make(workspaceId: string, build: () => SQL): Made {
  const { sql: text, params } = toQuery(build());
  return { text, params: params.map((param) => (param === workspaceId ? WORKSPACE : param)) };
}

/** The same statement that names the workspace by one parameter, however often it does. */
export function withOneWorkspace({ text, params }: Made): Made {
  const kept: unknown[] = [];
  const numbers = params.map((param) => {
    const known = param === WORKSPACE ? kept.indexOf(param) : -1;
    return known >= 0 ? known + 1 : kept.push(param);
  });
  return { text: text.replace(/\$(\d+)/g, (_all, number) => `$${numbers[Number(number) - 1]}`), params: kept };
}

/** A statement as it is sent: `values` go where it has placeholders of their names. */
export function fill({ text, params }: Made, workspaceId: string, values: Readonly<Record<string, unknown>>): SQL {
  const filled = (param: unknown) => {
    if (param === WORKSPACE) return workspaceId;
    return param instanceof Placeholder ? values[param.name] : param;
  };
  return new Ready(text, params.map(filled));
}

/** A row as one JSON array, for a statement that answers rows within rows. */
export const jsonRow = (columns: readonly SQL[]): SQL => sql`json_build_array(${sql.join([...columns], sql`, `)})`;

/** The rows that a select of one column answers, in its order, as one value: in JSON an array. */
export const arrayOf = (select: SQL): SQL => sql`array(${select})`;

/**
 * A statement that is put together once for each `key` and then only filled in: `values` go where `build` has
 * placeholders of their names, the workspace where it names that. The key has to cover everything else that `build`
 * depends on. null: it cannot, and the statement is put together each time.
 */
export function prepared(
  key: string | null,
  workspaceId: string,
  values: Readonly<Record<string, unknown>>,
  build: () => SQL,
): SQL {
  let statement = key === null ? undefined : known.get(key);
  if (!statement) {
    statement = make(workspaceId, build);
    if (known.size >= MAX_MADE) known.clear();
    if (key !== null) known.set(key, statement);
  }
  return fill(statement, workspaceId, values);
}

/** A statement's text and parameters. */
export function toQuery(statement: SQL): { sql: string; params: unknown[] } {
  if (statement instanceof Ready) return { sql: statement.text, params: [...statement.params] };
  return renderSql(statement) ?? dialect.sqlToQuery(statement);
}
