import { sql } from 'drizzle-orm';
import { NOW } from '../../db/reading.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { deliveryState, webhookDeliveries, webhooks } from '../../tables/webhook.ts';
import { giveUp } from './outcome.ts';

const d = under(webhookDeliveries, 'd');
const old = under(webhookDeliveries, 'old');
const w = under(webhooks, 'w');

/** How long deliveries are kept when they are over, in days. */
export const KEPT_DAYS = { DELIVERED: 7, FAILED: 30 } as const;

/** Deletes deliveries that have been over for long, at most `limit` of a kind, and returns the most of one kind. */
export async function deleteOldDeliveries(tx: WriteTransaction, limit: number): Promise<number> {
  let most = 0;
  for (const status of ['DELIVERED', 'FAILED'] as const) {
    const rows = await tx.rows(sql`
      delete from ${aliased(d)} where ${d.workspaceId} = ${tx.workspaceId} and ${d.id} = any(array(
        select ${old.id} from ${aliased(old)}
        where ${old.workspaceId} = ${tx.workspaceId} and ${old.state} = ${deliveryState[status]}::smallint
          and ${old.settledAt} < ${NOW} - make_interval(days => ${KEPT_DAYS[status]})
        order by ${old.settledAt} limit ${limit} for update skip locked))
      returning 1 as gone`);
    most = Math.max(most, rows.length);
  }
  return Math.max(most, await giveUpInactive(tx, limit));
}

/** What was written for a webhook while it became inactive is sent to nobody. */
async function giveUpInactive(tx: WriteTransaction, limit: number): Promise<number> {
  const inactive = await tx.rows<{ id: string }>(
    sql`select ${w.id} from ${aliased(w)} where ${w.workspaceId} = ${tx.workspaceId} and not ${w.isActive}`,
  );
  let most = 0;
  for (const { id } of inactive) most = Math.max(most, await giveUp(tx, id, 'all', limit));
  return most;
}
