import { type SQL, sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import { Forbidden } from '../../kernel/errors.ts';
import type { Restriction } from '../../kernel/principal.ts';

/** Whose a row is. */
interface Owned {
  companionId: string;
  userId: string | null;
}

/** Whether rows of a companion and user may be changed. Those without a user can be read only where users are restricted. */
export const mayChange = (restriction: Restriction | null, { companionId, userId }: Owned): boolean =>
  restriction === null ||
  ((restriction.companions?.includes(companionId) ?? true) &&
    (restriction.users === null || (userId !== null && restriction.users.includes(userId))));

/** The same as conditions on rows; none where nothing is restricted. */
export function changeableSql(
  restriction: Restriction | null,
  rows: { companionId: SQL<string>; userId: SQL<string | null> },
): SQL[] {
  if (!restriction) return [];
  const { companions, users } = restriction;
  return [
    ...(companions ? [sql`${rows.companionId} = any(${uuids(companions)})`] : []),
    ...(users ? [sql`${rows.userId} = any(${uuids(users)})`] : []),
  ];
}

/** What a restricted credential may not do, and why. */
export const beyond = (why: string): Forbidden =>
  new Forbidden('UNRESTRICTED', `This credential is restricted to some companions or users of its workspace: ${why}`);

/** Throws Forbidden where a row that is seen may not be changed. */
export function refuseReadOnly(restriction: Restriction | null, rows: readonly Owned[]): void {
  if (rows.every((row) => mayChange(restriction, row))) return;
  throw beyond('it may read what is about none of its users, but not change it.');
}
