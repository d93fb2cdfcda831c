import type { RestrictedBy, Restriction } from '../../kernel/principal.ts';
import type { CompanionRef } from '../../model/companion/ref.ts';
import type { UserRef } from '../../model/user/ref.ts';
import { both } from '../credential/restrict.ts';
import type { EventFilter } from '../event/list.ts';
import type { Directory, TailRow } from './feed.ts';

/** Whose events somebody waits for: what the credential sees, and what was asked for. */
export interface Interest {
  readonly restrictedBy: RestrictedBy;
  readonly filter: EventFilter;
}

/** The names that an interest is in; they may have nothing yet. */
export function namesIn({ restrictedBy, filter }: Interest): { companions: string[]; users: string[] } {
  const { companion, user } = filter;
  return {
    companions: [
      ...restrictedBy.names.flatMap(({ companions }) => companions ?? []),
      ...(companion && 'key' in companion ? [companion.key] : []),
    ],
    users: [
      ...restrictedBy.names.flatMap(({ users }) => users ?? []),
      ...(user && 'externalId' in user ? [user.externalId] : []),
    ],
  };
}

/** What the credential sees, by what its names lead to; null: everything. */
export function restrictionOf({ ids, names }: RestrictedBy, directory: Directory): Restriction | null {
  if (!ids && names.length === 0) return null;
  const within = (what: 'companions' | 'users') =>
    names.reduce<readonly string[] | null>((left, named) => {
      const found = named[what]?.flatMap((name) => directory[what].get(name) ?? []) ?? null;
      return both(left, found);
    }, ids?.[what] ?? null);
  return { companions: within('companions'), users: within('users') };
}

/** Says of events whether they may be of interest: true of all that are, and of few others. */
export function matcher(interest: Interest, directory: Directory): (row: TailRow) => boolean {
  const { companion, user, kinds } = interest.filter;
  const restriction = restrictionOf(interest.restrictedBy, directory);
  const seen = {
    companions: restriction?.companions && new Set(restriction.companions),
    users: restriction?.users && new Set(restriction.users),
  };
  const companionId = companion && idOf(companion, directory);
  const userId = user && userIdOf(user, directory);
  const ofKinds = kinds && new Set(kinds);
  return (row) => {
    if (ofKinds && !ofKinds.has(row.kind)) return false;
    if (companion && row.companionId !== companionId && row.otherCompanionId !== companionId) return false;
    if (user && row.userId !== userId && row.otherUserId !== userId) return false;
    if (seen.companions && !seen.companions.has(row.companionId)) return false;
    return !seen.users || row.userId === null || seen.users.has(row.userId);
  };
}

/** What there is not has an id that nothing has. */
const NOTHING = '';
const idOf = (ref: CompanionRef, { companions }: Directory) =>
  'id' in ref ? ref.id : (companions.get(ref.key) ?? NOTHING);
const userIdOf = (ref: UserRef, { users }: Directory) =>
  'id' in ref ? ref.id : (users.get(ref.externalId) ?? NOTHING);
