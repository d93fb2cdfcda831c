import { sql } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';
import { texts, toQuery, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { companions } from '../../tables/companion.ts';
import { eventFeeds, events } from '../../tables/event.ts';
import { users } from '../../tables/user.ts';

const c = under(companions, 'c');
const e = under(events, 'e');
const f = under(eventFeeds, 'f');
const u = under(users, 'u');

const position = sql<number>`${f.position}::float8`;

/** How far the feeds of workspaces have come; those without events are left out. One statement. */
export async function feedPositions(database: Database, workspaceIds: readonly string[]): Promise<Map<string, number>> {
  const { sql: text, params } = toQuery(sql`
    select workspace, reached::float8 from feed_positions(${uuids(workspaceIds)})`);
  const session = await database.connect();
  try {
    const rows = (await session.query(text, params)) as { workspace: string; reached: number }[];
    return new Map(rows.map(({ workspace, reached }) => [workspace, reached]));
  } finally {
    session.release();
  }
}

/** How far the workspace's feed has come: the place of its newest event, forgotten or not; 0 before the first. */
export async function feedPosition(tx: Transaction): Promise<number> {
  const [row] = await tx.rows<{ position: number }>(sql`
    select ${fields({ position })} from ${aliased(f)} where ${f.workspaceId} = ${tx.workspaceId}`);
  return row?.position ?? 0;
}

const tailed = fields({
  ...pick(e, 'kind', 'companionId', 'userId', 'otherCompanionId', 'otherUserId'),
  position: sql<number>`${e.position}::float8`,
});

/** Of an event, what says who may want it. */
export type TailRow = RowOf<typeof tailed>;

/** The events behind a position, and how far the feed has come. */
export interface Tail {
  /** In their order: at most as many as were asked for. */
  rows: TailRow[];
  /** The place of the newest event, forgotten or not; 0 before the first. */
  position: number;
}

/** Of the events behind a position at most `limit`, in one statement. */
export async function readTail(
  tx: Pick<Transaction, 'workspaceId' | 'rows'>,
  after: number,
  limit: number,
): Promise<Tail> {
  type Read = { [K in keyof TailRow]: TailRow[K] | null } & { head: number };
  const read = await tx.rows<Read>(sql`
    select head.position as head, tail.* from (values (1)) one
    left join (select ${fields({ position })} from ${aliased(f)} where ${f.workspaceId} = ${tx.workspaceId}) head on true
    left join lateral (
      select ${tailed} from ${aliased(e)}
      where ${e.workspaceId} = ${tx.workspaceId} and ${e.position} > ${after}::int8 and head.position > ${after}::float8
      order by ${e.position} limit ${limit}
    ) tail on true
    order by tail.position`);
  const rows = read.flatMap(({ head, ...row }) => (row.position === null ? [] : [row as TailRow]));
  return { rows, position: read[0]?.head ?? 0 };
}

/** The ids of companions and users, by their names; those that there are not are left out. */
export interface Directory {
  companions: ReadonlyMap<string, string>;
  users: ReadonlyMap<string, string>;
}

/** The names of companions and users, by their ids; the same the other way round. */
export async function namesOf(tx: Transaction, ids: readonly string[]): Promise<Directory> {
  type Found = { name: string; id: string };
  const ofCompanions = await tx.rows<Found>(sql`
    select ${fields({ name: c.key, id: c.id })} from ${aliased(c)}
    where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = any(${uuids(ids)})`);
  const ofUsers = await tx.rows<Found>(sql`
    select ${fields({ name: u.externalId, id: u.id })} from ${aliased(u)}
    where ${u.workspaceId} = ${tx.workspaceId} and ${u.id} = any(${uuids(ids)})`);
  const byName = (rows: readonly Found[]) => new Map(rows.map(({ name, id }) => [name, id]));
  return { companions: byName(ofCompanions), users: byName(ofUsers) };
}

/** Looks names up: keys of companions, external ids of users. */
export async function lookUp(
  tx: Transaction,
  names: { companions: readonly string[]; users: readonly string[] },
): Promise<Directory> {
  type Found = { name: string; id: string };
  const found = {
    companions: () =>
      tx.rows<Found>(sql`
        select ${fields({ name: c.key, id: c.id })} from ${aliased(c)}
        where ${c.workspaceId} = ${tx.workspaceId} and ${c.key} = any(${texts(names.companions)})`),
    users: () =>
      tx.rows<Found>(sql`
        select ${fields({ name: u.externalId, id: u.id })} from ${aliased(u)}
        where ${u.workspaceId} = ${tx.workspaceId} and ${u.externalId} = any(${texts(names.users)})`),
  };
  const byName = async (of: keyof typeof found) =>
    new Map((names[of].length > 0 ? await found[of]() : []).map(({ name, id }) => [name, id]));
  return { companions: await byName('companions'), users: await byName('users') };
}
