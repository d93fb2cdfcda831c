import type { Database } from '../db/database.ts';
import type { Tenant } from '../db/transaction.ts';
import {
  deleteWorkspace,
  listWorkspaces,
  openWorkspace,
  workspaceExists,
  workspaceOf,
} from '../domain/workspace/workspaces.ts';
import type { EmbeddingModel } from '../kernel/embedding-model.ts';
import { AdminError } from './admin-error.ts';

const MAX_NAME = 200;

interface Asked {
  database: Database;
  /** The model that vectors of new workspaces are of. */
  embedding: EmbeddingModel | null;
}

/** What an operator asks for, ready to be done. Throws AdminError. */
export type AdminCommand = (asked: Asked) => Promise<void>;

// Each of these reads what it is given before it returns what is to be done: nothing is opened for what cannot be read.

export function createWorkspace(given: string): AdminCommand {
  const name = nameOf(given, 'workspace');
  return async ({ database, embedding }) => {
    const { isNew } = await openWorkspace(database, name, 'system:operator', embedding);
    console.log(isNew ? `Workspace ${name} is created.` : `There is a workspace ${name} already: nothing was changed.`);
  };
}

export const showWorkspaces: AdminCommand = async ({ database }) => {
  const workspaces = await listWorkspaces(database);
  for (const { name, createdAt } of workspaces) console.log(`${createdAt.toISOString()}  ${name}`);
  if (workspaces.length === 0) console.log('There are no workspaces yet: npm run admin -- workspace create NAME');
};

export function eraseWorkspace(given: string, isMeant = false): AdminCommand {
  const name = nameOf(given, 'workspace');
  return async ({ database }) => {
    if (!isMeant) {
      throw new AdminError(`This deletes everything in workspace ${name} for good: confirm it with --yes.`);
    }
    if (!(await deleteWorkspace(workspaceOf(database, name)))) throw new AdminError(`There is no workspace ${name}.`);
    console.log(`Workspace ${name} is deleted, with all that was in it.`);
  };
}

/** A workspace that there is. Throws AdminError. */
export async function existing(database: Database, name: string): Promise<Tenant> {
  const tenant = workspaceOf(database, name);
  if (await workspaceExists(tenant)) return tenant;
  throw new AdminError(`There is no workspace ${name}: npm run admin -- workspace create ${name}`);
}

/** A name as it is given. Throws AdminError. */
export function nameOf(name: string | undefined, of: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (name?.trim() && name.length <= MAX_NAME && !/[\u0000-\u001f\u007f]/.test(name)) return name;
  throw new AdminError(`The name of a ${of} has 1–${MAX_NAME} characters, no line breaks and not only spaces.`);
}
