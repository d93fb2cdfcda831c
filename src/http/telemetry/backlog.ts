import { sql } from 'drizzle-orm';
import { readOnce } from '../../db/read-transaction.ts';
import type { Tenant } from '../../db/transaction.ts';

/** More than this are not counted: what is asked again and again must stay cheap. */
const MAX_COUNTED = 100_000;

/** What waits to be done. */
export interface Backlog {
  /** Memories that still want a vector, at most 100,000 of a workspace. */
  owedEmbeddings: number;
  /** Contradictions nobody has resolved yet, at most 100,000 of a workspace. */
  openContradictions: number;
}

/** What waits in all of the workspaces together: one statement each, one after the other. */
export async function readBacklog(tenants: readonly Tenant[]): Promise<Backlog> {
  const total = { owedEmbeddings: 0, openContradictions: 0 };
  for (const tenant of tenants) {
    const { owed, open } = await countBacklog(tenant);
    total.owedEmbeddings += owed;
    total.openContradictions += open;
  }
  return total;
}

const countBacklog = (tenant: Tenant) =>
  readOnce(tenant, async (scope) => {
    const [row] = await scope.rows<{ owed: number; open: number }>(sql`
      select
        (select count(*)::int from (
          select from owed_embeddings where workspace_id = ${scope.workspaceId} limit ${MAX_COUNTED}) owed) as owed,
        (select count(*)::int from (
          select from contradictions where workspace_id = ${scope.workspaceId} and status = 'OPEN' limit ${MAX_COUNTED}) open) as open`);
    return row ?? { owed: 0, open: 0 };
  });
