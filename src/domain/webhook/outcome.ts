import { sql } from 'drizzle-orm';
import { NOW } from '../../db/reading.ts';
import { moment } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, set, under, valueFor } from '../../db/typed-sql.ts';
import { deliveryState, webhookDeliveries, webhooks } from '../../tables/webhook.ts';
import { afterFailure, RETRIED_FOR_MS } from './backoff.ts';
import { keepClaim, type Next, nextOf, release } from './claim.ts';
import type { Answer } from './send.ts';
import { ready } from './webhooks.ts';

const d = under(webhookDeliveries, 'd');
const w = under(webhooks, 'w');

const PENDING = sql`${deliveryState.PENDING}::smallint`;
/** The receiver says that it is gone for good. */
const GONE = 410;

/** An attempt, and whose it was. */
export interface Attempt {
  webhookId: string;
  deliveryId: string;
  claim: string;
}

const writeDelivery = (tx: WriteTransaction, id: string, values: Parameters<typeof set<typeof webhookDeliveries>>[1]) =>
  tx.rows(sql`
    update ${aliased(d)} set ${set(webhookDeliveries, { attempts: sql`${d.attempts} + 1`, ...values })}
    where ${d.workspaceId} = ${tx.workspaceId} and ${d.id} = ${id} and ${d.state} = ${PENDING}`);

/**
 * Notes that a delivery was taken. `goesOn`: answers what is next, which the worker then sends; otherwise, and where
 * nothing waits, others may send to the webhook.
 */
export async function noteDelivered(
  tx: WriteTransaction,
  { webhookId, deliveryId, claim }: Attempt,
  { statusCode }: Answer,
  goesOn: boolean,
): Promise<Next | undefined> {
  if (!(await keepClaim(tx, webhookId, claim, ready))) return undefined;
  await writeDelivery(tx, deliveryId, {
    state: sql`${deliveryState.DELIVERED}::smallint`,
    lastStatusCode: valueFor(webhookDeliveries.lastStatusCode, statusCode),
    lastError: sql`null`,
    nextAttemptAt: sql`null`,
    settledAt: NOW,
  });
  const next = goesOn ? await nextOf(tx, webhookId) : undefined;
  if (!next) await release(tx, webhookId, claim);
  return next;
}

/** What follows for the deliveries that wait behind one that failed. */
export interface Failure {
  isFailed: boolean;
  /** Which of the others are given up: none, those whose time is over, or all. */
  others: 'none' | 'over' | 'all';
}

/** Notes that an attempt failed, and lets others send to the webhook when it is due. Undefined: the worker was late. */
export async function noteFailed(
  tx: WriteTransaction,
  { webhookId, deliveryId, claim }: Attempt,
  { statusCode, error, retryAfterMs }: Answer,
): Promise<Failure | undefined> {
  const before = fields({ ...pick(w, 'failures', 'failingSince'), ...pick(d, 'pendingSince'), now: sql<Date>`${NOW}` });
  const [row] = await tx.rows<RowOf<typeof before>>(sql`
    select ${before} from ${aliased(w)}
    left join ${aliased(d)} on ${d.workspaceId} = ${tx.workspaceId} and ${d.id} = ${deliveryId}
    where ${w.workspaceId} = ${tx.workspaceId} and ${w.id} = ${webhookId} and ${w.claim} = ${claim}
    for no key update of w`);
  if (!row) return undefined;
  const isGone = statusCode === GONE;
  const failures = row.failures + 1;
  // Forgotten meanwhile: the webhook has failed all the same.
  const pendingSince = row.pendingSince ?? row.now;
  const { dueAt, isOver, isLost } = afterFailure({ ...row, pendingSince, failures, retryAfterMs });
  const isFailed = isOver || isGone;
  await keepClaim(tx, webhookId, claim, {
    failures: valueFor(webhooks.failures, failures),
    failingSince: sql`coalesce(${w.failingSince}, ${NOW})`,
    dueAt: moment(dueAt),
    ...(isGone && { isActive: sql`false` }),
    claim: sql`null`,
    claimedUntil: sql`null`,
  });
  await writeDelivery(tx, deliveryId, {
    ...(isFailed && { state: sql`${deliveryState.FAILED}::smallint`, settledAt: NOW }),
    lastStatusCode: valueFor(webhookDeliveries.lastStatusCode, statusCode),
    lastError: valueFor(webhookDeliveries.lastError, error),
    nextAttemptAt: isFailed ? sql`null` : moment(dueAt),
  });
  return { isFailed, others: isGone ? 'all' : isLost ? 'over' : 'none' };
}

/**
 * Gives deliveries up that wait for a receiver which is gone, or has taken nothing for a day: the oldest, at most
 * `limit`. Returns how many.
 */
export async function giveUp(
  tx: WriteTransaction,
  webhookId: string,
  which: 'over' | 'all',
  limit: number,
): Promise<number> {
  const waiting = under(webhookDeliveries, 'waiting');
  const over = sql`and ${waiting.pendingSince} <= ${NOW} - make_interval(secs => ${RETRIED_FOR_MS / 1000})`;
  // It may have been made active meanwhile, and its deliveries put back.
  const inactive = sql`and exists (
    select from ${aliased(w)} where ${w.workspaceId} = ${tx.workspaceId} and ${w.id} = ${webhookId} and not ${w.isActive}
    for share)`;
  const rows = await tx.rows(sql`
    update ${aliased(d)} set ${set(webhookDeliveries, {
      state: sql`${deliveryState.FAILED}::smallint`,
      settledAt: NOW,
      nextAttemptAt: sql`null`,
      lastError: valueFor(
        webhookDeliveries.lastError,
        which === 'all' ? 'The receiver is gone.' : 'Its time was over.',
      ),
    })}
    where ${d.workspaceId} = ${tx.workspaceId} and ${d.id} = any(array(
      select ${waiting.id} from ${aliased(waiting)}
      where ${waiting.workspaceId} = ${tx.workspaceId} and ${waiting.webhookId} = ${webhookId}
        and ${waiting.state} = ${PENDING} ${which === 'over' ? over : inactive}
      order by ${waiting.position} limit ${limit} for update skip locked))
    returning 1 as gone`);
  return rows.length;
}
