import { sql } from 'drizzle-orm';
import { readOnce } from '../../db/read-transaction.ts';
import type { Tenant } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { countUnconfirmed } from '../../domain/finding/pending.ts';
import { countUnanalysed } from '../../domain/recall/reanalysis.ts';
import { countPending } from '../../domain/webhook/pending.ts';
import { contradictions } from '../../tables/contradiction.ts';
import { pendingEmbeddings } from '../../tables/embedding.ts';
import type { WebhookBacklog } from './webhook-metrics.ts';

const c = under(contradictions, 'c');
const p = under(pendingEmbeddings, 'p');

/** More than this are not counted: what is asked again and again must stay cheap. */
const MAX_COUNTED = 100_000;

/** What waits to be done. */
export interface Backlog extends WebhookBacklog {
  /** Memories that have no vector yet, at most 100,000 of a workspace. */
  pendingEmbeddings: number;
  /** Memories that an earlier version of the service has analysed, at most 100,000 of a workspace. */
  unanalysedMemories: number;
  /** Contradictions nobody has resolved yet, at most 100,000 of a workspace. */
  openContradictions: number;
  /** Findings that a chat model is to be asked about, at most 100,000 of a workspace. */
  unconfirmedFindings: number;
}

/** What waits in all of the workspaces together, one after the other. */
export async function readBacklog(tenants: readonly Tenant[]): Promise<Backlog> {
  const total: Backlog = {
    pendingEmbeddings: 0,
    unanalysedMemories: 0,
    openContradictions: 0,
    unconfirmedFindings: 0,
    pendingDeliveries: 0,
    oldestDeliverySeconds: 0,
  };
  for (const tenant of tenants) {
    const found = await countBacklog(tenant);
    total.pendingEmbeddings += found.pendingEmbeddings;
    total.unanalysedMemories += found.unanalysedMemories;
    total.openContradictions += found.openContradictions;
    total.unconfirmedFindings += found.unconfirmedFindings;
    total.pendingDeliveries += found.pendingDeliveries;
    total.oldestDeliverySeconds = Math.max(total.oldestDeliverySeconds, found.oldestDeliverySeconds);
  }
  return total;
}

const countBacklog = (tenant: Tenant): Promise<Backlog> =>
  readOnce(tenant, async (tx) => {
    const unanalysedMemories = await countUnanalysed(tx);
    const unconfirmedFindings = await countUnconfirmed(tx, MAX_COUNTED);
    const deliveries = await countPending(tx, MAX_COUNTED);
    const [row] = await tx.rows<Pick<Backlog, 'pendingEmbeddings' | 'openContradictions'>>(sql`
      select
        (select count(*)::int from (
          select from ${aliased(p)} where ${p.workspaceId} = ${tx.workspaceId} limit ${MAX_COUNTED}) p) as "pendingEmbeddings",
        (select count(*)::int from (
          select from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId} and ${c.status} = 'OPEN'
          limit ${MAX_COUNTED}) c) as "openContradictions"`);
    return {
      ...(row ?? { pendingEmbeddings: 0, openContradictions: 0 }),
      ...deliveries,
      unanalysedMemories,
      unconfirmedFindings,
    };
  });
