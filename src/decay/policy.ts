import { type SQL, sql } from 'drizzle-orm';
import type { WriteScope } from '../db/scope.ts';
import { json } from '../db/sql.ts';
import { memoryType } from '../db/tables.ts';

export type MemoryType = (typeof memoryType.enumValues)[number];

/** How the importance of memories of one type fades. */
export interface DecayPolicy {
  /** Days in which what lies above the floor halves; null: never fades. */
  halfLifeDays: number | null;
  /** 0–10: importance does not decay below it. */
  floor: number;
  /** How much each access lengthens the half-life: × (1 + accessStretch · ln(1 + accessCount)). */
  accessStretch: number;
}

const policy = (halfLifeDays: number | null): DecayPolicy => ({ halfLifeDays, floor: 0, accessStretch: 0.5 });

/** What holds for a workspace that has set nothing. */
export const defaultPolicies: Readonly<Record<MemoryType, DecayPolicy>> = {
  FACT: policy(180),
  PREFERENCE: policy(120),
  EXPERIENCE: policy(30),
  REFLECTION: policy(60),
  INSTRUCTION: policy(null),
};

/** Gives a workspace the default policies for the types it has none for: in force at every point before they are changed. */
export async function setDefaultPolicies(tx: WriteScope): Promise<void> {
  const rows = Object.entries(defaultPolicies).map(([type, each]) => ({ type, ...each }));
  await tx.rows(sql`
    insert into decay_policies (workspace_id, type, half_life_days, floor, access_stretch, known_from)
    select ${tx.workspaceId}::uuid, type, "halfLifeDays", floor, "accessStretch", '0001-01-01T00:00:00Z'
    from jsonb_to_recordset(${json(rows)})
      as policy (type memory_type, "halfLifeDays" float8, floor float8, "accessStretch" float8)
    on conflict (workspace_id, type) do nothing`);
}

/** What decay starts from: importance 0–10 as it was at `importanceAsOf`. */
export interface ImportanceBase {
  type: MemoryType;
  importance: number;
  importanceAsOf: Date;
  accessCount: number;
}

const MS_PER_DAY = 86_400_000;
/** PostgreSQL fails where a product underflows: what lies this little above its floor, and what halves more, is left. */
const LEAST_ABOVE = 1e-100;
const MAX_HALVINGS = 200;

/**
 * Importance at a moment, 0–10: exponential decay with a half-life,
 * `floor + (importance − floor) · 2^(−Δdays / halfLife′)`, Δ never below 0. At or below its floor it stays as stored.
 */
export function importanceAt(base: ImportanceBase, moment: Date): number {
  const { halfLifeDays, floor, accessStretch } = defaultPolicies[base.type];
  if (halfLifeDays === null || base.importance <= floor + LEAST_ABOVE) return base.importance;
  const days = Math.max(0, moment.getTime() - base.importanceAsOf.getTime()) / MS_PER_DAY;
  const halfLife = halfLifeDays * (1 + accessStretch * Math.log(1 + base.accessCount));
  return floor + (base.importance - floor) * 2 ** -Math.min(MAX_HALVINGS, days / halfLife);
}

/** The same of a row of `memories` under the alias `memory`, in SQL. */
export function importanceSql(memory: SQL, moment: SQL): SQL {
  const cases = memoryType.enumValues.map((type) => {
    const { halfLifeDays, floor, accessStretch } = defaultPolicies[type];
    if (halfLifeDays === null) return sql`when ${sql.raw(`'${type}'`)} then ${memory}.importance`;
    const [halfLife, lowest, stretch, least, most] = [
      halfLifeDays,
      floor,
      accessStretch,
      floor + LEAST_ABOVE,
      MAX_HALVINGS,
    ].map((n) => sql.raw(`${n}::float8`));
    return sql`when ${sql.raw(`'${type}'`)} then case when ${memory}.importance <= ${least} then ${memory}.importance
      else ${lowest} + (${memory}.importance - ${lowest}) * power(2::float8, -least(${most},
        greatest(0, extract(epoch from ${moment} - ${memory}.importance_as_of)::float8) / 86400
        / (${halfLife} * (1 + ${stretch} * ln(1 + ${memory}.access_count::float8))))) end`;
  });
  return sql`(case ${memory}.type ${sql.join(cases, sql` `)} end)`;
}
