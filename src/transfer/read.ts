import { type SQL, sql } from 'drizzle-orm';
import { all, uuids } from '../db/sql.ts';
import type { Transaction } from '../db/transaction.ts';
import { aliased, under } from '../db/typed-sql.ts';
import type { RelationType } from '../domain/relation/seen.ts';
import { decisions } from '../tables/correction.ts';
import { entities, mentions } from '../tables/entity.ts';
import type { MemoryType } from '../tables/memory.ts';
import { memories } from '../tables/memory.ts';
import { relations } from '../tables/relation.ts';
import { users } from '../tables/user.ts';

const d = under(decisions, 'd');
const e = under(entities, 'e');
const m = under(memories, 'm');
const n = under(entities, 'n');
const r = under(relations, 'r');
const u = under(users, 'u');
const v = under(memories, 'v');
const x = under(mentions, 'x');

/** How many rows a statement reads: of the largest that limits allow, some tens of megabytes. */
const PAGE = 200;

type Json = Record<string, unknown>;

export interface CompanionRow {
  id: string;
  key: string;
  name: string;
  description: string | null;
  config: Json;
  isActive: boolean;
}

export interface UserRow {
  externalId: string;
  metadata: Json;
}

export interface EntityRow {
  type: string;
  name: string;
  foldedName: string;
  aliases: string[];
  recordedAt: Date;
}

export interface MemoryRow {
  id: string;
  companion: string;
  user: string | null;
  type: MemoryType;
  content: string;
  summary: string | null;
  slot: string | null;
  importance: number;
  confidence: number;
  context: Json;
  entities: { type: string; name: string }[];
  validFrom: Date;
  validUntil: Date | null;
  expiresAt: Date | null;
  recordedAt: Date;
  importanceAsOf: Date;
  accessCount: number;
  lastAccessedAt: Date | null;
  archivedAt: Date | null;
}

export interface DecisionRow {
  id: string;
  line: 'correction' | 'retraction' | 'contradiction' | 'resolution';
  recordedAt: Date;
  memory: string;
  /** The version a correction made. */
  version: string | null;
  /** The other side of a contradiction. */
  by: string | null;
  /** MISTAKE or CHANGE; of a resolution, which. */
  as: string | null;
  effectiveAt: Date | null;
  reason: string | null;
  strength: number | null;
}

export interface RelationRow {
  id: string;
  /** Null where nothing of its lineage is believed any longer. */
  from: string | null;
  to: string | null;
  type: RelationType;
  strength: number;
  metadata: Json;
  recordedAt: Date;
}

/** Reads a list page by page: `page` is the statement of the page behind a row, or of the first. */
async function* pages<Row>(tx: Transaction, page: (last: Row | undefined) => SQL): AsyncGenerator<Row[]> {
  for (let last: Row | undefined; ; ) {
    const rows = await tx.rows<Row>(page(last));
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE) return;
    last = rows.at(-1);
  }
}

const own = (tx: Transaction, alias: string) => sql`${sql.raw(alias)}.workspace_id = ${tx.workspaceId}`;

/** Joins by looking each row up, whatever the planner takes the tables for: for a page that is never much. */
const lookUp = (select: SQL, alias: string): SQL => sql`cross join lateral (${select} offset 0) ${sql.raw(alias)}`;

export const companionPages = (tx: Transaction): AsyncGenerator<CompanionRow[]> =>
  pages(
    tx,
    (last) => sql`
      select c.id, c.key, c.name, c.description, c.config, c.is_active as "isActive" from companions c
      where ${all([own(tx, 'c'), ...(last ? [sql`c.key > ${last.key}`] : [])])}
      order by c.key limit ${PAGE}`,
  );

export const userPages = (tx: Transaction): AsyncGenerator<UserRow[]> =>
  pages(
    tx,
    (last) => sql`
      select ${u.externalId} as "externalId", ${u.metadata} from ${aliased(u)}
      where ${all([own(tx, 'u'), ...(last ? [sql`${u.externalId} > ${last.externalId}`] : [])])}
      order by ${u.externalId} limit ${PAGE}`,
  );

/** Those of one companion; what was merged into another is an alias of it and no entity. */
export const entityPages = (tx: Transaction, companionId: string): AsyncGenerator<EntityRow[]> =>
  pages(
    tx,
    (last) => sql`
      select ${e.type}, ${e.name}, ${e.foldedName} as "foldedName", ${e.aliases}, ${e.recordedAt} as "recordedAt"
      from ${aliased(e)}
      where ${all([
        own(tx, 'e'),
        sql`${e.companionId} = ${companionId}::uuid`,
        sql`${e.mergedInto} is null`,
        ...(last ? [sql`(${e.type}, ${e.foldedName}) > (${last.type}, ${last.foldedName})`] : []),
      ])}
      order by ${e.type}, ${e.foldedName} limit ${PAGE}`,
  );

/** The keys of versions that a correction made. */
const corrected = (tx: Transaction) =>
  sql`select ${d.versionId} from ${aliased(d)} where ${own(tx, 'd')} and ${d.versionId} is not null`;

