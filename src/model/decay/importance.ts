import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { memoryType } from '../../tables/all.ts';

/** PostgreSQL fails where a product underflows: what lies this little above its floor, and what halves more, is left. */
const LEAST_ABOVE = sql.raw('1e-100::float8');
const MAX_HALVINGS = sql.raw('200::float8');

interface Fading {
  /** Days. */
  halfLife: SQL;
  floor: SQL;
  stretch: SQL;
  /** At or below it importance stays as stored. */
  least: SQL;
  /** The moment decayed to. */
  at: SQL;
}

/**
 * Importance 0–10 at a moment, of a row that has the base of decay: exponential decay with a half-life,
 * `floor + (importance − floor) · 2^(−Δdays / halfLife′)`, Δ never below 0.
 */
const faded = (base: SQL, { halfLife, floor, stretch, least, at }: Fading): SQL => sql`
  case when ${base}.importance <= ${least} then ${base}.importance
    else ${floor} + (${base}.importance - ${floor}) * power(2::float8, -least(${MAX_HALVINGS},
      greatest(0, date_part('epoch', ${at} - ${base}.importance_as_of)) / 86400
      / (${halfLife} * (1 + ${stretch} * ln(1 + ${base}.access_count::float8))))) end`;

const LEAST = sql`case when half_life_days is null then 'Infinity'::float8 else floor + ${LEAST_ABOVE} end`;

/** The same under the policy in force at the reading's `knownAt`, looked up for the row: for the few rows of a page. */
function lookedUp(base: SQL, reading: Reading): SQL {
  const fading = {
    halfLife: sql`p.half_life_days`,
    floor: sql`p.floor`,
    stretch: sql`p.access_stretch`,
    least: sql`(${LEAST})`,
    at: reading.instant,
  };
  return sql`(select ${faded(base, fading)} from ${reading.from('decayPolicies')} p
    where p.workspace_id = ${reading.workspaceId} and p.type = ${base}.type)`;
}

const parts = {
  half_life: sql`half_life_days`,
  floor: sql`floor`,
  stretch: sql`access_stretch`,
  least: LEAST,
  archive_below: sql`archive_below`,
};

const nameOf = (type: string, part: string) => sql.identifier(`${type.toLowerCase()}_${part}`);

/**
 * For statements that decay many rows: what they begin with, the common table `policies`. Its one row holds the
 * policies in force at the reading's `knownAt` and the moment decayed to, so that nothing is looked up row by row.
 */
export function withPolicies(reading: Reading): SQL {
  const columns = memoryType.enumValues.flatMap((type) =>
    Object.entries(parts).map(
      ([part, value]) => sql`max(${value}) filter (where type = ${sql.raw(`'${type}'`)}) as ${nameOf(type, part)}`,
    ),
  );
  return sql`with policies as materialized (
    select ${reading.instant} as at, ${sql.join(columns, sql`, `)}
    from ${reading.from('decayPolicies')} p where p.workspace_id = ${reading.workspaceId})`;
}

/** What the policy of a row's type says, of `policies`. */
const ofType = (base: SQL, of: (type: string) => SQL): SQL => {
  const cases = memoryType.enumValues.map((type) => sql`when ${sql.raw(`'${type}'`)} then ${of(type)}`);
  return sql`(case ${base}.type ${sql.join(cases, sql` `)} end)`;
};

const policyPart = (type: string, part: keyof typeof parts) => sql`(select ${nameOf(type, part)} from policies)`;

/** The same under `policies`. */
const scanned = (base: SQL): SQL =>
  ofType(base, (type) => {
    const [halfLife, floor, stretch] = [
      policyPart(type, 'half_life'),
      policyPart(type, 'floor'),
      policyPart(type, 'stretch'),
    ];
    const least = policyPart(type, 'least');
    return faded(base, { halfLife, floor, stretch, least, at: sql`(select at from policies)` });
  });

/** `archiveBelow` for a row of `memories` under the alias `m`, where the statement begins with {@link withPolicies}. */
export const archiveBelowSql = (m: SQL): SQL => ofType(m, (type) => policyPart(type, 'archive_below'));

/**
 * Importance of a row of `memories` under the alias `m` at the reading's `validAt`: from the base in force then, which
 * is an earlier one than the row's where it was stated anew since; from the first before that. `from`: whether the
 * policy is looked up for each row, or the statement begins with {@link withPolicies} of this reading.
 */
export function importanceSql(m: SQL, reading: Reading, from: 'lookup' | 'policies' = 'lookup'): SQL {
  const { workspaceId, validAt, looksBack } = reading;
  const at = (base: SQL) => (from === 'policies' ? scanned(base) : lookedUp(base, reading));
  if (!looksBack) return at(m);
  const bases = (table: SQL) =>
    sql`select type, importance, importance_as_of, access_count, known_from from ${table} where workspace_id = ${workspaceId} and id = ${m}.id`;
  return sql`(case when ${m}.importance_as_of <= ${validAt} then ${at(m)} else (
    select ${at(sql`base`)}
    from (${bases(sql`memories`)} union all ${bases(sql`memories_history`)}) base
    order by (known_from <= ${validAt}) desc,
      case when known_from <= ${validAt} then ${validAt} - known_from else known_from - ${validAt} end
    limit 1) end)`;
}
