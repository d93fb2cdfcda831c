import { getTableName, type SQL, sql } from 'drizzle-orm';
import { NOW } from '../../db/reading.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, insertSelect, names, pick, recordset, set, typed, under, valueFor } from '../../db/typed-sql.ts';
import { newId } from '../../kernel/ids.ts';
import { eventFeeds, type eventKind, events } from '../../tables/event.ts';
import { memories } from '../../tables/memory.ts';
import { webhookDeliveries, webhooks } from '../../tables/webhook.ts';

const excluded = under(eventFeeds, 'excluded');
const feeds = under(eventFeeds, getTableName(eventFeeds));
const m = under(memories, 'm');
const other = under(memories, 'other');
const w = under(webhooks, 'w');
const written = under(events, 'written');

export type EventKind = (typeof eventKind.enumValues)[number];

/** Something that happened to a memory. */
export interface NewEvent {
  kind: EventKind;
  memoryId: string;
  /** The other memory, where it happened to two. */
  otherMemoryId?: string | null;
  relationId?: string | null;
  contradictionId?: string | null;
  findingId?: string | null;
  reason?: string | null;
  /**
   * What it changed: by field, mostly `{from, to}`. Never content of another lineage, so that forgetting erases all.
   */
  changes?: Record<string, unknown>;
  /** When; default: the mutation's stamp. */
  at?: Date;
}

const noted = new WeakMap<WriteTransaction, NewEvent[]>();

/** Notes what happens to memories; it is written right before the commit, in the order noted. */
export function noteEvents(tx: WriteTransaction, happened: readonly NewEvent[]): void {
  const before = noted.get(tx);
  if (before) {
    before.push(...happened);
    return;
  }
  const all = [...happened];
  noted.set(tx, all);
  tx.beforeCommit(() => tx.unrestricted(() => writeEvents(tx, all)));
}

const shape = {
  ...pick(events, 'id', 'kind', 'at', 'memoryId', 'relationId', 'contradictionId', 'findingId'),
  ...pick(events, 'reason', 'changes'),
  otherMemoryId: typed<string | null>('uuid'),
  place: typed<number>('int'),
};

async function writeEvents(tx: WriteTransaction, happened: readonly NewEvent[]): Promise<void> {
  if (happened.length === 0) return;
  const stamp = await tx.stamp();
  const rows = happened.map((event, index) => ({
    id: newId(),
    kind: event.kind,
    at: event.at ?? stamp,
    memoryId: event.memoryId,
    otherMemoryId: event.otherMemoryId ?? null,
    relationId: event.relationId ?? null,
    contradictionId: event.contradictionId ?? null,
    findingId: event.findingId ?? null,
    reason: event.reason ?? null,
    changes: event.changes ?? {},
    place: index + 1,
  }));
  const e = recordset('e', shape, rows);
  const feed = {
    workspaceId: valueFor(eventFeeds.workspaceId, tx.workspaceId),
    position: valueFor(eventFeeds.position, rows.length),
    latestAt: valueFor(eventFeeds.latestAt, stamp),
  };
  const moved = {
    position: sql`${feeds.position} + ${excluded.position}`,
    latestAt: sql`greatest(${feeds.latestAt}, ${excluded.latestAt})`,
  };
  const insert = insertSelect(
    events,
    {
      ...pick(e, 'id', 'kind', 'at', 'relationId', 'contradictionId', 'findingId', 'reason', 'changes'),
      workspaceId: feed.workspaceId,
      position: sql`feed.before + ${e.place}`,
      actor: valueFor(events.actor, tx.actor),
      sessionId: valueFor(events.sessionId, tx.sessionId),
      memoryId: m.id,
      ...pick(m, 'lineageId', 'companionId', 'userId'),
      otherLineageId: other.lineageId,
      otherCompanionId: sql`nullif(${other.companionId}, ${m.companionId})`,
      otherUserId: sql`nullif(${other.userId}, ${m.userId})`,
    },
    sql`from feed cross join ${aliased(e)}
      join ${aliased(m)} on ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${e.memoryId}
      left join ${aliased(other)} on ${other.workspaceId} = ${tx.workspaceId} and ${other.id} = ${e.otherMemoryId}`,
  );
  // The feed's row stays locked until the commit, so that positions are committed in their order.
  await tx.rows(sql`
    with feed as (
      ${insertSelect(eventFeeds, feed, sql``)}
      on conflict (${names(eventFeeds, 'workspaceId')})
      do update set ${set(eventFeeds, moved)}
      returning ${names(eventFeeds, 'position')} - ${rows.length} as before
    ), written as (
      ${insert} returning ${names(events, 'id', 'kind', 'position', 'companionId', 'otherCompanionId')}
    )
    ${deliveriesOf(tx)}`);
  tx.stampIsKept();
  tx.announceAfterCommit();
}

/** What webhooks of the workspace are to be sent of the events that the statement writes as `written`. */
const deliveriesOf = ({ workspaceId }: WriteTransaction): SQL =>
  insertSelect(
    webhookDeliveries,
    {
      workspaceId: valueFor(webhookDeliveries.workspaceId, workspaceId),
      id: sql`gen_random_uuid()`,
      webhookId: w.id,
      eventId: written.id,
      position: written.position,
      lastStatusCode: sql`null`,
      lastError: sql`null`,
      pendingSince: NOW,
      nextAttemptAt: sql`null`,
      settledAt: sql`null`,
    },
    sql`from ${aliased(w)} join written on (${w.kinds} is null or ${written.kind} = any(${w.kinds}))
      and (${w.companionId} is null or ${w.companionId} = ${written.companionId} or ${w.companionId} = ${written.otherCompanionId})
      where ${w.workspaceId} = ${workspaceId} and ${w.isActive}`,
  );
