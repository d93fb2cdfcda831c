import type { Database } from '../db/database.ts';
import { readOnce } from '../db/read-transaction.ts';
import type { Tenant } from '../db/transaction.ts';
import { write } from '../db/write.ts';
import { createKey, type KeyDetails, listKeys, revokeKey } from '../domain/credential/api-keys.ts';
import { parsePublicKeyId, publicKeyId } from '../domain/credential/secret.ts';
import {
  deleteWorkspace,
  listWorkspaces,
  openWorkspace,
  workspaceExists,
  workspaceOf,
} from '../domain/workspace/workspaces.ts';
import type { EmbeddingModel } from '../kernel/embedding-model.ts';
import { type AccessScope, scopes } from '../kernel/principal.ts';
import { AdminError } from './admin-error.ts';

const MAX_NAME = 200;
const DAY_MS = 86_400_000;

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

/** As on the command line. */
export interface KeyOptions {
  scopes?: string;
  name?: string;
  expires?: string;
}

export function makeKey(given: string, options: KeyOptions): AdminCommand {
  const workspace = nameOf(given, 'workspace');
  const wanted = {
    name: nameOf(options.name ?? 'key', 'key'),
    scopes: scopesOf(options.scopes),
    expiresAt: options.expires === undefined ? null : momentOf(options.expires),
  };
  return async ({ database }) => {
    const tenant = await existing(database, workspace);
    const { key, token } = await write(tenant, (tx) => createKey(tx, wanted));
    // The key alone goes to stdout, so that it can be piped to where it is kept.
    console.error(`${describeKey(key)}\nThe key is shown only this once:`);
    console.log(token);
  };
}

export function showKeys(given: string): AdminCommand {
  const workspace = nameOf(given, 'workspace');
  return async ({ database }) => {
    const keys = await readOnce(await existing(database, workspace), listKeys);
    for (const key of keys) console.log(describeKey(key));
    if (keys.length === 0) console.log(`Workspace ${workspace} has no keys.`);
  };
}

export function endKey(given: string, id: string): AdminCommand {
  const workspace = nameOf(given, 'workspace');
  const keyId = keyIdOf(id);
  return async ({ database }) => {
    const key = await write(await existing(database, workspace), (tx) => revokeKey(tx, keyId));
    if (!key)
      throw new AdminError(
        `Workspace ${workspace} has no key ${publicKeyId(keyId)}: see npm run admin -- key list ${workspace}`,
      );
    console.log(`${describeKey(key)}\nServers refuse it within five seconds.`);
  };
}

async function existing(database: Database, name: string): Promise<Tenant> {
  const tenant = workspaceOf(database, name);
  if (await workspaceExists(tenant)) return tenant;
  throw new AdminError(`There is no workspace ${name}: npm run admin -- workspace create ${name}`);
}

function describeKey({ id, name, scopes: granted, expiresAt, revokedAt }: KeyDetails): string {
  const ends = revokedAt
    ? `revoked ${revokedAt.toISOString()}`
    : expiresAt
      ? `expire${expiresAt.getTime() <= Date.now() ? 'd' : 's'} ${expiresAt.toISOString()}`
      : 'does not expire';
  return `${publicKeyId(id)}  ${granted.join(',').toLowerCase()}  ${ends}  ${name}`;
}

function nameOf(name: string | undefined, of: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (name?.trim() && name.length <= MAX_NAME && !/[\u0000-\u001f\u007f]/.test(name)) return name;
  throw new AdminError(`The name of a ${of} has 1–${MAX_NAME} characters, no line breaks and not only spaces.`);
}

function scopesOf(text: string | undefined): AccessScope[] {
  const words = (text ?? '').split(/[\s,]+/).filter(Boolean);
  const wanted = words.map((word) => word.toUpperCase()) as AccessScope[];
  if (wanted.length === 0 || !wanted.every((scope) => scopes.includes(scope))) {
    throw new AdminError('A key needs --scopes: one or more of read, write and admin, separated by commas.');
  }
  return scopes.filter((scope) => wanted.includes(scope));
}

function momentOf(text: string): Date {
  const days = /^([1-9]\d{0,4})d$/.exec(text)?.[1];
  const moment = days
    ? new Date(Date.now() + Number(days) * DAY_MS)
    : new Date(/^\d{4}-\d\d-\d\d/.test(text) ? text : NaN);
  if (moment.getTime() > Date.now()) return moment;
  throw new AdminError(
    '--expires is a number of days such as 90d, or a date in the future such as 2027-01-31 or 2027-01-31T12:00:00Z.',
  );
}

function keyIdOf(text: string): string {
  const id = parsePublicKeyId(text);
  if (id) return id;
  throw new AdminError('A key is named by its id, key_…, as npm run admin -- key list shows it.');
}
