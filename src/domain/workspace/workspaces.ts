import { eq, type InferSelectModel, sql } from 'drizzle-orm';
import { v5 } from 'uuid';
import { type Database, DatabaseUnavailable } from '../../db/database.ts';
import { readOnce } from '../../db/read-transaction.ts';
import { toQuery } from '../../db/sql.ts';
import type { Tenant, WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, under } from '../../db/typed-sql.ts';
import { write } from '../../db/write.ts';
import type { EmbeddingModel } from '../../kernel/embedding-model.ts';
import { Unauthenticated } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import { query } from '../../tables/drizzle-relations.ts';
import { workspaces } from '../../tables/workspace.ts';
import { recordAction } from '../audit/entries.ts';
import { setDefaultPolicies } from '../decay/policies.ts';

export { deleteWorkspace } from './deletion.ts';

const NAMESPACE = '6f1f6c0e-2c0b-5d0e-9a53-7a1c3f0d8b11';

/**
 * The workspace of a name, created where it is new. Its key is made from the name (UUID version 5), since row-level
 * security lets nobody look for a workspace without being in it. Its memories get vectors of the model `embedding`.
 * Throws DatabaseUnavailable where its terms were made with another text search configuration, or it is being deleted.
 */
export async function openWorkspace(
  database: Database,
  name: string,
  actor = 'system:operator',
  embedding: EmbeddingModel | null = null,
): Promise<Tenant & { isNew: boolean }> {
  const tenant = { ...workspaceOf(database, name, actor), embedding };
  const create = async (tx: WriteTransaction) => {
    const rows = await query(tx)
      .insert(workspaces)
      .values({
        id: tx.workspaceId,
        name,
        textSearchConfig: tx.textSearchConfig,
        embeddingModel: embedding?.model,
        embeddingDimension: embedding?.dimension,
      })
      .onConflictDoNothing({ target: workspaces.id })
      .returning({ id: workspaces.id });
    await refuseUnusable(tx, name);
    await setDefaultPolicies(tx);
    if (rows.length > 0) await recordAction(tx, 'workspace create', encodeId('Workspace', tx.workspaceId));
    return rows;
  };
  const created = await write(tenant, create, { mayBeUnused: true });
  return { ...tenant, isNew: created.length > 0 };
}

/** All workspaces by their names, as the database's own user sees them: for what is done without a request. */
export async function listWorkspaces(
  database: Database,
): Promise<Pick<InferSelectModel<typeof workspaces>, 'id' | 'name' | 'createdAt'>[]> {
  const w = under(workspaces, 'w');
  const { sql: text, params } = toQuery(sql`
    select ${fields(pick(w, 'id', 'name', 'createdAt'))} from ${aliased(w)}
    where ${w.deletingSince} is null order by ${w.name}, ${w.id}`);
  const session = await database.connect();
  try {
    return (await session.query(text, params)) as InferSelectModel<typeof workspaces>[];
  } finally {
    session.release();
  }
}

/** Whether the tenant's workspace has been created, and is not being deleted. */
export async function workspaceExists(tenant: Tenant): Promise<boolean> {
  try {
    await readOnce(tenant, (tx) => tx.now());
    return true;
  } catch (error) {
    if (error instanceof Unauthenticated) return false;
    throw error;
  }
}

/** Where the rows of the workspace of a name are, if there is one. */
export const workspaceOf = (database: Database, name: string, actor = 'system:operator'): Tenant => ({
  database,
  workspaceId: v5(name, NAMESPACE),
  actor,
});

async function refuseUnusable(tx: WriteTransaction, name: string): Promise<void> {
  const { textSearchConfig, deletingSince } = workspaces;
  const [row] = await query(tx)
    .select({ textSearchConfig, deletingSince })
    .from(workspaces)
    .where(eq(workspaces.id, tx.workspaceId));
  if (row?.deletingSince) {
    throw new DatabaseUnavailable(
      `The workspace ${name} is being deleted: delete it again to finish that, or use another name.`,
    );
  }
  if (!row || row.textSearchConfig === tx.textSearchConfig) return;
  throw new DatabaseUnavailable(
    `The text of workspace ${name} was indexed with TEXT_SEARCH_CONFIG=${row.textSearchConfig}, not ` +
      `${tx.textSearchConfig}: set it back, or export the workspace and import it into a new one.`,
  );
}
