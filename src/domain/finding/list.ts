import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, moment, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { findingsOf, given, JUDGEABLE, outdatingSql, standsSql, versionsSql } from '../../model/finding/outdated.ts';
import { keyset, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import { type FindingKind, findingKind, findings } from '../../tables/finding.ts';
import { memories } from '../../tables/memory.ts';

const f = under(findings, 'f');
const m = under(memories, 'm');

/** The select list for a finding. */
const select = fields({
  ...pick(f, 'id', 'memoryId', 'byId', 'kind', 'score', 'reason', 'memoryText', 'byText', 'foundAt', 'verdict'),
  ...pick(f, 'judgedAt', 'judgedBy', 'contradictionId', 'confirmedBy'),
  suggestedSlot: sql<string | null>`(
    select ${m.slot} from ${aliased(m)} where ${m.workspaceId} = ${f.workspaceId} and ${m.id} = ${f.memoryId} limit 1)`,
});
export type FindingRow = RowOf<typeof select>;

/** Which findings a list shows; a part left out lets all through. */
export interface FindingFilter {
  companion?: CompanionRef | null | undefined;
  user?: UserRef | null | undefined;
  kinds?: readonly FindingKind[] | null | undefined;
  /** 0–1. */
  minScore?: number | null | undefined;
  /** True: those that were judged; false: those that wait for it, and speak of what is still believed. */
  judged: boolean;
}

/** Whose memories a finding is about: both are of one companion, and about one user or none. */
const sideSql = (workspaceId: string, companion: FindingFilter['companion'], user: FindingFilter['user']): SQL[] => [
  ...(companion ? [sql`${f.companionId} = ${companionIdSql(companion, workspaceId)}`] : []),
  ...(user ? [sql`${f.userId} = ${userIdSql(user, workspaceId)}`] : []),
];

function conditionsOf(
  { companion, user, kinds: wanted, minScore, judged }: FindingFilter,
  reading: Reading,
  asOf: Date | undefined,
): SQL[] {
  const { workspaceId } = reading;
  const conditions = [sql`${f.workspaceId} = ${workspaceId}`, sql`not ${f.isHidden}`];
  conditions.push(judged ? sql`${f.verdict} is not null` : sql`${f.verdict} is null`);
  if (wanted) {
    const numbers = wanted.map((kind) => findingKind[kind]);
    conditions.push(sql`${f.kind} = any(${`{${numbers.join(',')}}`}::smallint[])`);
  }
  if (minScore != null) conditions.push(sql`${f.score} >= ${String(minScore)}::text::float8`);
  if (asOf) conditions.push(sql`${judged ? f.judgedAt : f.foundAt} <= ${moment(asOf)}`);
  // Nothing that was found later belongs to a point in the past.
  else if (reading.known) conditions.push(sql`${f.foundAt} <= ${reading.known}`);
  // Whose it is rules out more than whether its sides stand, and takes less: it comes first.
  conditions.push(...sideSql(workspaceId, companion, user));
  if (!judged) conditions.push(...[f.memoryId, f.byId].map((id) => standsSql(id, reading, JUDGEABLE)));
  return conditions;
}

/** What findings are ordered by, as cursors name it: the likeliest first, or the one that was judged last. */
export const findingOrder = (judged: boolean): string => (judged ? 'JUDGED_AT DESC' : 'SCORE DESC');

const orderOf = (window: Window, judged: boolean) =>
  keyset(
    window,
    judged
      ? { value: f.judgedAt, type: 'timestamptz', id: f.id, direction: 'DESC' }
      : { value: f.score, type: 'float8', id: f.id, direction: 'DESC' },
  );

const position =
  (judged: boolean) =>
  ({ judgedAt, score, id }: FindingRow) => ({ value: judged ? (judgedAt as Date).toISOString() : score, id });

/** A page of the workspace's findings. */
export async function findingPage(
  tx: Transaction,
  reading: Reading,
  filter: FindingFilter,
  window: Window,
): Promise<Page<FindingRow>> {
  const part = orderOf(window, filter.judged);
  const conditions = [...conditionsOf(filter, reading, window.asOf), ...part.conditions];
  const rows = await tx.rows<FindingRow>(sql`
    select ${select} from ${aliased(f)} where ${all(conditions)} order by ${part.orderBy} limit ${part.limit}`);
  return toPage(window, rows, position(filter.judged));
}

/** How many findings of the workspace fit. */
export async function countFindings(
  tx: Transaction,
  reading: Reading,
  filter: FindingFilter,
  asOf: Date | undefined,
): Promise<number> {
  const [row] = await tx.rows<{ count: number }>(sql`
    select count(*)::int as count from ${aliased(f)} where ${all(conditionsOf(filter, reading, asOf))}`);
  return row?.count ?? 0;
}

/** The findings that wait for a verdict and that a version of lineage `parent.lineage` is a side of, under the alias `f`. */
const ofLineage = (reading: Reading, asOf: Date | undefined): SQL => {
  const conditions = all(conditionsOf({ judged: false }, reading, asOf));
  const side = (own: SQL) => sql`select ${f.id}, ${f.score}
    from ${findingsOf(own, sql`parent.lineage`, reading)} where ${conditions}`;
  return sql`(${side(f.memoryLineageId)} union all ${side(f.byLineageId)}) f`;
};

/** A page of the findings of each lineage that wait for a verdict, in one statement. */
export async function lineageFindingPages(
  tx: Transaction,
  reading: Reading,
  lineageIds: readonly string[],
  window: Window,
): Promise<Map<string, Page<FindingRow>>> {
  const part = orderOf(window, false);
  const rows = await tx.rows<FindingRow & { parent: string }>(sql`
    select parent.lineage as parent, ${select} from unnest(${uuids(lineageIds)}) with ordinality parent (lineage, place)
    cross join lateral (
      select ${f.id} as found, row_number() over (order by ${part.orderBy}) as place from ${ofLineage(reading, window.asOf)}
      where ${all(part.conditions)} order by ${part.orderBy} limit ${part.limit}
    ) page
    cross join lateral (
      select * from ${aliased(f)} where ${f.workspaceId} = ${tx.workspaceId} and ${f.id} = page.found limit 1) f
    order by parent.place, page.place`);
  const byParent = Map.groupBy(rows, ({ parent }) => parent);
  return new Map(lineageIds.map((id) => [id, toPage<FindingRow>(window, byParent.get(id) ?? [], position(false))]));
}

/** How many findings of each lineage wait for a verdict, in one statement. */
export async function countLineageFindings(
  tx: Transaction,
  reading: Reading,
  lineageIds: readonly string[],
  asOf: Date | undefined,
): Promise<Map<string, number>> {
  const rows = await tx.rows<{ parent: string; count: number }>(sql`
    select parent.lineage as parent, (select count(*)::int from ${ofLineage(reading, asOf)}) as count
    from unnest(${uuids(lineageIds)}) parent (lineage)`);
  return new Map(rows.map(({ parent, count }) => [parent, count]));
}

/** Findings by their keys, judged or not. */
export async function findingsById(tx: Transaction, ids: readonly string[]): Promise<Map<string, FindingRow>> {
  const rows = await tx.rows<FindingRow>(sql`
    select ${select} from ${aliased(f)} where ${f.workspaceId} = ${tx.workspaceId} and ${f.id} = any(${uuids(ids)})
      and not ${f.isHidden}`);
  return new Map(rows.map((row) => [row.id, row]));
}

/** The open findings that call versions of memories possibly out of date, of each at most five, the likeliest first, in one statement. */
export async function findingsOutdating(
  tx: Transaction,
  reading: Reading,
  versions: readonly { id: string; lineageId: string }[],
): Promise<Map<string, FindingRow[]>> {
  const found = outdatingSql(select, given, reading);
  const rows = await tx.rows<FindingRow>(sql`select f.* from ${versionsSql(versions)} cross join lateral (${found}) f`);
  return Map.groupBy(rows, ({ memoryId }) => memoryId);
}
