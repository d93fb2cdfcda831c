import { type SQL, sql } from 'drizzle-orm';

/** True of a version, a row of `memories` under the alias `m`, that is believed and true at the moment: at most one of a lineage. */
export function holdsSql(m: SQL, validAt: SQL): SQL {
  return sql`(${m}.retracted_at is null and ${m}.valid_from <= ${validAt} and (${m}.valid_until is null or ${m}.valid_until > ${validAt}))`;
}
