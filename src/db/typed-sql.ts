import { getColumns, getTableName, type InferSelectModel, SQL, StringChunk, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';

// Drizzle's own alias() and insert() would serve, were statements built by its query builder. Ours are written, and
// rendered by toQuery in a tenth of the time: here columns are plain pieces of SQL, named by the tables alone.

type Columns<T extends PgTable> = T['_']['columns'];
type Key<T extends PgTable> = keyof InferSelectModel<T> & string;
type Value<T extends PgTable, K extends Key<T>> = InferSelectModel<T>[K];

const TABLE = Symbol('table');
const ALIAS = Symbol('alias');
const SOURCE = Symbol('source');

/** A table under the alias of a statement: each of its columns as SQL, `m.lineageId` being `m.lineage_id`. */
export type Under<T extends PgTable> = { readonly [K in Key<T>]: SQL<Value<T, K>> } & {
  readonly [TABLE]: T;
  readonly [ALIAS]: string;
};

/** A piece of SQL that is text alone. */
const piece = <V>(text: string): SQL<V> => new SQL([new StringChunk(text)]) as SQL<V>;

/** A table under an alias, a plain identifier. */
export function under<T extends PgTable>(table: T, alias: string): Under<T> {
  const columns = Object.entries(getColumns(table)).map(([key, column]) => [key, piece(`${alias}.${column.name}`)]);
  return Object.assign(Object.fromEntries(columns), { [TABLE]: table, [ALIAS]: alias });
}

/** The table that something is an alias of. */
export const tableOf = <T extends PgTable>(rows: Under<T>): T => rows[TABLE];

/** The alias itself, as for `count(m)` or a whole row. */
export const aliasOf = (rows: { readonly [ALIAS]: string }): SQL => piece(rows[ALIAS]);

/** What goes behind FROM, UPDATE or DELETE FROM: a table and its alias, `memories m`, or a {@link recordset}. */
export function aliased(
  rows: { readonly [TABLE]: PgTable; readonly [ALIAS]: string } | { readonly [SOURCE]: SQL },
): SQL {
  if (SOURCE in rows) return rows[SOURCE];
  return piece(`${getTableName(rows[TABLE])} ${rows[ALIAS]}`);
}

const columnsOf = (table: PgTable): Record<string, PgColumn> => getColumns(table);

/** The name of a table, for INSERT INTO. */
export const nameOf = (table: PgTable): SQL => piece(getTableName(table));

/** Columns by their names alone, for ON CONFLICT, RETURNING and lists without an alias: `workspace_id, id`. */
export function names<T extends PgTable>(table: T, ...keys: Key<T>[]): SQL {
  const columns = columnsOf(table);
  return piece(keys.map((key) => (columns[key] as PgColumn).name).join(', '));
}

/** A select list, made by {@link fields}; the type says the rows that are read with it. */
export class Fields<Row> extends SQL<Row> {
  declare readonly row: Row;
}
/** The rows that are read with a select list. */
export type RowOf<F> = F extends Fields<infer Row> ? Row : never;

/** The rows that are made from pieces of SQL by name. */
export type RowFrom<F extends Record<string, SQL>> = {
  -readonly [K in keyof F]: F[K] extends SQL<infer V> ? V : never;
};

/** A select list: each name of a row and what it is made from. `prefix` goes before the names in the result. */
export function fields<F extends Record<string, SQL>>(from: F, prefix = ''): Fields<RowFrom<F>> {
  const parts = Object.entries(from).map(([name, value]) => sql`${value} as ${sql.identifier(prefix + name)}`);
  return new Fields([sql.join(parts, sql`, `)]);
}

/**
 * Some columns by their own names: `pick(m, 'id', 'content')` for {@link fields}, `pick(memories, 'id')` for
 * {@link recordset}.
 */
export function pick<A extends Record<K, SQL | PgColumn>, K extends string>(rows: A, ...keys: K[]): Pick<A, K> {
  return Object.fromEntries(keys.map((key) => [key, rows[key]])) as Pick<A, K>;
}

/**
 * The rows of a subquery under an alias: `base.knownFrom` is `base."knownFrom"`, as {@link fields} names them. What
 * columns they are made from says the types: `derived('base', pick(m, 'knownFrom'))`.
 */
export function derived<F extends Record<string, SQL>>(alias: string, columns: F): F {
  return Object.fromEntries(Object.keys(columns).map((key) => [key, piece(`${alias}."${key}"`)])) as F;
}

/** A column of an outer join, which is null where nothing was joined. */
export const nullable = <V>(column: SQL<V>): SQL<V | null> => column as SQL<V | null>;

/** What an UPDATE sets, column by column; undefined leaves one out. */
export function set<T extends PgTable>(table: T, values: { [K in Key<T>]?: SQL | undefined }): SQL {
  const columns = columnsOf(table);
  const parts = Object.entries(values).flatMap(([key, value]) =>
    value ? [sql`${piece((columns[key] as PgColumn).name)} = ${value}`] : [],
  );
  return sql.join(parts, sql`, `);
}

/** The SQL type of a column: Drizzle leaves out that it is an array. */
const sqlTypeOf = (column: PgColumn): string => column.getSQLType() + '[]'.repeat(column.dimensions);

/**
 * A value as a parameter, with the type of the column that it is for. Numbers travel as text: a driver may round them.
 */
export function valueFor<C extends PgColumn>(column: C, value: ShapeValue<C>): SQL<ShapeValue<C>> {
  const type = piece(sqlTypeOf(column));
  if (value === null) return sql`${value}::${type}`;
  if (value instanceof Date) return sql`${value.toISOString()}::${type}`;
  if (typeof value === 'number') return sql`${String(value)}::text::${type}`;
  return sql`${typeof value === 'object' ? JSON.stringify(value) : value}::${type}`;
}

type HasDefault<C> = C extends { _: { hasDefault: true } }
  ? true
  : C extends { _: { generated: object } }
    ? true
    : false;
/** A value for each column of a table; one with a default may be left out, one that may be null may not. */
export type Inserted<T extends PgTable, V = SQL> = {
  [K in Key<T> as HasDefault<Columns<T>[K]> extends true ? never : K]: V;
} & { [K in Key<T> as HasDefault<Columns<T>[K]> extends true ? K : never]?: V };

/** `insert into … select … from …`: what each column gets, and `source`, the rest of the select from its FROM on. */
export function insertSelect<T extends PgTable>(table: T, values: Inserted<T>, source: SQL): SQL {
  const given = Object.entries(values as Record<string, SQL | undefined>).flatMap(([key, value]) =>
    value ? [[key as Key<T>, value] as const] : [],
  );
  const keys = names(table, ...given.map(([key]) => key));
  return sql`insert into ${nameOf(table)} (${keys}) select ${sql.join(
    given.map(([, value]) => value),
    sql`, `,
  )} ${source}`;
}

/** A column of a {@link recordset} that no table has: `type` is its SQL type. */
export const typed = <V>(type: string): { sqlType: string; value?: V } => ({ sqlType: type });

type Shape = Record<string, PgColumn | { sqlType: string }>;
type ShapeValue<C> = C extends PgColumn
  ? C['_']['notNull'] extends true
    ? C['_']['data']
    : C['_']['data'] | null
  : C extends { value?: infer V }
    ? V
    : never;
/** The rows a {@link recordset} of this shape is given. */
export type RowsOf<S extends Shape> = { [K in keyof S]: ShapeValue<S[K]> };
/** Rows that travel as JSON, as a table under an alias. */
export type Recordset<S extends Shape> = { readonly [K in keyof S]: SQL<ShapeValue<S[K]>> } & {
  readonly [ALIAS]: string;
  readonly [SOURCE]: SQL;
};

/**
 * Rows that travel as one JSON parameter, as a table under an alias; `rows` may be a parameter that is filled in later.
 * Their shape is said by columns of tables, and by {@link typed} for what no table has.
 */
export function recordset<S extends Shape>(alias: string, shape: S, rows: readonly RowsOf<S>[] | SQL): Recordset<S> {
  const entries = Object.entries(shape);
  const columns = Object.fromEntries(entries.map(([key]) => [key, piece(`${alias}."${key}"`)]));
  const types = entries.map(([key, type]) => `"${key}" ${'sqlType' in type ? type.sqlType : sqlTypeOf(type)}`);
  const data = rows instanceof SQL ? rows : sql`${JSON.stringify(rows)}`;
  const source = sql`jsonb_to_recordset(${data}::jsonb) as ${piece(`${alias} (${types.join(', ')})`)}`;
  return Object.assign(columns, { [ALIAS]: alias, [SOURCE]: source }) as never;
}
