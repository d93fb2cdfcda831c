import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, textsAs, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { keyset, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import { type contradictionStatus, contradictions } from '../../tables/contradiction.ts';
import { memories } from '../../tables/memory.ts';

const c = under(contradictions, 'c');
const m = under(memories, 'm');
const version = under(memories, 'version');

export type ContradictionStatus = (typeof contradictionStatus.enumValues)[number];

/** The select list for a contradiction; `memoryId` and `byId` are the versions that are its sides now. */
const select = fields({
  ...pick(c, 'id', 'status', 'memoryId', 'byId', 'relationId', 'strength', 'reason', 'openedAt', 'resolvedAt'),
  ...pick(c, 'resolution', 'note'),
});
export type ContradictionRow = RowOf<typeof select>;

/** Which contradictions a list shows; a part left out lets all through. */
export interface ContradictionFilter {
  /** One of its sides is of this companion, or about this user. */
  companion?: CompanionRef | null | undefined;
  user?: UserRef | null | undefined;
  statuses?: readonly ContradictionStatus[] | null | undefined;
}

/** The one order contradictions are listed in. */
export const CONTRADICTION_ORDER = 'OPENED_AT DESC';

const orderOf = (window: Window) =>
  keyset(window, { value: c.openedAt, type: 'timestamptz', id: c.id, direction: 'DESC' });

const position = ({ openedAt, id }: ContradictionRow) => ({ value: openedAt.toISOString(), id });

function conditionsOf({ companion, user, statuses }: ContradictionFilter, reading: Reading): SQL[] {
  const { workspaceId } = reading;
  const conditions = [sql`${c.workspaceId} = ${workspaceId}`];
  if (statuses) conditions.push(sql`${c.status} = any(${textsAs(statuses, 'contradiction_status')})`);
  const side = [
    ...(companion ? [sql`${m.companionId} = ${companionIdSql(companion, workspaceId)}`] : []),
    ...(user ? [sql`${m.userId} = ${userIdSql(user, workspaceId)}`] : []),
  ];
  if (side.length > 0) {
    conditions.push(sql`exists (select from ${aliased(m)} where ${m.workspaceId} = ${workspaceId}
      and ${m.id} in (${c.memoryId}, ${c.byId}) and ${all(side)})`);
  }
  return conditions;
}

/** A page of the workspace's contradictions, the one opened last first. */
export async function contradictionPage(
  tx: Transaction,
  reading: Reading,
  filter: ContradictionFilter,
  window: Window,
): Promise<Page<ContradictionRow>> {
  const then = reading.asOf(window.asOf);
  const part = orderOf(window);
  const rows = await tx.rows<ContradictionRow>(sql`
    select ${select} from ${then.from(c)}
    where ${all([...conditionsOf(filter, then), ...part.conditions])} order by ${part.orderBy} limit ${part.limit}`);
  return toPage(window, rows, position);
}

/** How many contradictions of the workspace fit. */
export async function countContradictions(
  tx: Transaction,
  reading: Reading,
  filter: ContradictionFilter,
): Promise<number> {
  const [row] = await tx.rows<{ count: number }>(sql`
    select count(*)::int as count from ${reading.from(c)} where ${all(conditionsOf(filter, reading))}`);
  return row?.count ?? 0;
}

/** The contradictions that a version of lineage `parent.lineage` is a side of, each once, under the alias `c`. */
const ofLineage = (filter: ContradictionFilter, reading: Reading): SQL => {
  const { workspaceId } = reading;
  const side = (own: SQL) => sql`select ${c.id}, ${c.openedAt} from ${reading.from(c)}
    where ${all([...conditionsOf(filter, reading), sql`${own} = ${version.id}`])}`;
  return sql`(select distinct ${c.id}, ${c.openedAt} from ${reading.from(version)}
    cross join lateral (${side(c.memoryId)} union all ${side(c.byId)}) c
    where ${version.workspaceId} = ${workspaceId} and ${version.lineageId} = parent.lineage) c`;
};

/** A page of contradictions for each lineage, the one opened last first, in one statement. */
export async function lineageContradictionPages(
  tx: Transaction,
  reading: Reading,
  lineageIds: readonly string[],
  filter: ContradictionFilter,
  window: Window,
): Promise<Map<string, Page<ContradictionRow>>> {
  const then = reading.asOf(window.asOf);
  const part = orderOf(window);
  const rows = await tx.rows<ContradictionRow & { parent: string }>(sql`
    select parent.lineage as parent, ${select} from unnest(${uuids(lineageIds)}) with ordinality parent (lineage, place)
    cross join lateral (
      select ${c.id} as found, row_number() over (order by ${part.orderBy}) as place from ${ofLineage(filter, then)}
      where ${all(part.conditions)} order by ${part.orderBy} limit ${part.limit}
    ) page
    ${reading.lookUp(c, sql`${c.id} = page.found`)}
    order by parent.place, page.place`);
  const byParent = Map.groupBy(rows, ({ parent }) => parent);
  return new Map(lineageIds.map((id) => [id, toPage<ContradictionRow>(window, byParent.get(id) ?? [], position)]));
}

/** How many contradictions each lineage has that fit, in one statement. */
export async function countLineageContradictions(
  tx: Transaction,
  reading: Reading,
  lineageIds: readonly string[],
  filter: ContradictionFilter,
): Promise<Map<string, number>> {
  const rows = await tx.rows<{ parent: string; count: number }>(sql`
    select parent.lineage as parent, (select count(*)::int from ${ofLineage(filter, reading)}) as count
    from unnest(${uuids(lineageIds)}) parent (lineage)`);
  return new Map(rows.map(({ parent, count }) => [parent, count]));
}

/** Contradictions by their keys; those unknown at the reading's point are left out. */
export async function contradictionsById(
  tx: Transaction,
  reading: Reading,
  ids: readonly string[],
): Promise<Map<string, ContradictionRow>> {
  const rows = await tx.rows<ContradictionRow>(sql`
    select ${select} from ${reading.from(c)}
    where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = any(${uuids(ids)})`);
  return new Map(rows.map((row) => [row.id, row]));
}
