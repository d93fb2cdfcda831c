import { parseArgs } from 'node:util';
import type { Database } from '../db/database.ts';
import { readOnce } from '../db/read-transaction.ts';
import { type Tenant, write } from '../db/transaction.ts';
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

const USAGE = `Usage: npm run admin -- COMMAND
  workspace create NAME
  workspace list
  workspace delete NAME --yes
  key create WORKSPACE --scopes read,write,admin [--name NAME] [--expires 90d | 2027-01-31]
  key list WORKSPACE
  key revoke WORKSPACE KEY_ID`;

const MAX_NAME = 200;
const DAY_MS = 86_400_000;

interface Asked {
  database: Database;
  /** The model that vectors of new workspaces are of. */
  embedding: EmbeddingModel | null;
}

type Command = (asked: Asked) => Promise<void>;

/**
 * Reads what an operator asks, and returns what does it: so that nothing is opened for what cannot be read. Throws
 * AdminError; so does what it returns.
 */
export function adminCommand(args: string[]): Command {
  let parsed: ReturnType<typeof readArgs>;
  try {
    parsed = readArgs(args);
  } catch (error) {
    throw new AdminError(`${(error as Error).message.split('. ')[0]}.\n${USAGE}`);
  }
  const { positionals, values } = parsed;
  const [noun = '', verb = '', ...names] = positionals;
  const asked = `${noun} ${verb}`;
  const options = Object.keys(values);
  const is = (command: string, count: number, ...allowed: string[]) =>
    asked === command && names.length === count && options.every((option) => allowed.includes(option));
  if (is('workspace create', 1)) return createWorkspace(nameOf(names[0], 'workspace'));
  if (is('workspace list', 0)) return showWorkspaces;
  if (is('workspace delete', 1, 'yes')) return eraseWorkspace(nameOf(names[0], 'workspace'), values.yes);
  if (is('key create', 1, 'scopes', 'name', 'expires')) {
    return makeKey(nameOf(names[0], 'workspace'), {
      name: nameOf(values.name ?? 'key', 'key'),
      scopes: scopesOf(values.scopes),
      expiresAt: values.expires === undefined ? null : momentOf(values.expires),
    });
  }
  if (is('key list', 1)) return showKeys(nameOf(names[0], 'workspace'));
  if (is('key revoke', 2)) return endKey(nameOf(names[0], 'workspace'), keyIdOf(names[1] as string));
  throw new AdminError(USAGE);
}

const readArgs = (args: string[]) =>
  parseArgs({
    args,
    allowPositionals: true,
    options: {
      scopes: { type: 'string' },
      name: { type: 'string' },
      expires: { type: 'string' },
      yes: { type: 'boolean' },
    },
  });

const createWorkspace =
  (name: string): Command =>
  async ({ database, embedding }) => {
    const { isNew } = await openWorkspace(database, name, 'operator', embedding);
    console.log(isNew ? `Workspace ${name} is created.` : `There is a workspace ${name} already: nothing was changed.`);
  };

const showWorkspaces: Command = async ({ database }) => {
  const workspaces = await listWorkspaces(database);
  for (const { name, createdAt } of workspaces) console.log(`${createdAt.toISOString()}  ${name}`);
  if (workspaces.length === 0) console.log('There are no workspaces yet: npm run admin -- workspace create NAME');
};

const eraseWorkspace =
  (name: string, isMeant = false): Command =>
  async ({ database }) => {
    if (!isMeant) {
      throw new AdminError(`This deletes everything in workspace ${name} for good: confirm it with --yes.`);
    }
    if (!(await deleteWorkspace(workspaceOf(database, name)))) throw new AdminError(`There is no workspace ${name}.`);
    console.log(`Workspace ${name} is deleted, with all that was in it.`);
  };

const makeKey =
  (workspace: string, wanted: Parameters<typeof createKey>[1]): Command =>
  async ({ database }) => {
    const tenant = await existing(database, workspace);
    const { key, token } = await write(tenant, (tx) => createKey(tx, wanted));
    // The key alone goes to stdout, so that it can be piped to where it is kept.
    console.error(`${describeKey(key)}\nThe key is shown only this once:`);
    console.log(token);
  };

const showKeys =
  (workspace: string): Command =>
  async ({ database }) => {
    const keys = await readOnce(await existing(database, workspace), listKeys);
    for (const key of keys) console.log(describeKey(key));
    if (keys.length === 0) console.log(`Workspace ${workspace} has no keys.`);
  };

const endKey =
  (workspace: string, keyId: string): Command =>
  async ({ database }) => {
    const key = await write(await existing(database, workspace), (tx) => revokeKey(tx, keyId));
    if (!key)
      throw new AdminError(
        `Workspace ${workspace} has no key ${publicKeyId(keyId)}: see npm run admin -- key list ${workspace}`,
      );
    console.log(`${describeKey(key)}\nServers refuse it within five seconds.`);
  };

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
