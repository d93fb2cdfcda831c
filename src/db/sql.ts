import { type SQL, sql } from 'drizzle-orm';

/** A list of uuids as one array parameter. */
export const uuids = (ids: readonly string[]): SQL => sql`${`{${ids.join(',')}}`}::uuid[]`;

/** A list of texts as one array parameter: strings of any content, so they travel as JSON. */
export const texts = (values: readonly string[]): SQL =>
  sql`array(select jsonb_array_elements_text(${JSON.stringify(values)}::jsonb))`;

/** Rows as one JSON parameter, for `jsonb_to_recordset`. */
export const json = (value: unknown): SQL => sql`${JSON.stringify(value)}::jsonb`;

/** Conditions joined by `and`; none is true. */
export const all = (conditions: readonly SQL[]): SQL =>
  conditions.length === 0 ? sql`true` : sql.join([...conditions], sql` and `);

/** A moment as a parameter; null is none. */
export const moment = (date: Date | null): SQL => sql`${date?.toISOString() ?? null}::timestamptz`;

/** The database's clock, to the millisecond: later than the beginning of the transaction. */
export const CLOCK = sql`date_trunc('milliseconds', clock_timestamp())`;
