import type { Database } from '../db/database.ts';
import { openEmbeddings } from './embeddings.ts';
import { requireWorkspace } from './existing-workspace.ts';
import { readSettings } from './settings.ts';
import { type Surroundings, stopSignal } from './surroundings.ts';
import { withDatabase } from './with-database.ts';

/** What an import is told about its file. */
export interface ImportOptions {
  companion?: string;
  format?: string;
  user?: string;
  remember?: string;
}

/** Reads a file into the workspace that is configured, or writes the workspace to one. */
export async function transfer(
  direction: 'import' | 'export',
  file: string,
  given: ImportOptions,
  surroundings: Surroundings,
): Promise<void> {
  const config = readSettings(surroundings);
  const [{ openWorkspace }, { checkReadable, importFile, exportFile }, { recordAction }, { write }] = await Promise.all(
    [
      import('../domain/workspace/workspaces.ts'),
      import('../transfer/command.ts'),
      import('../domain/audit/entries.ts'),
      import('../db/write.ts'),
    ],
  );
  const isImport = direction === 'import';
  if (isImport) await checkReadable(file);
  const embeddings = await openEmbeddings(config);
  const options = { ...given, signal: stopSignal(surroundings) };
  const run = async (database: Database) => {
    if (!isImport) await requireWorkspace(database, config);
    const tenant = await openWorkspace(database, config.workspace, `system:${direction}`, embeddings.model);
    await (isImport ? importFile(tenant, file, options) : exportFile(tenant, file, options));
    await write(tenant, (tx) => recordAction(tx, direction));
  };
  await withDatabase(config, run, { mustExist: !isImport });
}
