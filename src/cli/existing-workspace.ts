import { closestMatch } from 'leven';
import type { Database } from '../db/database.ts';
import { listWorkspaces, workspaceExists, workspaceOf } from '../domain/workspace/workspaces.ts';
import { ConfigError } from '../kernel/config-error.ts';
import type { Config } from '../library/config.ts';

/** Names that differ in more letters are not taken for the same, misspelt. */
const MAX_DISTANCE = 2;

/** Throws ConfigError where the workspace that is configured is not there, for commands that make none. */
export async function requireWorkspace(
  database: Database,
  { workspace: name }: Pick<Config, 'workspace'>,
): Promise<void> {
  if (await workspaceExists(workspaceOf(database, name))) return;
  const names = (await listWorkspaces(database)).map((workspace) => workspace.name);
  const meant = closestMatch(name, names, { maxDistance: MAX_DISTANCE });
  throw new ConfigError(
    `There is no workspace ${name}${meant ? `: is ${meant} meant?` : '.'} Set WORKSPACE to one that there is, ` +
      'as npm run admin -- workspace list shows them.',
  );
}
