import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, moment, textsAs, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { keyset, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import { contradictions } from '../../tables/contradiction.ts';
import { events } from '../../tables/event.ts';
import { memories } from '../../tables/memory.ts';
import type { EventKind } from './record.ts';

const c = under(contradictions, 'c');
const e = under(events, 'e');
const v = under(memories, 'v');

const select = fields({
  ...pick(e, 'id', 'kind', 'actor', 'memoryId', 'relationId', 'contradictionId', 'findingId'),
  ...pick(e, 'sessionId', 'reason', 'changes'),
  position: sql<number>`${e.position}::float8`,
  happenedAt: e.at,
});
export type EventRow = RowOf<typeof select>;

/** Which events the feed shows; a part left out lets all through. */
export interface EventFilter {
  companion?: CompanionRef | null | undefined;
  user?: UserRef | null | undefined;
  kinds?: readonly EventKind[] | null | undefined;
}

/** The order of the feed: as events were committed. */
export const EVENT_ORDER = 'POSITION ASC';

/** The order of one memory's events: as they happened, which for imported ones was before they were committed. */
export const HISTORY_ORDER = 'AT ASC';

const orderOf = (window: Window) => keyset(window, { value: e.position, type: 'int8', id: e.id, direction: 'ASC' });

const position = ({ position: value, id }: EventRow) => ({ value, id });

const happened = ({ happenedAt, id }: EventRow) => ({ value: happenedAt.toISOString(), id });

const historyOrder = (window: Window) =>
  keyset(window, { value: e.at, type: 'timestamptz', id: e.id, direction: 'ASC' });

/** True of an event whose memory is somebody's, or, where it happened to two, the other one is. */
const isOneOf = (id: SQL, own: SQL, others: SQL): SQL => sql`(${own} = ${id} or ${others} = ${id})`;

function conditionsOf({ companion, user, kinds }: EventFilter, workspaceId: string): SQL[] {
  return [
    sql`${e.workspaceId} = ${workspaceId}`,
    ...(companion ? [isOneOf(companionIdSql(companion, workspaceId), e.companionId, e.otherCompanionId)] : []),
    ...(user ? [isOneOf(userIdSql(user, workspaceId), e.userId, e.otherUserId)] : []),
    ...(kinds ? [sql`${e.kind} = any(${textsAs(kinds, 'event_kind')})`] : []),
  ];
}

/**
 * A page of the workspace's feed, as it is now, regardless of when its first page was read. A reader who follows it
 * gets what has been committed since and misses nothing, because positions are committed in their order.
 */
export async function eventPage(tx: Transaction, filter: EventFilter, window: Window): Promise<Page<EventRow>> {
  const part = orderOf(window);
  const rows = await tx.rows<EventRow>(sql`
    select ${select} from ${aliased(e)}
    where ${all([...conditionsOf(filter, tx.workspaceId), ...part.conditions])}
    order by ${part.orderBy} limit ${part.limit}`);
  return toPage(window, rows, position);
}

/** The events behind a place in the feed and up to another that fit, in their order: at most `limit`. */
export const eventsBehind = (
  tx: Transaction,
  filter: EventFilter,
  { after, upTo, limit }: { after: number; upTo: number; limit: number },
): Promise<EventRow[]> =>
  tx.rows<EventRow>(sql`
    select ${select} from ${aliased(e)}
    where ${all([
      ...conditionsOf(filter, tx.workspaceId),
      sql`${e.position} > ${after}::int8`,
      sql`${e.position} <= ${upTo}::int8`,
    ])}
    order by ${e.position} limit ${limit}`);

/** How many events the workspace's feed has that fit. */
export async function countEvents(tx: Transaction, filter: EventFilter): Promise<number> {
  const [row] = await tx.rows<{ count: number }>(sql`
    select count(*)::int as count from ${aliased(e)} where ${all(conditionsOf(filter, tx.workspaceId))}`);
  return row?.count ?? 0;
}

/**
 * What happened to the versions of lineage `parent.lineage` by the reading's point, also as one of two. Events keep the
 * lineage that a version stood in then. If a slot took a version in, its earlier events are in its lineage before that.
 */
const ofLineage = (reading: Reading, extra: readonly SQL[]): SQL => {
  const { workspaceId } = reading;
  const { knownAt } = reading.point;
  const conditions = [
    sql`${e.workspaceId} = ${workspaceId}`,
    ...(knownAt ? [sql`${e.at} <= ${moment(knownAt)}`] : []),
    ...extra,
  ];
  const slotmate = (near: SQL, far: SQL) => sql`
    select ${far} from ${aliased(c)} where ${c.workspaceId} = ${workspaceId} and ${c.isOfSlot} and ${near} = parent.lineage`;
  return sql`(
    select ${e.id}, ${e.at}
    from (
      select parent.lineage union ${slotmate(c.memoryLineageId, c.byLineageId)} union ${slotmate(c.byLineageId, c.memoryLineageId)}
    ) stood (lineage)
    join ${aliased(e)} on ${e.lineageId} = stood.lineage
    where ${all(conditions)} and ${e.memoryId} in (select ${v.id} from ${reading.from(v)}
      where ${v.workspaceId} = ${workspaceId} and ${v.lineageId} = parent.lineage)
    union
    select ${e.id}, ${e.at} from ${aliased(e)} where ${all([sql`${e.otherLineageId} = parent.lineage`, ...conditions])}) e`;
};

/** A page of events for each lineage, in one statement. */
export async function historyPages(
  tx: Transaction,
  reading: Reading,
  lineageIds: readonly string[],
  window: Window,
): Promise<Map<string, Page<EventRow>>> {
  const part = historyOrder(window);
  const rows = await tx.rows<EventRow & { parent: string }>(sql`
    select parent.lineage as parent, ${select} from unnest(${uuids(lineageIds)}) with ordinality parent (lineage, place)
    cross join lateral (
      select ${e.id} as event from ${ofLineage(reading, part.conditions)} order by ${part.orderBy} limit ${part.limit}
    ) page
    cross join lateral (
      select * from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = page.event limit 1) e
    order by parent.place, ${e.at}, ${e.id}`);
  const byParent = Map.groupBy(rows, ({ parent }) => parent);
  return new Map(lineageIds.map((id) => [id, toPage<EventRow>(window, byParent.get(id) ?? [], happened)]));
}

/** How many events each lineage has, in one statement. */
export async function countHistories(
  tx: Transaction,
  reading: Reading,
  lineageIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await tx.rows<{ parent: string; count: number }>(sql`
    select parent.lineage as parent, (select count(*)::int from ${ofLineage(reading, [])}) as count
    from unnest(${uuids(lineageIds)}) parent (lineage)`);
  return new Map(rows.map(({ parent, count }) => [parent, count]));
}

/** Events by their keys. */
export async function eventsById(tx: Transaction, ids: readonly string[]): Promise<Map<string, EventRow>> {
  const rows = await tx.rows<EventRow>(sql`
    select ${select} from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = any(${uuids(ids)})`);
  return new Map(rows.map((row) => [row.id, row]));
}