/** What the rows of a common table expression `page` (memories) say, with their entities. */
const sayingSql = (tx: Transaction) => sql`
  mentioned as materialized (
    select page.id as memory_id, jsonb_agg(distinct jsonb_build_object('type', ${e.type}, 'name', ${e.name})) as entities
    from page
    ${lookUp(sql`select ${x.entityId} from ${aliased(x)} where ${own(tx, 'x')} and ${x.memoryId} = page.id`, 'x')}
    ${lookUp(sql`select coalesce(${n.mergedInto}, ${n.id}) as id from ${aliased(n)} where ${own(tx, 'n')} and ${n.id} = ${x.entityId}`, 'named')}
    ${lookUp(sql`select ${e.type}, ${e.name} from ${aliased(e)} where ${own(tx, 'e')} and ${e.id} = named.id`, 'e')}
    group by page.id
  )
  select ${m.id}, c.key as companion, ${u.externalId} as "user", ${m.type}, ${m.content}, ${m.summary}, ${m.slot}, ${m.importance},
    ${m.confidence}, ${m.context}, coalesce(mentioned.entities, '[]') as entities, ${m.validFrom} as "validFrom",
    ${m.statedUntil} as "validUntil", ${m.expiresAt} as "expiresAt", ${m.recordedAt} as "recordedAt",
    ${m.importanceAsOf} as "importanceAsOf", ${m.accessCount} as "accessCount",
    ${m.lastAccessedAt} as "lastAccessedAt", ${m.archivedAt} as "archivedAt"
  from page m
  join companions c on ${own(tx, 'c')} and c.id = ${m.companionId}
  left join ${aliased(u)} on ${own(tx, 'u')} and ${u.id} = ${m.userId}
  left join mentioned on mentioned.memory_id = ${m.id}`;

/** Those that no correction made, whatever their status, in the order they were recorded. */
export const memoryPages = (tx: Transaction): AsyncGenerator<MemoryRow[]> =>
  pages(
    tx,
    (last) => sql`
      with page as materialized (
        select m.* from ${aliased(m)}
        where ${all([
          own(tx, 'm'),
          sql`${m.id} not in (${corrected(tx)})`,
          ...(last
            ? [sql`(${m.recordedAt}, ${m.id}) > (${last.recordedAt.toISOString()}::timestamptz, ${last.id}::uuid)`]
            : []),
        ])}
        order by ${m.recordedAt}, ${m.id} limit ${PAGE}
      ), ${sayingSql(tx)}
      order by ${m.recordedAt}, ${m.id}`,
  );

/** What was decided and stands: corrections, retractions, contradictions and their resolutions, in their order. */
export const decisionPages = (tx: Transaction): AsyncGenerator<DecisionRow[]> =>
  pages(
    tx,
    (last) => sql`
      select * from (
        select ${d.id}, ${d.recordedAt} as "recordedAt", case when ${d.versionId} is null then 'retraction' else 'correction' end as line,
          ${d.memoryId} as memory, ${d.versionId} as version, null::uuid as by,
          case when ${d.kind} in ('MISTAKE', 'RETRACTED') then 'MISTAKE' else 'CHANGE' end as "as",
          ${d.effectiveAt} as "effectiveAt", ${d.reason}, null::float8 as strength
        from ${aliased(d)} where ${own(tx, 'd')} and ${d.revertedAt} is null
        union all
        select c.id, c.opened_at, 'contradiction', c.memory_id, null, c.by_id, null, null, c.reason, c.strength
        from contradictions c where ${own(tx, 'c')}
          and not (c.is_of_slot and (c.status = 'OPEN' or c.resolution = 'KEEP_BY'))
        union all
        select c.id, c.resolved_at, 'resolution', c.memory_id, null, c.by_id, c.resolution::text, null, c.note, null
        from contradictions c where ${own(tx, 'c')} and c.status <> 'OPEN'
      ) decided
      where ${
        last
          ? sql`("recordedAt", id, line) > (${last.recordedAt.toISOString()}::timestamptz, ${last.id}::uuid, ${last.line})`
          : sql`true`
      }
      order by "recordedAt", id, line limit ${PAGE}`,
  );

/** Versions by their keys. */
export async function versionsById(tx: Transaction, ids: readonly string[]): Promise<Map<string, MemoryRow>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.rows<MemoryRow>(sql`
    with page as materialized (
      select m.* from ${aliased(m)} where ${own(tx, 'm')} and ${m.id} = any(${uuids(ids)})
    ), ${sayingSql(tx)}`);
  return new Map(rows.map((row) => [row.id, row]));
}

/** The version of a lineage that a relation is written for: the one it was made with, or what is believed instead. */
const believed = (tx: Transaction, lineageId: SQL, memoryId: SQL): SQL => sql`(
  select ${v.id} from ${aliased(v)}
  where ${own(tx, 'v')} and ${v.lineageId} = ${lineageId} and ${v.retractedAt} is null
  order by ${v.id} = ${memoryId} desc, ${v.validFrom} desc, ${v.id} limit 1)`;

/** Those that stand, save what is made by contradicting and correcting alone. */
export const relationPages = (tx: Transaction): AsyncGenerator<RelationRow[]> =>
  pages(
    tx,
    (last) => sql`
      select ${r.id}, ${believed(tx, sql`${r.fromLineageId}`, sql`${r.fromMemoryId}`)} as "from",
        ${believed(tx, sql`${r.toLineageId}`, sql`${r.toMemoryId}`)} as "to", ${r.type}, ${r.strength}, ${r.metadata},
        ${r.recordedAt} as "recordedAt"
      from ${aliased(r)}
      where ${all([
        own(tx, 'r'),
        sql`${r.retractedAt} is null`,
        sql`${r.type} not in ('CONTRADICTS', 'CORRECTS')`,
        ...(last ? [sql`${r.id} > ${last.id}::uuid`] : []),
      ])}
      order by ${r.id} limit ${PAGE}`,
  );

/** How many lines an export has, nearly: what a progress bar needs. */
export async function countLines(tx: Transaction): Promise<number> {
  const tables = ['companions', 'users', 'entities', 'memories', 'decisions', 'contradictions', 'relations'];
  const counts = tables.map((table) => sql`(select count(*) from ${sql.identifier(table)} t where ${own(tx, 't')})`);
  const [row] = await tx.rows<{ count: number }>(sql`select (${sql.join(counts, sql` + `)})::int as count`);
  return row?.count ?? 0;
}
