import { openEmbeddings } from './embeddings.ts';
import { readSettings } from './settings.ts';
import { type Surroundings, stopSignal } from './surroundings.ts';
import { withDatabase } from './with-database.ts';

/** Reads a file into the workspace that is configured, or writes the workspace to one. */
export async function transfer(
  direction: 'import' | 'export',
  file: string,
  companion: string | undefined,
  surroundings: Surroundings,
): Promise<void> {
  const config = readSettings(surroundings);
  const [{ openWorkspace }, { checkReadable, importFile, exportFile }] = await Promise.all([
    import('../domain/workspace/workspaces.ts'),
    import('../transfer/command.ts'),
  ]);
  if (direction === 'import') await checkReadable(file);
  const embeddings = await openEmbeddings(config);
  const options = { companion, signal: stopSignal(surroundings) };
  await withDatabase(config, async (database) => {
    const tenant = await openWorkspace(database, config.workspace, direction, embeddings.model);
    await (direction === 'import' ? importFile(tenant, file, options) : exportFile(tenant, file, options));
  });
}
