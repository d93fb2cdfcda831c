import { type SQL, sql } from 'drizzle-orm';
import { BatchSize, inBatches } from '../../db/batches.ts';
import { all, moment } from '../../db/sql.ts';
import type { Tenant, Transaction, WriteTransaction } from '../../db/transaction.ts';
import { aliased, names, under } from '../../db/typed-sql.ts';
import { write } from '../../db/write.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { keyset, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { changeableSql } from '../../model/restriction/allowed.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import { sessions } from '../../tables/session.ts';
import { unnameSessions } from '../event/unname-sessions.ts';
import { emptySuccessesOfAny } from '../idempotency/successes.ts';
import { type SessionRow, selectSession } from './sessions.ts';

const s = under(sessions, 's');
const over = under(sessions, 'over');

/** Which sessions a list shows; a part left out lets all through. */
export interface SessionList {
  companion?: CompanionRef | null | undefined;
  user?: UserRef | null | undefined;
  isActive?: boolean | null | undefined;
}

/** The one order sessions are listed in: the one started last first. */
export const SESSION_ORDER = 'STARTED_AT DESC';

function conditionsOf({ companion, user, isActive }: SessionList, workspaceId: string, asOf?: Date): SQL[] {
  const conditions = [sql`${s.workspaceId} = ${workspaceId}`];
  if (asOf) conditions.push(sql`${s.startedAt} <= ${moment(asOf)}`);
  if (companion) conditions.push(sql`${s.companionId} = ${companionIdSql(companion, workspaceId)}`);
  if (user) conditions.push(sql`${s.userId} = ${userIdSql(user, workspaceId)}`);
  if (isActive != null) conditions.push(isActive ? sql`${s.expiresAt} > now()` : sql`${s.expiresAt} <= now()`);
  return conditions;
}

/** A page of the workspace's sessions; those started after the first page are left out. */
export async function sessionPage(tx: Transaction, list: SessionList, window: Window): Promise<Page<SessionRow>> {
  const part = keyset(window, { value: s.startedAt, type: 'timestamptz', id: s.id, direction: 'DESC' });
  const rows = await tx.rows<SessionRow>(sql`
    select ${selectSession} from ${aliased(s)}
    where ${all([...conditionsOf(list, tx.workspaceId, window.asOf), ...part.conditions])}
    order by ${part.orderBy} limit ${part.limit}`);
  return toPage(window, rows, ({ startedAt, id }) => ({ value: startedAt.toISOString(), id }));
}

/** How many sessions fit. */
export async function countSessions(tx: Transaction, list: SessionList, asOf: Date | undefined): Promise<number> {
  const [row] = await tx.rows<{ count: number }>(sql`
    select count(*)::int as count from ${aliased(s)} where ${all(conditionsOf(list, tx.workspaceId, asOf))}`);
  return row?.count ?? 0;
}

/** The most sessions that one transaction purges. */
const BATCH = 1_000;

/** Erases sessions that are over, and returns how many. Events keep what was done, and no longer name them. */
export async function purgeSessions(tenant: Tenant, companion: CompanionRef | null | undefined): Promise<number> {
  let purged = 0;
  await inBatches(new BatchSize(BATCH), async (size, timeoutMs) => {
    const gone = await write(tenant, (tx) => purge(tx, companion, size), { timeoutMs });
    purged += gone;
    return gone;
  });
  return purged;
}

async function purge(tx: WriteTransaction, companion: CompanionRef | null | undefined, limit: number): Promise<number> {
  const which = all([
    sql`${over.workspaceId} = ${tx.workspaceId}`,
    sql`${over.expiresAt} <= now()`,
    ...(companion ? [sql`${over.companionId} = ${companionIdSql(companion, tx.workspaceId)}`] : []),
    ...changeableSql(tx.restriction, over),
  ]);
  const rows = await tx.rows<{ id: string }>(sql`
    delete from ${aliased(s)} where ${s.workspaceId} = ${tx.workspaceId} and ${s.id} = any(array(
      select ${over.id} from ${aliased(over)} where ${which} order by ${over.expiresAt} limit ${limit} for update skip locked))
    returning ${names(sessions, 'id')}`);
  const ids = rows.map(({ id }) => id);
  if (ids.length > 0) await emptySuccessesOfAny(tx, 'sessionId', ids);
  await unnameSessions(tx, ids);
  return ids.length;
}
