import { type SQL, sql } from 'drizzle-orm';
import type { Under } from '../../db/typed-sql.ts';
import type { memories } from '../../tables/memory.ts';

/** True of a version that is believed, and true in the world at the moment: at most one of a lineage. */
export function holdsSql(
  m: Pick<Under<typeof memories>, 'retractedAt' | 'validFrom' | 'validUntil'>,
  validAt: SQL,
): SQL<boolean> {
  return sql`(${m.retractedAt} is null and ${m.validFrom} <= ${validAt} and (${m.validUntil} is null or ${m.validUntil} > ${validAt}))`;
}
