import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, type Under, under } from '../../db/typed-sql.ts';
import { type FindingKind, findingKind, findings } from '../../tables/finding.ts';
import { memories } from '../../tables/memory.ts';
import { type MemoryStatus, statusSql } from '../memory/columns.ts';

const f = under(findings, 'f');
const side = under(memories, 'side');

/** What a finding that is not SAME says of the older memory: it is possibly out of date. */
const OUTDATING: readonly FindingKind[] = ['UPDATE', 'CONFLICT', 'NEGATION'];
/** How many findings of one memory are looked at, the likeliest. */
export const MOST_OUTDATING = 5;

/** What can still be judged: either side may begin later, and neither has ended, expired or been archived or taken back. */
export const JUDGEABLE: readonly MemoryStatus[] = ['ACTIVE', 'DISPUTED', 'UPCOMING'];

/** True where the version `id` has one of some statuses. */
export const standsSql = (id: SQL, reading: Reading, statuses: readonly MemoryStatus[]): SQL => sql`exists (
  select from ${reading.from(side)} where ${side.workspaceId} = ${reading.workspaceId} and ${side.id} = ${id}
    and ${statusSql(side, reading)} = any(${`{${statuses.join(',')}}`}::text[]) offset 0)`;

/** True of a finding that waits for its verdict; of a past point: that had been found by then, and waited. */
const waitsSql = (rows: Under<typeof findings>, { known }: Reading): SQL =>
  known
    ? sql`${rows.foundAt} <= ${known} and (${rows.verdict} is null or ${rows.judgedAt} > ${known})`
    : sql`${rows.verdict} is null`;

/**
 * The findings, under the alias `f`, one side of which, `own`, is a lineage. They are looked up by that alone, and other
 * conditions come after: without statistics the planner takes the index of all that wait to be shorter. `more`: conditions
 * that no index has.
 */
export const findingsOf = (own: SQL, lineage: SQL, { workspaceId }: Reading, more: readonly SQL[] = []): SQL => sql`(
  select * from ${aliased(f)}
  where ${all([sql`${f.workspaceId} = ${workspaceId}`, sql`${own} = ${lineage}`, ...more])} offset 0) f`;

/** How many findings of a version that wait are looked at for such whose memories both stand, the likeliest. */
const MOST_WAITING = 50;

/**
 * The findings, under the alias `f`, by which the version `memory` of a lineage is possibly out of date: they wait for a
 * verdict, it is still to be believed, and the newer memory holds. At most {@link MOST_OUTDATING}, the likeliest first.
 */
export const outdatingSql = (
  select: SQL,
  memory: { id: SQL; lineageId: SQL },
  reading: Reading,
  extra: readonly SQL[] = [],
  kinds: readonly FindingKind[] = OUTDATING,
): SQL => {
  const waiting = [
    sql`${f.memoryId} = ${memory.id}`,
    sql`${f.kind} = any(${`{${kinds.map((kind) => findingKind[kind]).join(',')}}`}::smallint[])`,
    // Not as the index of those that wait has it.
    sql`${f.isHidden} is not true and (${waitsSql(f, reading)}) is true`,
    ...extra,
  ];
  const order = sql`${f.score} desc, ${f.id} desc`;
  return sql`
    select ${select} from (
      select * from ${findingsOf(f.memoryLineageId, memory.lineageId, reading, waiting)}
      order by ${order} limit ${sql.raw(String(MOST_WAITING))}
    ) f
    where ${standsSql(f.memoryId, reading, JUDGEABLE)} and ${standsSql(f.byId, reading, ['ACTIVE', 'DISPUTED'])}
    order by ${order} limit ${sql.raw(String(MOST_OUTDATING))}`;
};

/** The columns of {@link versionsSql}. */
export const given = { id: sql`given.id`, lineageId: sql`given.lineage` };

/** Versions of memories, as rows `given`. */
export const versionsSql = (versions: readonly Version[]): SQL => sql`
  unnest(${uuids(versions.map(({ id }) => id))}, ${uuids(versions.map(({ lineageId }) => lineageId))}) given (id, lineage)`;

interface Version {
  id: string;
  lineageId: string;
}

const outdating = fields({ older: f.memoryId, newer: f.byId, ...pick(f, 'kind') });
type OutdatingRow = RowOf<typeof outdating>;

/** That an open finding calls a memory possibly out of date because of a newer one. Both are versions, by their keys. */
export interface Outdating {
  older: string;
  newer: string;
  isUpdate: boolean;
}

/**
 * Which of the given versions open findings call possibly out of date, in one statement. `isAmong`: only UPDATEs by
 * another one of the given.
 */
export async function outdatedAmong(
  tx: Transaction,
  reading: Reading,
  versions: readonly Version[],
  { isAmong = false }: { isAmong?: boolean } = {},
): Promise<Outdating[]> {
  if (versions.length === 0) return [];
  const among = isAmong ? [sql`${f.byId} = any(${uuids(versions.map(({ id }) => id))})`] : [];
  const found = outdatingSql(outdating, given, reading, among, isAmong ? ['UPDATE'] : OUTDATING);
  const rows = await tx.rows<OutdatingRow>(
    sql`select f.* from ${versionsSql(versions)} cross join lateral (${found}) f`,
  );
  return rows.map(({ older, newer, kind }) => ({ older, newer, isUpdate: kind === findingKind.UPDATE }));
}

/** True where anything in the workspace waits for a verdict: one look into an index. */
export const anyOpenSql = (workspaceId: string): SQL => sql`exists (
  select from ${aliased(f)} where ${f.workspaceId} = ${workspaceId} and ${f.verdict} is null and not ${f.isHidden})`;
