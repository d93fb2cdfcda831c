import type { Database } from '../db/database.ts';
import { openEmbeddings } from './embeddings.ts';
import { requireWorkspace } from './existing-workspace.ts';
import type { Define } from './parser.ts';
import { readSettings } from './settings.ts';
import { type Surroundings, stopSignal } from './surroundings.ts';
import { withDatabase } from './with-database.ts';

export const define: Define = (command, surroundings) => {
  command.action(() => reembed(surroundings));
};

/** Makes all of the workspace's vectors by the model configured, as the server does in the background. */
async function reembed(surroundings: Surroundings): Promise<void> {
  const config = readSettings(surroundings);
  const [{ openWorkspace }, { reembedWorkspace }] = await Promise.all([
    import('../domain/workspace/workspaces.ts'),
    import('../domain/embedding/reembed.ts'),
  ]);
  const embeddings = await openEmbeddings(config);
  if (!embeddings.model) {
    console.log('EMBEDDING_PROVIDER is none: there is nothing to do.');
    return;
  }
  const signal = stopSignal(surroundings);
  const run = async (database: Database) => {
    await requireWorkspace(database, config);
    const tenant = await openWorkspace(database, config.workspace, 'system:reembed', embeddings.model);
    await reembedWorkspace(tenant, embeddings, signal);
  };
  await withDatabase(config, run, { mustExist: true });
}
