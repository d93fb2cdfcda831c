import { type SQL, sql } from 'drizzle-orm';
import { NOW } from '../../db/reading.ts';
import { all, fenced, uuids } from '../../db/sql.ts';
import type { Transaction, WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, names, pick, type RowOf, set, under } from '../../db/typed-sql.ts';
import { NotFound } from '../../kernel/errors.ts';
import type { GivenId } from '../../kernel/input.ts';
import { keyset, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { events } from '../../tables/event.ts';
import { type DeliveryStatus, deliveryState, webhookDeliveries, webhooks } from '../../tables/webhook.ts';
import { ready } from './webhooks.ts';

const d = under(webhookDeliveries, 'd');
const e = under(events, 'e');
const w = under(webhooks, 'w');

/** The most deliveries that one call puts back. */
export const MAX_RETRIED = 1_000;

const select = fields({
  ...pick(d, 'id', 'webhookId', 'eventId', 'attempts', 'state', 'lastStatusCode', 'lastError', 'nextAttemptAt'),
  ...pick(e, 'kind'),
  position: sql<number>`${d.position}::float8`,
  settledAt: d.settledAt,
});
export type DeliveryRow = RowOf<typeof select>;

const statuses = Object.keys(deliveryState) as DeliveryStatus[];
export const statusOf = ({ state }: DeliveryRow): DeliveryStatus => statuses[state] as DeliveryStatus;

/** The one order deliveries are listed in: the newest event first. */
export const DELIVERY_ORDER = 'POSITION DESC';

/** The event of a delivery, which is there as long as that is. */
const withEvent = (workspaceId: string): SQL => sql`
  cross join lateral ${fenced(sql`
    select * from ${aliased(e)} where ${e.workspaceId} = ${workspaceId} and ${e.id} = ${d.eventId} limit 1`)} e`;

/** Which deliveries of webhook `parent.id` a list shows. Later pages have what is older, and so nothing that came later. */
const conditionsOf = (workspaceId: string, status: DeliveryStatus | null | undefined): SQL[] => [
  sql`${d.workspaceId} = ${workspaceId}`,
  sql`${d.webhookId} = parent.id`,
  ...(status ? [sql`${d.state} = ${deliveryState[status]}::smallint`] : []),
];

/** A page of deliveries for each webhook, in one statement. */
export async function deliveryPages(
  tx: Transaction,
  webhookIds: readonly string[],
  status: DeliveryStatus | null | undefined,
  window: Window,
): Promise<Map<string, Page<DeliveryRow>>> {
  const part = keyset(window, { value: d.position, type: 'int8', id: d.id, direction: 'DESC' });
  const conditions = [...conditionsOf(tx.workspaceId, status), ...part.conditions];
  const rows = await tx.rows<DeliveryRow>(sql`
    select ${select} from unnest(${uuids(webhookIds)}) with ordinality parent (id, place)
    cross join lateral (
      select * from ${aliased(d)} where ${all(conditions)} order by ${part.orderBy} limit ${part.limit}) d
    ${withEvent(tx.workspaceId)}
    order by parent.place, ${part.orderBy}`);
  const byWebhook = Map.groupBy(rows, ({ webhookId }) => webhookId);
  const place = ({ position: value, id }: DeliveryRow) => ({ value, id });
  return new Map(webhookIds.map((id) => [id, toPage<DeliveryRow>(window, byWebhook.get(id) ?? [], place)]));
}

/** How many deliveries each webhook has, in one statement. */
export async function countDeliveries(
  tx: Transaction,
  webhookIds: readonly string[],
  status: DeliveryStatus | null | undefined,
): Promise<Map<string, number>> {
  const rows = await tx.rows<{ id: string; count: number }>(sql`
    select parent.id, (
      select count(*)::int from ${aliased(d)} where ${all(conditionsOf(tx.workspaceId, status))}) as count
    from unnest(${uuids(webhookIds)}) parent (id)`);
  return new Map(rows.map(({ id, count }) => [id, count]));
}

/** Deliveries by their keys. */
export async function deliveriesById(tx: Transaction, ids: readonly string[]): Promise<Map<string, DeliveryRow>> {
  const rows = await tx.rows<DeliveryRow>(sql`
    select ${select} from ${aliased(d)} ${withEvent(tx.workspaceId)}
    where ${d.workspaceId} = ${tx.workspaceId} and ${d.id} = any(${uuids(ids)})`);
  return new Map(rows.map((row) => [row.id, row]));
}

/**
 * Puts deliveries of a webhook that were given up back to be sent: those of `ids` that were, or else the oldest, at most
 * {@link MAX_RETRIED}. They have another day; a webhook that was inactive is active again. Returns their keys, in the
 * order of the feed. Throws NotFound for an unknown webhook, and for keys that are of no delivery of it.
 */
export async function retryDeliveries(
  tx: WriteTransaction,
  webhook: GivenId,
  ids: readonly GivenId[] | null,
): Promise<string[]> {
  const found = await tx.rows(sql`
    update ${aliased(w)} set ${set(webhooks, { isActive: sql`true`, ...ready })}
    where ${w.workspaceId} = ${tx.workspaceId} and ${w.id} = ${webhook.uuid} returning ${names(webhooks, 'id')}`);
  if (found.length === 0) throw new NotFound('webhook', [webhook.given]);
  if (ids) await refuseUnknown(tx, webhook, ids);
  tx.announceAfterCommit();
  const failed = under(webhookDeliveries, 'failed');
  const pending = {
    state: sql`${deliveryState.PENDING}::smallint`,
    pendingSince: NOW,
    nextAttemptAt: sql`null`,
    settledAt: sql`null`,
  };
  const rows = await tx.rows<{ id: string; position: number }>(sql`
    update ${aliased(d)} set ${set(webhookDeliveries, pending)}
    where ${d.workspaceId} = ${tx.workspaceId} and ${d.id} = any(array(
      select ${failed.id} from ${aliased(failed)}
      where ${failed.workspaceId} = ${tx.workspaceId} and ${failed.webhookId} = ${webhook.uuid}
        and ${failed.state} = ${deliveryState.FAILED}::smallint
        ${ids ? sql`and ${failed.id} = any(${uuids(ids.map(({ uuid }) => uuid))})` : sql``}
      order by ${failed.position} limit ${MAX_RETRIED} for update))
    returning ${d.id}, ${d.position}::float8 as position`);
  return rows.sort((one, other) => one.position - other.position).map(({ id }) => id);
}

async function refuseUnknown(tx: WriteTransaction, webhook: GivenId, ids: readonly GivenId[]): Promise<void> {
  const rows = await tx.rows<{ id: string }>(sql`
    select ${d.id} from ${aliased(d)}
    where ${d.workspaceId} = ${tx.workspaceId} and ${d.id} = any(${uuids(ids.map(({ uuid }) => uuid))})
      and ${d.webhookId} = ${webhook.uuid}`);
  const known = new Set(rows.map(({ id }) => id));
  const unknown = ids.filter(({ uuid }) => !known.has(uuid));
  if (unknown.length > 0)
    throw new NotFound(
      'delivery of this webhook',
      unknown.map(({ given }) => given),
    );
}
