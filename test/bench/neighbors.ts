import type { Database } from '../../src/db/database.ts';
import { openWorkspace } from '../../src/domain/workspace/workspaces.ts';
import { fillCompanion, relateCompanion, settle } from './generate.ts';

/** Fills another workspace, whose rows lie between those of what is measured. */
export async function fillOther(database: Database, memories = 50_000): Promise<void> {
  const { workspaceId } = await openWorkspace(database, 'other', 'bench');
  const tenant = { database, workspaceId, actor: 'bench' };
  await fillCompanion(tenant, 'other', memories);
  await settle(database);
  await relateCompanion(tenant, 'other');
}
