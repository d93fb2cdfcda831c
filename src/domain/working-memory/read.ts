import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, derived, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { keyset, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { workingMemories, workingMemoriesHistory } from '../../tables/working-memory.ts';
import { isOf, type Owner } from './owner.ts';

const w = under(workingMemories, 'w');
const k = under(workingMemories, 'k');
const h = under(workingMemoriesHistory, 'h');

const shown = [
  'id',
  'scope',
  'companionId',
  'userId',
  'conversationId',
  'content',
  'data',
  'template',
  'schema',
  'version',
  'updatedAt',
  'updatedBy',
] as const;
const select = fields(pick(w, ...shown));
export type WorkingMemoryRow = RowOf<typeof select>;

/** The rows of some keys, each looked up, as the reading has them. A key stays for as long as there is one. */
const byKeys = async (tx: Transaction, reading: Reading, keys: SQL): Promise<WorkingMemoryRow[]> =>
  tx.rows<WorkingMemoryRow>(sql`
    select ${select} from ${reading.from(w)} where ${w.workspaceId} = ${tx.workspaceId} and ${w.id} = any(array(${keys}))`);

/** An owner's working memory at the reading's point: what was known of it then. Undefined where there was none. */
export async function workingMemoryOf(
  tx: Transaction,
  reading: Reading,
  owner: Owner,
): Promise<WorkingMemoryRow | undefined> {
  const [row] = await byKeys(
    tx,
    reading,
    sql`select ${k.id} from ${aliased(k)} where ${isOf(k, tx.workspaceId, owner)}`,
  );
  return row;
}

/** Those of conversations, by the conversations' keys. */
export async function workingMemoriesOfConversations(
  tx: Transaction,
  reading: Reading,
  ids: readonly string[],
): Promise<Map<string, WorkingMemoryRow>> {
  const keys = sql`select ${k.id} from ${aliased(k)} where ${k.workspaceId} = ${tx.workspaceId}
    and ${k.conversationId} = any(${uuids(ids)})`;
  const rows = await byKeys(tx, reading, keys);
  return new Map(rows.map((row) => [row.conversationId as string, row]));
}

/** Working memories by their keys; those that there were not at the reading's point are left out. */
export async function workingMemoriesById(
  tx: Transaction,
  reading: Reading,
  ids: readonly string[],
): Promise<Map<string, WorkingMemoryRow>> {
  const rows = await byKeys(tx, reading, sql`select unnest(${uuids(ids)})`);
  return new Map(rows.map((row) => [row.id, row]));
}

/** The one order versions are listed in: the newest first. */
export const VERSION_ORDER = 'WRITTEN_AT DESC';

const versioned = ['id', 'version', 'content', 'data', 'updatedAt', 'updatedBy', 'knownFrom'] as const;
const version = derived('version', pick(w, ...versioned));
const versionFields = fields(version);
/** A version, as it was written. */
export type VersionRow = RowOf<typeof versionFields>;

const position = ({ knownFrom, id }: VersionRow) => ({ value: knownFrom.toISOString(), id });

/**
 * A page of versions for each working memory, the newest first, in one statement: those that were known at the reading's
 * point. A version was replaced when the next was written, which is what earlier ones are looked up by.
 */
export async function versionPages(
  tx: Transaction,
  reading: Reading,
  ids: readonly string[],
  window: Window,
): Promise<Map<string, Page<VersionRow>>> {
  const { known } = reading.asOf(window.asOf);
  const after = window.after && sql`${String(window.after.value)}::text::timestamptz`;
  const part = keyset(window, { value: version.knownFrom, type: 'timestamptz', id: version.id, direction: 'DESC' });
  const now = [...(known ? [sql`${w.knownFrom} <= ${known}`] : []), ...(after ? [sql`${w.knownFrom} < ${after}`] : [])];
  const past = [
    ...(known ? [sql`${h.knownFrom} <= ${known}`] : []),
    ...(after ? [sql`${h.knownUntil} <= ${after}`] : []),
  ];
  const rows = await tx.rows<VersionRow & { parent: string }>(sql`
    select parent.given as parent, ${versionFields} from unnest(${uuids(ids)}) with ordinality parent (given, nth)
    cross join lateral (
      (select ${fields(pick(w, ...versioned))} from ${aliased(w)}
        where ${all([sql`${w.workspaceId} = ${tx.workspaceId}`, sql`${w.id} = parent.given`, ...now])})
      union all
      (select ${fields(pick(h, ...versioned))} from ${aliased(h)}
        where ${all([sql`${h.workspaceId} = ${tx.workspaceId}`, sql`${h.id} = parent.given`, ...past])}
        order by ${h.knownUntil} desc limit ${part.limit})
      order by "knownFrom" desc limit ${part.limit}
    ) version
    order by parent.nth, ${version.knownFrom} desc`);
  const byParent = Map.groupBy(rows, ({ parent }) => parent);
  return new Map(ids.map((id) => [id, toPage<VersionRow>(window, byParent.get(id) ?? [], position)]));
}

/** How many versions each working memory had at the reading's point, in one statement. */
export async function countVersions(
  tx: Transaction,
  reading: Reading,
  ids: readonly string[],
): Promise<Map<string, number>> {
  const rows = await tx.rows<{ parent: string; count: number }>(sql`
    select ${w.id} as parent, (1 + (
      select count(*) from ${aliased(h)} where ${h.workspaceId} = ${tx.workspaceId} and ${h.id} = ${w.id}
        and ${h.knownUntil} <= ${w.knownFrom}))::int as count
    from ${reading.from(w)} where ${w.workspaceId} = ${tx.workspaceId} and ${w.id} = any(${uuids(ids)})`);
  return new Map(rows.map(({ parent, count }) => [parent, count]));
}
