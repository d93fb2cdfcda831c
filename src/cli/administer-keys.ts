import { readOnce } from '../db/read-transaction.ts';
import { write } from '../db/write.ts';
import { createKey, type KeyDetails, listKeys, revokeKey, rotateKey } from '../domain/credential/api-keys.ts';
import { resolveRestriction } from '../domain/credential/restrict.ts';
import { parsePublicKeyId, publicKeyId } from '../domain/credential/secret.ts';
import { encodeId } from '../kernel/ids.ts';
import { type AccessScope, scopes } from '../kernel/principal.ts';
import { AdminError } from './admin-error.ts';
import { type AdminCommand, existing, nameOf } from './administer.ts';

const DAY_MS = 86_400_000;
const OVERLAP = '24h';
const MAX_OVERLAP_MS = 90 * DAY_MS;

/** As on the command line. */
export interface KeyOptions {
  scopes?: string;
  name?: string;
  expires?: string;
  companion?: string[];
  user?: string[];
}

export function makeKey(given: string, options: KeyOptions): AdminCommand {
  const workspace = nameOf(given, 'workspace');
  const wanted = {
    name: nameOf(options.name ?? 'key', 'key'),
    scopes: scopesOf(options.scopes),
    expiresAt: options.expires === undefined ? null : momentOf(options.expires),
  };
  const named = { companions: options.companion ?? null, users: options.user ?? null };
  const isRestricted = named.companions !== null || named.users !== null;
  if (isRestricted && wanted.scopes.includes('ADMIN')) {
    throw new AdminError(
      'A key with --companion or --user cannot have the scope admin, which is of the whole workspace.',
    );
  }
  return async ({ database }) => {
    const tenant = await existing(database, workspace);
    const { key, token } = await write(tenant, async (tx) => {
      const { restriction, unknown } = await resolveRestriction(tx, named);
      // A key that sees less than it says would be a mistake, and one for what comes later cannot name it by its id.
      for (const [what, names] of [
        ['companion', unknown.companions],
        ['user', unknown.users],
      ] as const) {
        if (names?.length)
          throw new AdminError(`Workspace ${workspace} has no ${what} ${names.join(', ')}: make it first.`);
      }
      return createKey(tx, { ...wanted, restriction });
    });
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

export function changeKey(given: string, id: string, overlap = OVERLAP): AdminCommand {
  const workspace = nameOf(given, 'workspace');
  const keyId = keyIdOf(id);
  const overlapMs = spanOf(overlap);
  return async ({ database }) => {
    const changed = await write(await existing(database, workspace), (tx) => rotateKey(tx, keyId, overlapMs));
    if (!changed) {
      throw new AdminError(
        `Workspace ${workspace} has no key ${publicKeyId(keyId)} that works: see npm run admin -- key list ${workspace}`,
      );
    }
    console.error(
      `${describeKey(changed.key)}\nThe secret before works until ${changed.key.previousUntil?.toISOString()}. ` +
        'The new one works at once, and is shown only this once:',
    );
    console.log(changed.token);
  };
}

function describeKey(key: KeyDetails): string {
  const { id, name, scopes: granted, expiresAt, revokedAt, lastUsedAt } = key;
  const ends = revokedAt
    ? `revoked ${revokedAt.toISOString()}`
    : expiresAt
      ? `expire${expiresAt.getTime() <= Date.now() ? 'd' : 's'} ${expiresAt.toISOString()}`
      : 'does not expire';
  const used = lastUsedAt ? [`last used ${lastUsedAt.toISOString()}`] : [];
  return [publicKeyId(id), granted.join(',').toLowerCase(), ends, ...used, ...restrictionOf(key), name].join('  ');
}

/** What a key is restricted to, by ids. */
const restrictionOf = ({ companions, users }: KeyDetails): string[] => [
  ...(companions ? [`companions ${companions.map((id) => encodeId('Companion', id)).join(',') || 'none'}`] : []),
  ...(users ? [`users ${users.map((id) => encodeId('User', id)).join(',') || 'none'}`] : []),
];

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

function spanOf(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(number) * ({ s: 1_000, m: 60_000, h: 3_600_000, d: DAY_MS }[unit] ?? NaN);
  if (ms <= MAX_OVERLAP_MS) return ms;
  throw new AdminError(
    '--overlap is a time such as 90s, 30m, 24h or 7d, at most 90d; 0s ends the secret before at once.',
  );
}
