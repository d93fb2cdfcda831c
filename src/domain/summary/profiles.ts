import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, moment, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { keyset, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import { memories } from '../../tables/memory.ts';
import { profiles } from '../../tables/summary.ts';

const m = under(memories, 'm');
const p = under(profiles, 'p');

const select = fields({
  ...pick(p, 'id', 'companionId', 'userId', 'entityId', 'summaryLineageId', 'createdAt', 'refreshedAt'),
  /** The version of its summary that holds. */
  summaryId: m.id,
});
export type ProfileRow = RowOf<typeof select>;

/** Profiles whose summary holds at the reading's point, under the aliases p and m. */
const standing = (reading: Reading): SQL =>
  sql`${aliased(p)} ${reading.lookUp(
    m,
    sql`${m.lineageId} = ${p.summaryLineageId} and ${presentSql(m, reading.validAt)}`,
  )}`;

/** Profiles by their keys; those whose summary does not hold are left out. */
export async function profilesById(
  tx: Transaction,
  reading: Reading,
  ids: readonly string[],
): Promise<Map<string, ProfileRow>> {
  const rows = await tx.rows<ProfileRow>(sql`
    select ${select} from ${standing(reading)} where ${p.workspaceId} = ${tx.workspaceId} and ${p.id} = any(${uuids(ids)})`);
  return new Map(rows.map((row) => [row.id, row]));
}

/** Whom a profile is of. */
export interface ProfileOf {
  companion: CompanionRef;
  user?: UserRef | null | undefined;
  /** The key of an entity. */
  entity?: string | null | undefined;
}

/** The key of the profile of a user, an entity or a companion; undefined: there is none. */
export async function findProfile(
  tx: Transaction,
  { companion, user, entity }: ProfileOf,
): Promise<string | undefined> {
  const conditions = [
    sql`${p.workspaceId} = ${tx.workspaceId}`,
    sql`${p.companionId} = ${companionIdSql(companion, tx.workspaceId)}`,
    user ? sql`${p.userId} = ${userIdSql(user, tx.workspaceId)}` : sql`${p.userId} is null`,
    entity ? sql`${p.entityId} = ${entity}::uuid` : sql`${p.entityId} is null`,
  ];
  const [row] = await tx.rows<{ id: string }>(sql`
    select ${fields(pick(p, 'id'))} from ${aliased(p)} where ${all(conditions)}`);
  return row?.id;
}

/** What profiles are ordered by, as cursors name it. */
export const PROFILE_ORDER = 'CREATED_AT ASC';

const conditionsOf = (tx: Transaction, companion: CompanionRef, asOf: Date | undefined): SQL[] => [
  sql`${p.workspaceId} = ${tx.workspaceId}`,
  sql`${p.companionId} = ${companionIdSql(companion, tx.workspaceId)}`,
  ...(asOf ? [sql`${p.createdAt} <= ${moment(asOf)}`] : []),
];

/** A page of a companion's profiles, the first made first. */
export async function profilePage(
  tx: Transaction,
  reading: Reading,
  companion: CompanionRef,
  window: Window,
): Promise<Page<ProfileRow>> {
  const part = keyset(window, { value: p.createdAt, type: 'timestamptz', id: p.id, direction: 'ASC' });
  const conditions = [...conditionsOf(tx, companion, window.asOf), ...part.conditions];
  const rows = await tx.rows<ProfileRow>(sql`
    select ${select} from ${standing(reading)} where ${all(conditions)} order by ${part.orderBy} limit ${part.limit}`);
  return toPage(window, rows, ({ createdAt, id }) => ({ value: createdAt.toISOString(), id }));
}

/** How many profiles a companion has, or had at `asOf`. */
export async function countProfiles(
  tx: Transaction,
  reading: Reading,
  companion: CompanionRef,
  asOf: Date | undefined,
): Promise<number> {
  const [row] = await tx.rows<{ count: number }>(sql`
    select count(*)::int as count from ${standing(reading)} where ${all(conditionsOf(tx, companion, asOf))}`);
  return row?.count ?? 0;
}
