import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { aliased, derived, fields, pick, type Under, under } from '../../db/typed-sql.ts';
import { decayPolicies } from '../../tables/decay.ts';
import { memories, memoriesHistory, memoryType } from '../../tables/memory.ts';

/** PostgreSQL fails where a product underflows. So decay ends this close to the floor, and after so many half-lives. */
const LEAST_ABOVE = sql.raw('1e-100::float8');
const MAX_HALVINGS = sql.raw('200::float8');

const p = under(decayPolicies, 'p');
type Memories = Under<typeof memories>;
/** What importance is decayed from. */
type Base = Pick<Memories, 'type' | 'importance' | 'importanceAsOf' | 'accessCount'>;

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
const faded = (base: Base, { halfLife, floor, stretch, least, at }: Fading): SQL<number> => sql`
  case when ${base.importance} <= ${least} then ${base.importance}
    else ${floor} + (${base.importance} - ${floor}) * power(2::float8, -least(${MAX_HALVINGS},
      greatest(0, date_part('epoch', ${at} - ${base.importanceAsOf})) / 86400
      / (${halfLife} * (1 + ${stretch} * ln(1 + ${base.accessCount}::float8))))) end`;

const LEAST = sql`case when ${p.halfLifeDays} is null then 'Infinity'::float8 else ${p.floor} + ${LEAST_ABOVE} end`;

/**
 * {@link faded} under the policy in force at the reading's `knownAt`, looked up for each row: for the rows of a page.
 */
function lookedUp(base: Base, reading: Reading): SQL<number> {
  const fading = {
    halfLife: p.halfLifeDays,
    floor: p.floor,
    stretch: p.accessStretch,
    least: sql`(${LEAST})`,
    at: reading.instant,
  };
  return sql`(select ${faded(base, fading)} from ${reading.from(p)}
    where ${p.workspaceId} = ${reading.workspaceId} and ${p.type} = ${base.type})`;
}

const parts = {
  half_life: p.halfLifeDays,
  floor: p.floor,
  stretch: p.accessStretch,
  least: LEAST,
  archive_below: p.archiveBelow,
};

const partName = (type: string, part: string) => sql.identifier(`${type.toLowerCase()}_${part}`);

/**
 * For statements that decay many rows: what they begin with, the common table `policies`. Its one row holds the
 * policies in force at the reading's `knownAt` and the moment decayed to, so that nothing is looked up row by row.
 */
export function withPolicies(reading: Reading): SQL {
  const columns = memoryType.enumValues.flatMap((type) =>
    Object.entries(parts).map(
      ([part, value]) =>
        sql`max(${value}) filter (where ${p.type} = ${sql.raw(`'${type}'`)}) as ${partName(type, part)}`,
    ),
  );
  return sql`with policies as materialized (
    select ${reading.instant} as at, ${sql.join(columns, sql`, `)}
    from ${reading.from(p)} where ${p.workspaceId} = ${reading.workspaceId})`;
}

/** What the policy of a row's type says, of `policies`. */
const ofType = <V>(base: Pick<Base, 'type'>, of: (type: string) => SQL<V>): SQL<V> => {
  const cases = memoryType.enumValues.map((type) => sql`when ${sql.raw(`'${type}'`)} then ${of(type)}`);
  return sql`(case ${base.type} ${sql.join(cases, sql` `)} end)`;
};

type PolicyPart = (name: SQL) => SQL;
const policyPart: PolicyPart = (name) => sql`(select ${name} from policies)`;
/** Where the rows of a statement are joined with `policies`, whose parts then need no plan each. */
const joinedPart: PolicyPart = (name) => sql`policies.${name}`;

/** {@link faded} under `policies`. */
const scanned = (base: Base, part: PolicyPart): SQL<number> =>
  ofType(base, (type) => {
    const of = (name: keyof typeof parts) => part(sql`${partName(type, name)}`);
    const [halfLife, floor, stretch, least] = [of('half_life'), of('floor'), of('stretch'), of('least')];
    return faded(base, { halfLife, floor, stretch, least, at: part(sql`at`) });
  });

/** `archiveBelow` for a memory, where the statement begins with {@link withPolicies}. */
export const archiveBelowSql = (m: Memories): SQL =>
  ofType(m, (type) => policyPart(sql`${partName(type, 'archive_below')}`));

/**
 * Importance of a memory at the reading's `validAt`, decayed from the base in force then: an earlier one than the row's
 * where it was stated again later; before the first base, from that. `from`: whether the policy is looked up for each
 * row, or the statement begins with {@link withPolicies} of this reading, or joins that with the rows besides.
 */
export function importanceSql(
  m: Memories,
  reading: Reading,
  from: 'lookup' | 'policies' | 'joined policies' = 'lookup',
): SQL<number> {
  const { workspaceId, validAt, looksBack } = reading;
  const at = (base: Base) =>
    from === 'lookup' ? lookedUp(base, reading) : scanned(base, from === 'policies' ? policyPart : joinedPart);
  if (!looksBack) return at(m);
  const bases = [under(memories, 'b'), under(memoriesHistory, 'b')].map(
    (b) => sql`
      select ${fields(pick(b, 'type', 'importance', 'importanceAsOf', 'accessCount', 'knownFrom'))}
      from ${aliased(b)} where ${b.workspaceId} = ${workspaceId} and ${b.id} = ${m.id}`,
  );
  const base = derived('base', pick(m, 'type', 'importance', 'importanceAsOf', 'accessCount', 'knownFrom'));
  return sql`(case when ${m.importanceAsOf} <= ${validAt} then ${at(m)} else (
    select ${at(base)}
    from (${sql.join(bases, sql` union all `)}) base
    order by (${base.knownFrom} <= ${validAt}) desc,
      case when ${base.knownFrom} <= ${validAt} then ${validAt} - ${base.knownFrom} else ${base.knownFrom} - ${validAt} end
    limit 1) end)`;
}
