import { sql } from 'drizzle-orm';
import { v5 } from 'uuid';
import type { Database } from '../db/database.ts';
import { type Tenant, write } from '../db/scope.ts';
import { setDefaultPolicies } from '../decay/policy.ts';

const NAMESPACE = '6f1f6c0e-2c0b-5d0e-9a53-7a1c3f0d8b11';

/**
 * The workspace of a name, created where it is new. Its key is made from the name (UUID version 5), since row-level
 * security lets nobody look for a workspace without being in it.
 */
export async function openWorkspace(
  database: Database,
  name: string,
  actor = 'operator',
): Promise<Tenant & { isNew: boolean }> {
  const tenant = { database, workspaceId: v5(name, NAMESPACE), actor };
  const created = await write(tenant, async (tx) => {
    const rows = await tx.rows(sql`
      insert into workspaces (id, name) values (${tenant.workspaceId}, ${name})
      on conflict (id) do nothing returning 1 as created`);
    await setDefaultPolicies(tx);
    return rows;
  });
  return { ...tenant, isNew: created.length > 0 };
}
