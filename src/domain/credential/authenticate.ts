import { timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Database } from '../../db/database.ts';
import { readOnce } from '../../db/read-transaction.ts';
import { type Tried, Unauthenticated } from '../../kernel/errors.ts';
import { type Principal, scopes } from '../../kernel/principal.ts';
import { workspaceExists, workspaceOf } from '../workspace/workspaces.ts';
import { type FoundKey, findKey, findKeys } from './api-keys.ts';
import { type JwtSettings, jwtVerifier } from './jwt.ts';
import type { KeyUses } from './key-uses.ts';
import { resolveRestriction } from './restrict.ts';
import { type ApiKey, parseApiKey, parsePublicKeyId, publicKeyId } from './secret.ts';

/** How long a checked credential counts as valid without another check: a revoked key works for that long, at most. */
export const CREDENTIAL_TTL_MS = 5_000;
const MAX_CREDENTIALS = 10_000;
/** Whoever reaches a server without credentials, as events name them. */
const LOCAL_ACTOR = 'local:anyone';
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/** Looks a credential up that is not known here: what bounds such look-ups has it wait, or refuses it. */
export type LookUp = <T>(run: () => Promise<T>) => Promise<T>;

/** The parts of a request that say who asks. */
interface Asking {
  headers: { get(name: string): string | null };
  /** Where it goes to. Default: to this machine. */
  url?: string;
}

/**
 * Takes API keys, and JWTs where their issuer is configured, from the header `Authorization: Bearer …`. What it returns
 * throws Unauthenticated, and Unavailable where keys or rows cannot be fetched. A credential that was valid a while ago
 * is looked up again without `lookUp`, and one that has not the form of a key not at all.
 */
export function authenticateBy(
  database: Database,
  jwt?: JwtSettings,
  ttlMs = CREDENTIAL_TTL_MS,
  uses?: KeyUses,
): (request: Asking, lookUp?: LookUp) => Promise<Principal> {
  const verify = jwt && jwtVerifier(jwt);
  const check = async (token: string): Promise<{ principal: Principal; expiresAt: Date | null }> => {
    if (token.startsWith('pal_')) return checkKey(database, token);
    if (!verify) throw new Unauthenticated('The credential is not known: an API key, pal_…, is expected.');
    const { workspace, subject, scopes: granted, expiresAt, restrictedTo } = await verify(token);
    const tenant = workspaceOf(database, workspace, 'system:credentials');
    const { workspaceId } = tenant;
    if (!(await workspaceExists(tenant))) {
      throw new Unauthenticated('The workspace that the JWT names does not exist.');
    }
    const credential = `jwt:${workspaceId}:${subject}`;
    // The issuer's subject, restricted alike: its next token goes on with the idempotency keys of this one.
    const owner = `jwt:${JSON.stringify([jwt?.issuer, subject, restrictedTo])}`;
    const { restriction } = await readOnce(tenant, (tx) => resolveRestriction(tx, restrictedTo));
    const principal = {
      workspaceId,
      credential,
      owner,
      actor: `jwt:${subject}`,
      scopes: granted,
      restriction,
      expiresAt,
    };
    const { companions, users } = restrictedTo;
    const isNamed = companions !== null || users !== null;
    return {
      principal: { ...principal, ...(isNamed && { restrictedBy: { ids: null, names: [restrictedTo] } }) },
      expiresAt,
    };
  };
  const known = new LRUCache<string, Principal, LookUp>({
    max: MAX_CREDENTIALS,
    ttl: ttlMs,
    async fetchMethod(token, before, { options, context: lookUp }) {
      const { principal, expiresAt } = await (before ? check(token) : lookUp(() => check(token)));
      if (expiresAt) options.ttl = Math.max(1, Math.min(ttlMs, expiresAt.getTime() - Date.now()));
      return principal;
    },
  });
  return async ({ headers }, lookUp = (run) => run()) => {
    const token = tokenIn(headers);
    if (!token) {
      throw new Unauthenticated(
        'A credential is required: send the header Authorization: Bearer, followed by an API key or a JWT.',
      );
    }
    if (token.startsWith('pal_') && !parseApiKey(token)) throw unknownKey();
    const principal = (await known.fetch(token, { context: lookUp })) as Principal;
    const keyId = uses && parsePublicKeyId(principal.credential);
    if (keyId) uses.note(principal.workspaceId, keyId);
    return principal;
  };
}

const unknownKey = (tried?: Tried) => new Unauthenticated('The API key is not known.', tried);

async function checkKey(database: Database, token: string): Promise<{ principal: Principal; expiresAt: Date | null }> {
  const given = parseApiKey(token);
  const tenant = given && { database, workspaceId: given.workspaceId, actor: 'system:credentials' };
  const key =
    tenant && (await workspaceExists(tenant)) && (await readOnce(tenant, (scope) => findKey(scope, given.keyId)));
  if (!given || !key) throw unknownKey();
  return principalOf(key, given);
}

