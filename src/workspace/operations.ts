import { sql } from 'drizzle-orm';
import { v5 } from 'uuid';
import { type Database, DatabaseUnavailable } from '../db/database.ts';
import { type Scope, type Tenant, type WriteScope, write } from '../db/scope.ts';
import { setDefaultPolicies } from '../decay/policy.ts';
import type { EmbeddingModel } from '../embedding/operations.ts';

const NAMESPACE = '6f1f6c0e-2c0b-5d0e-9a53-7a1c3f0d8b11';

/**
 * The workspace of a name, created where it is new. Its key is made from the name (UUID version 5), since row-level
 * security lets nobody look for a workspace without being in it. Its memories get vectors of the model `embedding`.
 * Throws DatabaseUnavailable where its terms were made with another text search configuration.
 */
export async function openWorkspace(
  database: Database,
  name: string,
  actor = 'operator',
  embedding: EmbeddingModel | null = null,
): Promise<Tenant & { isNew: boolean }> {
  const tenant = { database, workspaceId: workspaceIdOf(name), actor, embedding };
  const created = await write(tenant, async (tx) => {
    const rows = await tx.rows(sql`
      insert into workspaces (id, name, text_search_config, embedding_model, embedding_dimension)
      values (${tenant.workspaceId}, ${name}, ${tx.textSearchConfig}, ${embedding?.model ?? null}, ${embedding?.dimension ?? null})
      on conflict (id) do nothing returning 1 as created`);
    await refuseOtherLanguage(tx, name);
    await setDefaultPolicies(tx);
    return rows;
  });
  return { ...tenant, isNew: created.length > 0 };
}

/** The workspace of a name, which need not exist. */
export const workspaceIdOf = (name: string): string => v5(name, NAMESPACE);

/** All workspaces by their names, as whoever connects sees them: for what is done without a request. */
export async function listWorkspaces(database: Database): Promise<{ id: string; name: string; createdAt: Date }[]> {
  const connection = await database.connect();
  try {
    const rows = await connection.query(
      'select id, name, created_at as "createdAt" from workspaces order by name, id',
      [],
    );
    return rows as { id: string; name: string; createdAt: Date }[];
  } finally {
    connection.release();
  }
}

/** Whether the scope's workspace has been created. */
export async function workspaceExists(scope: Scope): Promise<boolean> {
  const rows = await scope.rows(sql`select 1 as found from workspaces where id = ${scope.workspaceId}`);
  return rows.length > 0;
}

async function refuseOtherLanguage(tx: WriteScope, name: string): Promise<void> {
  const [row] = await tx.rows<{ config: string }>(sql`
    select text_search_config as config from workspaces where id = ${tx.workspaceId}`);
  if (!row || row.config === tx.textSearchConfig) return;
  throw new DatabaseUnavailable(
    `The words of workspace ${name} were indexed with TEXT_SEARCH_CONFIG=${row.config}, not ${tx.textSearchConfig}: set it back, or export the workspace and import it into a new one.`,
  );
}
