import { LRUCache } from 'lru-cache';
import type { Database } from '../../db/database.ts';
import { readOnce } from '../../db/read-transaction.ts';
import type { Principal, Restriction } from '../../kernel/principal.ts';
import { CREDENTIAL_TTL_MS } from './authenticate.ts';
import { both, resolveRestriction } from './restrict.ts';

/** How many names are remembered. */
const MAX_NAMES = 10_000;

/** What a request names, to see no more than that: the key of a companion, the external id of a user. */
export interface Named {
  companion: string | undefined;
  user: string | undefined;
}

/**
 * Narrows a principal to what a request names, as if its credential were restricted to that; never to more than the
 * credential sees. What there is not yet is seen from the write on that makes it, where the credential may make it.
 * What was found counts for `ttlMs`, like a credential. Throws Unauthenticated where the workspace is gone, and
 * Unavailable.
 */
export function narrowBy(
  database: Database,
  ttlMs = CREDENTIAL_TTL_MS,
): (principal: Principal, named: Named) => Promise<Principal> {
  const known = new LRUCache<string, string>({ max: MAX_NAMES, ttl: ttlMs });
  const idsOf = async (workspaceId: string, named: Named): Promise<Restriction> => {
    const lists = [
      ['companions', named.companion],
      ['users', named.user],
    ] as const;
    const keyOf = (what: string, name: string) => JSON.stringify([workspaceId, what, name]);
    const ids = { companions: null, users: null } as Record<'companions' | 'users', readonly string[] | null>;
    const unknown = { companions: null, users: null } as typeof ids;
    for (const [what, name] of lists) {
      if (name === undefined) continue;
      const id = known.get(keyOf(what, name));
      if (id === undefined) unknown[what] = [name];
      else ids[what] = [id];
    }
    if (!unknown.companions && !unknown.users) return ids;
    const tenant = { database, workspaceId, actor: 'system:credentials' };
    const { restriction } = await readOnce(tenant, (tx) => resolveRestriction(tx, unknown));
    for (const [what, name] of lists) {
      const found = unknown[what] && restriction?.[what];
      if (!found || name === undefined) continue;
      ids[what] = found;
      if (found[0] !== undefined) known.set(keyOf(what, name), found[0]);
    }
    return ids;
  };
  return async (principal, named) => {
    const { companion = null, user = null } = named;
    if (companion === null && user === null) return principal;
    const before = principal.restriction ?? null;
    const ids = await idsOf(principal.workspaceId, named);
    return {
      ...principal,
      // A retry is one of what is narrowed alike: the kept answer may speak of what others do not see.
      owner: JSON.stringify([principal.owner ?? principal.credential, companion, user]),
      restrictedBy: {
        ids: principal.restrictedBy ? principal.restrictedBy.ids : before,
        names: [...(principal.restrictedBy?.names ?? []), { companions: listed(companion), users: listed(user) }],
      },
      restriction: {
        companions: both(before?.companions ?? null, ids.companions),
        users: both(before?.users ?? null, ids.users),
        mayCreate: {
          companions: companion !== null && before === null ? [companion] : [],
          users: user !== null && (before?.users ?? null) === null ? [user] : [],
        },
      },
    };
  };
}

const listed = (name: string | null): readonly string[] | null => (name === null ? null : [name]);