/** Who has a key that was given by its secret. Throws Unauthenticated where it is not good now. */
function principalOf(
  key: FoundKey,
  given: Pick<ApiKey, 'workspaceId' | 'secretHash'>,
): { principal: Principal; expiresAt: Date | null } {
  const credential = publicKeyId(key.id);
  const who = { workspaceId: given.workspaceId, credential, actor: `key:${key.name}` };
  const secret = secretOf(key, given.secretHash);
  if (!secret) throw unknownKey({ who, outcome: 'WRONG_SECRET' });
  if (key.revokedAt) {
    throw new Unauthenticated(`The API key ${credential} has been revoked.`, { who, outcome: 'KEY_REVOKED' });
  }
  if (key.expiresAt && key.expiresAt.getTime() <= Date.now()) {
    throw new Unauthenticated(`The API key ${credential} has expired.`, { who, outcome: 'KEY_EXPIRED' });
  }
  const { until } = secret;
  if (until && until.getTime() <= Date.now()) {
    const message = `This secret of the API key ${credential} has been replaced by another one.`;
    throw new Unauthenticated(message, { who, outcome: 'SECRET_REPLACED' });
  }
  const { companions, users } = key;
  const restriction = companions || users ? { companions, users } : null;
  const ends = [key.expiresAt, until].filter((end) => end !== null).map(Number);
  const expiresAt = ends.length > 0 ? new Date(Math.min(...ends)) : null;
  const principal = { ...who, scopes: new Set(key.scopes), restriction, ...(expiresAt && { expiresAt }) };
  return { principal, expiresAt };
}

/** A key that something continues to use after its request, and the secret that it was given by. */
export type KeyInUse = Pick<ApiKey, 'keyId' | 'secretHash'>;

/** The key that a principal came by; undefined: it came by something else. */
export function keyInUse({ credential }: Principal, { headers }: Asking): KeyInUse | undefined {
  const keyId = parsePublicKeyId(credential);
  const given = keyId === undefined ? undefined : parseApiKey(tokenIn(headers) ?? '');
  return given && { keyId: given.keyId, secretHash: given.secretHash };
}

const tokenIn = (headers: Asking['headers']): string | undefined =>
  /^Bearer +([^\s,]+)$/i.exec(headers.get('authorization')?.trim() ?? '')?.[1];

/**
 * Why keys of a workspace that were good before are so no longer, by the keys; those that still are have no entry. One
 * statement for all of them. Throws Unauthenticated where the workspace is gone, and Unavailable.
 */
export async function lapsed(
  database: Database,
  workspaceId: string,
  given: readonly KeyInUse[],
): Promise<Map<KeyInUse, Unauthenticated>> {
  const tenant = { database, workspaceId, actor: 'system:credentials' };
  const ids = [...new Set(given.map(({ keyId }) => keyId))];
  const keys = await readOnce(tenant, async (tx) => {
    // Says whether the workspace is there.
    await tx.now();
    return findKeys(tx, ids);
  });
  const refusals = new Map<KeyInUse, Unauthenticated>();
  for (const each of given) {
    const key = keys.get(each.keyId);
    try {
      if (!key) throw unknownKey();
      principalOf(key, { workspaceId, secretHash: each.secretHash });
    } catch (error) {
      if (!(error instanceof Unauthenticated)) throw error;
      refusals.set(each, error);
    }
  }
  return refusals;
}

/** Which of its secrets a key is given by, and until when that is taken; undefined: by none. */
function secretOf(key: FoundKey, hash: string): { until: Date | null } | undefined {
  const is = (other: string | null) => other !== null && timingSafeEqual(Buffer.from(other), Buffer.from(hash));
  if (is(key.secretHash)) return { until: null };
  return is(key.previousHash) ? { until: key.previousUntil } : undefined;
}

/**
 * Takes everybody for the one principal of a server without credentials, which listens on the loopback interface. A
 * page of another site can be made to reach that interface by a name of its own (DNS rebinding): such names are
 * refused. What it returns throws Unauthenticated.
 */
export function authenticateLocally(workspaceId: string): (request: Asking) => Principal {
  const principal = { workspaceId, credential: 'local', actor: LOCAL_ACTOR, scopes: new Set(scopes) };
  return ({ headers, url = 'http://localhost' }) => {
    // A request that came by no socket may have no Host header.
    const { host } = new URL(url);
    if (LOOPBACK.test(host) && LOOPBACK.test(headers.get('host') ?? host)) return principal;
    throw new Unauthenticated(
      'This server has no credentials and answers only to the host names localhost, 127.0.0.1 and ' +
        '[::1]: set CREDENTIALS=required to serve others.',
    );
  };
}
