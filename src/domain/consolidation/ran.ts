import { type SQL, sql } from 'drizzle-orm';
import { all, CLOCK } from '../../db/sql.ts';
import type { Transaction, WriteTransaction } from '../../db/transaction.ts';
import {
  aliased,
  fields,
  insertSelect,
  names,
  nullable,
  pick,
  type RowOf,
  set,
  under,
  valueFor,
} from '../../db/typed-sql.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { companions } from '../../tables/companion.ts';
import { memories } from '../../tables/memory.ts';
import { consolidations } from '../../tables/summary.ts';
import type { ConsolidationTrigger } from './settings.ts';

const c = under(companions, 'c');
const excluded = under(consolidations, 'excluded');
const k = under(consolidations, 'k');
const m = under(memories, 'm');

const DAY_MS = 86_400_000;

/** Notes that all memories of a companion have been looked at by a run that began at a moment. */
export async function noteRan(
  tx: WriteTransaction,
  companion: CompanionRef,
  began: Date,
  examined: number,
): Promise<void> {
  await tx.rows(sql`
    ${insertSelect(
      consolidations,
      {
        workspaceId: c.workspaceId,
        companionId: c.id,
        ranAt: valueFor(consolidations.ranAt, began),
        examined: valueFor(consolidations.examined, examined),
      },
      sql`from ${aliased(c)}
        where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = ${companionIdSql(companion, tx.workspaceId)}`,
    )}
    on conflict (${names(consolidations, 'workspaceId', 'companionId')}) do update
    set ${set(consolidations, { ranAt: excluded.ranAt, examined: excluded.examined })}`);
}

/** A companion, and whether it is time for a run over its memories. */
export interface Looked {
  id: string;
  key: string;
  isDue: boolean;
}

/** Which companions are looked at: the next so many, by their keys in the database, or one. */
export type Which = { after: string | null; rows: number } | { id: string };

const selected = (fresh: SQL<number>) =>
  fields({ ...pick(c, 'id', 'key'), ranAt: nullable(k.ranAt), moment: CLOCK as SQL<Date>, fresh });

/**
 * Looks whether it is time for a run over the memories of companions, in one statement: of each no more memories are counted
 * than make it so. Reflections do not count.
 */
export async function lookAt(tx: Transaction, trigger: ConsolidationTrigger, which: Which): Promise<Looked[]> {
  const { workspaceId } = tx;
  // In the order of the index: else a table may be read through for each companion that has few.
  const recorded = sql<number>`(select count(*)::int from (
    select from ${aliased(m)} where ${m.workspaceId} = ${workspaceId} and ${m.companionId} = ${c.id}
      and ${m.recordedAt} > coalesce(${k.ranAt}, '-infinity'::timestamptz) and ${m.type} <> 'REFLECTION'
    order by ${m.recordedAt} limit ${trigger.when === 'threshold' ? trigger.threshold : 0}) recorded)`;
  const conditions = [
    sql`${c.workspaceId} = ${workspaceId}`,
    ...('id' in which ? [sql`${c.id} = ${which.id}::uuid`] : []),
    ...('after' in which && which.after ? [sql`${c.id} > ${which.after}::uuid`] : []),
  ];
  const rows = await tx.rows<RowOf<ReturnType<typeof selected>>>(sql`
    select ${selected(trigger.when === 'threshold' ? recorded : sql<number>`0`)} from ${aliased(c)}
    left join ${aliased(k)} on ${k.workspaceId} = ${workspaceId} and ${k.companionId} = ${c.id}
    where ${all(conditions)} order by ${c.id} limit ${'id' in which ? 1 : which.rows}`);
  return rows.map(({ id, key, ranAt, moment, fresh }) => ({
    id,
    key,
    isDue:
      trigger.when === 'threshold'
        ? fresh >= trigger.threshold
        : ranAt === null || moment.getTime() - ranAt.getTime() >= DAY_MS,
  }));
}

const named = fields(pick(c, 'id', 'key'));

/** The next so many companions by their keys in the database, or the one of a key. */
export function companionsAfter(
  tx: Transaction,
  { key, after, rows }: { key?: string | undefined; after: string | null; rows: number },
): Promise<RowOf<typeof named>[]> {
  const conditions = [
    sql`${c.workspaceId} = ${tx.workspaceId}`,
    ...(key === undefined ? [] : [sql`${c.key} = ${key}`]),
    ...(after ? [sql`${c.id} > ${after}::uuid`] : []),
  ];
  return tx.rows(sql`select ${named} from ${aliased(c)} where ${all(conditions)} order by ${c.id} limit ${rows}`);
}
