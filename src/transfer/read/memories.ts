import { type SQL, sql } from 'drizzle-orm';
import { all, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, aliasOf, derived, fields, nullable, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { plainColumns } from '../../model/memory/fields.ts';
import { companions } from '../../tables/companion.ts';
import { contradictions } from '../../tables/contradiction.ts';
import { decisions } from '../../tables/correction.ts';
import { entities, mentions } from '../../tables/entity.ts';
import { lineages, memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import { users } from '../../tables/user.ts';
import { isMade } from './made.ts';
import { lookUp, PAGE, pages } from './pages.ts';

const c = under(companions, 'c');
const d = under(decisions, 'd');
const e = under(entities, 'e');
const m = under(memories, 'm');
const l = under(lineages, 'l');
const n = under(entities, 'n');
const named = under(entities, 'named');
const o = under(contradictions, 'o');
const page = under(memories, 'page');
const r = under(relations, 'r');
const u = under(users, 'u');
const x = under(mentions, 'x');

/** The entities of each memory of a page: `mentioned`. */
const mentioned = {
  memoryId: page.id,
  entities: sql<
    { type: string; name: string }[]
  >`jsonb_agg(distinct jsonb_build_object('type', ${e.type}, 'name', ${e.name}))`,
};
const found = derived('mentioned', mentioned);

/** The slot that a memory was written to, where it does not answer that any more. */
const left = derived('left_slot', { slot: l.slot });
const leftSlot = (workspaceId: string): SQL => sql`
  select ${fields({ slot: l.slot })} from ${aliased(o)}
  join ${aliased(l)} on ${l.workspaceId} = ${workspaceId} and ${l.id} = ${o.memoryLineageId}
  join ${aliased(r)} on ${r.workspaceId} = ${workspaceId} and ${r.id} = ${o.relationId}
  where ${m.slot} is null and ${o.workspaceId} = ${workspaceId} and ${o.byLineageId} = ${m.lineageId}
    and ${o.isOfSlot} and ${r.fromMemoryId} = ${m.id} limit 1`;

const memoryFields = fields({
  id: m.id,
  companion: c.key,
  user: nullable(u.externalId),
  ...pick(m, 'type', 'content', 'importance', 'confidence'),
  slot: sql<string | null>`coalesce(${m.slot}, ${left.slot})`,
  ...plainColumns(m),
  entities: sql<{ type: string; name: string }[]>`coalesce(${found.entities}, '[]')`,
  validFrom: m.validFrom,
  validUntil: m.statedUntil,
  ...pick(m, 'recordedAt', 'importanceAsOf', 'accessCount', 'lastAccessedAt', 'archivedAt'),
});
export type MemoryRow = RowOf<typeof memoryFields>;

/** What the memories say that `chosen` chooses, with their entities; `order` is how. */
const sayingSql = ({ workspaceId }: Transaction, chosen: SQL, order: SQL = sql.empty()): SQL => sql`
  with page as materialized (${chosen}), mentioned as materialized (
    select ${fields(mentioned)} from page
    ${lookUp(sql`select ${x.entityId} from ${aliased(x)} where ${x.workspaceId} = ${workspaceId} and ${x.memoryId} = ${page.id}`, 'x')}
    ${lookUp(
      sql`select ${fields({ id: sql`coalesce(${n.mergedInto}, ${n.id})` })} from ${aliased(n)}
        where ${n.workspaceId} = ${workspaceId} and ${n.id} = ${x.entityId}`,
      'named',
    )}
    ${lookUp(
      sql`select ${e.type}, ${e.name} from ${aliased(e)} where ${e.workspaceId} = ${workspaceId} and ${e.id} = ${named.id}`,
      'e',
    )}
    group by ${page.id}
  )
  select ${memoryFields} from page ${aliasOf(m)}
  join ${aliased(c)} on ${c.workspaceId} = ${workspaceId} and ${c.id} = ${m.companionId}
  left join ${aliased(u)} on ${u.workspaceId} = ${workspaceId} and ${u.id} = ${m.userId}
  left join mentioned on ${found.memoryId} = ${m.id}
  left join lateral (${leftSlot(workspaceId)}) left_slot on true ${order}`;

/** The keys of versions that a correction made. */
const corrected = (tx: Transaction) => sql`
  select ${d.versionId} from ${aliased(d)} where ${d.workspaceId} = ${tx.workspaceId} and ${d.versionId} is not null`;

/** Those that no correction made, nor consolidation, of any status, in the order they were recorded. */
export const memoryPages = (tx: Transaction): AsyncGenerator<MemoryRow[]> =>
  pages(tx, (last) =>
    sayingSql(
      tx,
      sql`
        select m.* from ${aliased(m)}
        where ${all([
          sql`${m.workspaceId} = ${tx.workspaceId}`,
          sql`${m.id} not in (${corrected(tx)})`,
          sql`not ${isMade(tx.workspaceId, m.lineageId)}`,
          ...(last
            ? [sql`(${m.recordedAt}, ${m.id}) > (${last.recordedAt.toISOString()}::timestamptz, ${last.id}::uuid)`]
            : []),
        ])}
        order by ${m.recordedAt}, ${m.id} limit ${PAGE}`,
      sql`order by ${m.recordedAt}, ${m.id}`,
    ),
  );

/** Versions by their keys. */
export async function versionsById(tx: Transaction, ids: readonly string[]): Promise<Map<string, MemoryRow>> {
  if (ids.length === 0) return new Map();
  const chosen = sql`
    select m.* from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${uuids(ids)})`;
  const rows = await tx.rows<MemoryRow>(sayingSql(tx, chosen));
  return new Map(rows.map((row) => [row.id, row]));
}
