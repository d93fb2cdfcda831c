import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';
import { NOW } from '../../db/reading.ts';
import { fenced, toQuery } from '../../db/sql.ts';
import type { Transaction, WriteTransaction } from '../../db/transaction.ts';
import { aliased, derived, fields, names, pick, type RowOf, set, under } from '../../db/typed-sql.ts';
import { events } from '../../tables/event.ts';
import { deliveryState, webhookDeliveries, webhooks } from '../../tables/webhook.ts';
import { workspaces } from '../../tables/workspace.ts';

const d = under(webhookDeliveries, 'd');
const e = under(events, 'e');
const s = under(workspaces, 's');
const w = under(webhooks, 'w');

/** How long a worker has for one attempt, and for noting what came of it. After that it has died, and another may send. */
const CLAIM_SECONDS = 20;

const PENDING = sql`${deliveryState.PENDING}::smallint`;
const expiry = sql`${NOW} + make_interval(secs => ${CLAIM_SECONDS})`;

/** The oldest delivery of webhook `of` that waits, at most one row. */
const oldest = (workspaceId: SQL, of: SQL): SQL =>
  fenced(sql`
    select * from ${aliased(d)}
    where ${d.workspaceId} = ${workspaceId} and ${d.webhookId} = ${of} and ${d.state} = ${PENDING}
    order by ${d.position} limit 1`);

const isFree = sql`${w.isActive} and ${w.dueAt} <= ${NOW} and (${w.claimedUntil} is null or ${w.claimedUntil} <= ${NOW})`;

/** The workspaces that may have webhooks, as the database's own user sees them: one look for all of them. */
export async function withWebhooks(database: Database): Promise<string[]> {
  const { sql: text, params } = toQuery(
    sql`select ${s.id} from ${aliased(s)} where ${s.hasWebhooks} and ${s.deletingSince} is null order by ${s.id}`,
  );
  const session = await database.connect();
  try {
    return ((await session.query(text, params)) as { id: string }[]).map(({ id }) => id);
  } finally {
    session.release();
  }
}

const selectWebhook = { ...pick(w, 'id', 'url', 'secret') };
const selectNext = {
  deliveryId: d.id,
  eventId: e.id,
  position: sql<number>`${e.position}::float8`,
  ...pick(e, 'kind', 'at', 'memoryId', 'companionId', 'userId', 'relationId', 'contradictionId'),
  findingId: e.findingId,
};
const nextColumns = fields(selectNext);
/** What is to be sent next. */
export type Next = RowOf<typeof nextColumns>;
const claimedColumns = fields({ ...derived('claimed', selectWebhook), ...selectNext });
/** A webhook that a worker has claimed, and what it is to be sent. */
export type Claimed = RowOf<typeof claimedColumns>;

const eventOf = (tx: Transaction): SQL =>
  fenced(sql`
    select * from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = ${d.eventId} limit 1`);

/**
 * Claims webhooks of the workspace in whose turn something waits, for this worker alone, and for a limited time. Who
 * writes deliveries holds a lock on the key of their webhook, and neither waits for the other.
 */
export async function claimWebhooks(tx: WriteTransaction, claim: string, limit: number): Promise<Claimed[]> {
  const claimed = derived('claimed', selectWebhook);
  return tx.rows<Claimed>(sql`
    with due as (
      select ${w.id} from ${aliased(w)}
      where ${w.workspaceId} = ${tx.workspaceId} and ${isFree}
        and exists (select from ${oldest(sql`${tx.workspaceId}`, w.id)} d)
      order by ${w.dueAt}, ${w.id} limit ${limit} for no key update skip locked
    ), claimed as (
      update ${aliased(w)} set ${set(webhooks, { claim: sql`${claim}::uuid`, claimedUntil: expiry })}
      where ${w.workspaceId} = ${tx.workspaceId} and ${w.id} = any(array(select id from due))
      returning ${fields(selectWebhook)}
    )
    select ${claimedColumns} from claimed
    cross join lateral ${oldest(sql`${tx.workspaceId}`, claimed.id)} d
    cross join lateral ${eventOf(tx)} e`);
}

/** What is to be sent next to a webhook; undefined: nothing waits. */
export async function nextOf(tx: Transaction, webhookId: string): Promise<Next | undefined> {
  const [next] = await tx.rows<Next>(sql`
    select ${nextColumns} from ${oldest(sql`${tx.workspaceId}`, sql`${webhookId}::uuid`)} d
    cross join lateral ${eventOf(tx)} e`);
  return next;
}

/** Forgets what workers have claimed: for where none but this process can have any. */
export async function forgetClaims(tx: WriteTransaction): Promise<void> {
  await tx.rows(sql`
    update ${aliased(w)} set ${set(webhooks, { claim: sql`null`, claimedUntil: sql`null` })}
    where ${w.workspaceId} = ${tx.workspaceId} and ${w.claim} is not null`);
}

/** Lets others send to a webhook that this worker has claimed. */
export async function release(tx: WriteTransaction, webhookId: string, claim: string): Promise<void> {
  await tx.rows(sql`
    update ${aliased(w)} set ${set(webhooks, { claim: sql`null`, claimedUntil: sql`null` })}
    where ${w.workspaceId} = ${tx.workspaceId} and ${w.id} = ${webhookId} and ${w.claim} = ${claim}`);
}

/**
 * Writes a webhook's own state after an attempt, and keeps its claim for another while; `values` are what changes. False: this
 * worker was late, and has it no longer.
 */
export async function keepClaim(
  tx: WriteTransaction,
  webhookId: string,
  claim: string,
  values: Parameters<typeof set<typeof webhooks>>[1],
): Promise<boolean> {
  const held = await tx.rows(sql`
    update ${aliased(w)} set ${set(webhooks, { claimedUntil: expiry, ...values })}
    where ${w.workspaceId} = ${tx.workspaceId} and ${w.id} = ${webhookId} and ${w.claim} = ${claim}
    returning ${names(webhooks, 'id')}`);
  return held.length > 0;
}
