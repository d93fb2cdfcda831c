import { type InferSelectModel, type SQL, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { pick, type Under } from '../../db/typed-sql.ts';
import { bounds, freeText, jsonObject, momentInput } from '../../kernel/input.ts';
import { memories } from '../../tables/memory.ts';

type Stored = InferSelectModel<typeof memories>;

/**
 * The plain fields of a memory, each with its allowed values: columns that are only stored. They are given when a
 * memory is made, changed by updateMemory, recorded by its events, exported and imported, and read as they are. Null
 * given for one clears it: the column becomes null, or its default where it has no null.
 */
export const plainFields = {
  summary: freeText(bounds.summary),
  context: jsonObject,
  expiresAt: momentInput,
} satisfies { [K in keyof Stored]?: z.ZodType<NonNullable<Stored[K]>> };

export type PlainField = keyof typeof plainFields;
export const plainNames = Object.keys(plainFields) as PlainField[];

/** Those that a memory is found by, see searchSql. A correction may state them again; it keeps all others. */
export const searchedNames = ['summary', 'context'] as const satisfies PlainField[];
export type SearchedField = (typeof searchedNames)[number];
export type KeptField = Exclude<PlainField, SearchedField>;
export const keptNames = plainNames.filter((name): name is KeptField => !searchedNames.some((other) => other === name));

/** Plain fields as they are given; undefined: not at all. */
export type GivenFields<K extends PlainField = PlainField> = {
  [Name in K]?: NonNullable<Stored[Name]> | null | undefined;
};
export type StoredFields = Pick<Stored, PlainField>;

/** Plain fields as they are stored. */
export const storedFields = (given: GivenFields): StoredFields =>
  Object.fromEntries(plainNames.map((name) => [name, storedValue(name, given[name])])) as StoredFields;

const storedValue = (name: PlainField, value: unknown): unknown => value ?? memories[name].default ?? null;

/** The columns of some plain fields, for a select list. */
export const plainColumns = (m: Under<typeof memories>) => pick(m, ...plainNames);

/** What an UPDATE sets of plain fields that are given. */
export function changesSql(given: GivenFields): { [K in PlainField]?: SQL } {
  const changed = plainNames.filter((name) => given[name] !== undefined);
  return Object.fromEntries(changed.map((name) => [name, valueSql(name, storedValue(name, given[name]))]));
}

function valueSql(name: PlainField, value: unknown): SQL {
  const type = sql.raw(memories[name].getSQLType());
  if (value instanceof Date) return sql`${value.toISOString()}::${type}`;
  if (typeof value === 'object' && value !== null) return sql`${JSON.stringify(value)}::${type}`;
  return typeof value === 'number' ? sql`${String(value)}::text::${type}` : sql`${value}::${type}`;
}
