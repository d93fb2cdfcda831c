import { sql } from 'drizzle-orm';
import { NOW } from '../../db/reading.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { deliveryState, webhookDeliveries, webhooks } from '../../tables/webhook.ts';

const d = under(webhookDeliveries, 'd');
const w = under(webhooks, 'w');

/** What waits to be sent in a workspace, at most `most` of it, and for how many seconds the first of any webhook has waited. */
export async function countPending(
  tx: Transaction,
  most: number,
): Promise<{ pendingDeliveries: number; oldestDeliverySeconds: number }> {
  const waits = sql`${d.workspaceId} = ${tx.workspaceId} and ${d.webhookId} = ${w.id} and ${d.state} = ${deliveryState.PENDING}::smallint`;
  const [row] = await tx.rows<{ pendingDeliveries: number; oldestDeliverySeconds: number }>(sql`
    select coalesce(sum(waiting.count), 0)::int as "pendingDeliveries",
      greatest(0, coalesce(extract(epoch from ${NOW} - min(first.since)), 0))::float8 as "oldestDeliverySeconds"
    from ${aliased(w)}
    cross join lateral (select count(*) as count from (select from ${aliased(d)} where ${waits} limit ${most}) d) waiting
    left join lateral (
      select ${d.pendingSince} as since from ${aliased(d)} where ${waits} order by ${d.position} limit 1) first on true
    where ${w.workspaceId} = ${tx.workspaceId} and ${w.isActive}`);
  return row ?? { pendingDeliveries: 0, oldestDeliverySeconds: 0 };
}
