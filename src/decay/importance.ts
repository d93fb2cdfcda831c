import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../db/history.ts';
import { memoryType } from '../db/tables.ts';

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
}

/**
 * Importance 0–10 at a moment, of a row that has the base of decay: exponential decay with a half-life,
 * `floor + (importance − floor) · 2^(−Δdays / halfLife′)`, Δ never below 0.
 */
const faded = (base: SQL, { halfLife, floor, stretch, least }: Fading, moment: SQL): SQL => sql`
  case when ${base}.importance <= ${least} then ${base}.importance
    else ${floor} + (${base}.importance - ${floor}) * power(2::float8, -least(${MAX_HALVINGS},
      greatest(0, extract(epoch from ${moment} - ${base}.importance_as_of)::float8) / 86400
      / (${halfLife} * (1 + ${stretch} * ln(1 + ${base}.access_count::float8))))) end`;

const LEAST = sql`case when half_life_days is null then 'Infinity'::float8 else floor + ${LEAST_ABOVE} end`;

/** The same under the policy in force at the reading's `knownAt`, looked up for the row: for the few rows of a page. */
function lookedUp(base: SQL, reading: Reading): SQL {
  const fading = {
    halfLife: sql`p.half_life_days`,
    floor: sql`p.floor`,
    stretch: sql`p.access_stretch`,
    least: sql`(${LEAST})`,
  };
  return sql`(select ${faded(base, fading, reading.validAt)} from ${reading.from('decayPolicies')} p
    where p.workspace_id = ${reading.workspaceId} and p.type = ${base}.type)`;
}

/** The policies in force at the reading's `knownAt` as one row of arrays, in the order of the enum: for scans, in FROM. */
export const policiesSql = (reading: Reading): SQL => sql`(
  select array_agg(half_life_days order by type) as half_life, array_agg(floor order by type) as floor,
    array_agg(access_stretch order by type) as stretch, array_agg(${LEAST} order by type) as least,
    array_agg(archive_below order by type) as archive_below
  from ${reading.from('decayPolicies')} p where p.workspace_id = ${reading.workspaceId})`;

/** What a row's type has in an array of {@link policiesSql}. */
const ofType = (base: SQL, of: (place: SQL) => SQL): SQL => {
  const cases = memoryType.enumValues.map((type, index) =>
    sql.raw(`when '${type}' then `).append(of(sql.raw(`${index + 1}`))),
  );
  return sql`(case ${base}.type ${sql.join(cases, sql` `)} end)`;
};

/** The same under the policies that stand in FROM under the alias `p`. */
const scanned = (base: SQL, p: SQL, reading: Reading): SQL =>
  ofType(base, (place) => {
    const part = (name: string) => sql`${p}.${sql.identifier(name)}[${place}]`;
    const fading = {
      halfLife: part('half_life'),
      floor: part('floor'),
      stretch: part('stretch'),
      least: part('least'),
    };
    return faded(base, fading, reading.validAt);
  });

/** `archiveBelow` for a row of `memories` under the alias `m`, of the policies that stand in FROM under the alias `p`. */
export const archiveBelowSql = (m: SQL, p: SQL): SQL => ofType(m, (place) => sql`${p}.archive_below[${place}]`);

/**
 * Importance of a row of `memories` under the alias `m` at the reading's `validAt`: from the base in force then, which
 * is an earlier one than the row's where it was stated anew since; from the first before that. `policies`: the alias
 * of {@link policiesSql} in FROM; without, they are looked up for each row.
 */
export function importanceSql(m: SQL, reading: Reading, policies?: SQL): SQL {
  const { workspaceId, validAt, looksBack } = reading;
  const at = (base: SQL) => (policies ? scanned(base, policies, reading) : lookedUp(base, reading));
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
