import { type InferSelectModel, type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, texts, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { fields, names, pick, type Under, under } from '../../db/typed-sql.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { foldName, mentionsOfSql } from '../../model/entity/ref.ts';
import { keyset, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { foldAccents } from '../../model/text/accents.ts';
import { entities, mentions } from '../../tables/entity.ts';
import type { memories } from '../../tables/memory.ts';

const e = under(entities, 'e');
const counted = under(mentions, 'counted');
const mention = under(mentions, 'mention');
const mentionPage = under(mentions, 'page');
const merged = under(entities, 'merged');
const named = under(entities, 'named');
const page = under(entities, 'page');
const x = under(mentions, 'x');

const shown = ['id', 'companionId', 'type', 'name', 'aliases'] as const;
/** An entity as it is read. */
export type EntityRow = Pick<InferSelectModel<typeof entities>, (typeof shown)[number]>;
export const entityFields = fields(pick(e, ...shown));

export interface EntityFilter {
  companion?: CompanionRef | null;
  /** Part of the name or of an alias. Case and extra white space do not matter. */
  name?: string | null;
  types?: readonly string[] | null;
}

/** The one order entities are listed in: by the number of memories that mention them. */
export const ENTITY_ORDER = 'MENTIONS DESC';

/** How many memories mention the surviving entity `id`, or one merged into it. */
const mentionedSql = (id: SQL, reading: Reading): SQL<number> =>
  sql`(select count(distinct ${x.memoryId})::int from (${mentionsOfSql(id, reading)}) x)`;

/** Who is mentioned where, merged entities read as the one that survives: entity and memory, as `mentions` has them. */
export const mentionsSql = (reading: Reading, condition: SQL): SQL => sql`
  select distinct coalesce(${e.mergedInto}, ${e.id}) as ${names(mentions, 'entityId')}, ${x.memoryId}
  from ${reading.from(x)}
  ${reading.lookUp(e, sql`${e.id} = ${x.entityId}`)}
  where ${x.workspaceId} = ${reading.workspaceId} and ${condition}`;

const like = (part: string): string => `%${part.replace(/[\\%_]/g, '\\$&')}%`;

/** Whether a name has a part, with its accents or without. */
const hasPart = (name: SQL, part: string): SQL => sql`(${name} like ${like(part)}
  or regexp_replace(normalize(${name}, NFD), '[\u0300-\u036f]', '', 'g') like ${like(foldAccents(part))})`;

function filterConditions(filter: EntityFilter, reading: Reading): SQL[] {
  const { workspaceId } = reading;
  const conditions = [sql`${e.workspaceId} = ${workspaceId}`, sql`${e.mergedInto} is null`];
  if (filter.companion) conditions.push(sql`${e.companionId} = ${companionIdSql(filter.companion, workspaceId)}`);
  if (filter.types) conditions.push(sql`${e.type} = any(${texts(filter.types)})`);
  if (filter.name != null) {
    const name = foldName(filter.name);
    conditions.push(sql`(${hasPart(e.foldedName, name)} or exists (select from ${reading.from(merged)}
      where ${merged.workspaceId} = ${workspaceId} and ${merged.mergedInto} = ${e.id} and ${hasPart(merged.foldedName, name)}))`);
  }
  return conditions;
}

type Found = EntityRow & { mentioned: number };

const position = (row: Found) => ({ value: row.mentioned, id: row.id });

/**
 * A page of the workspace's entities, most mentioned first: `page` says how often one is mentioned, `e` is the entity.
 * `more`: with one more than the page has, where there is one.
 */
export function entityPageSql(reading: Reading, filter: EntityFilter, window: Window, select: SQL, more = true): SQL {
  const then = reading.asOf(window.asOf);
  const part = keyset(window, { value: sql`mentioned`, type: 'int4', id: e.id, direction: 'DESC' });
  const towards = sql.raw(window.backward ? 'asc' : 'desc');
  return sql`
    select ${select}
    from (
      select * from (
        select ${e.id}, ${mentionedSql(sql`${e.id}`, then)} as mentioned
        from ${then.from(e)} where ${all(filterConditions(filter, then))}
      ) e where ${all(part.conditions)} order by ${part.orderBy} limit ${more ? part.limit : window.limit}
    ) page
    ${reading.lookUp(e, sql`${e.id} = ${page.id}`)}
    order by page.mentioned ${towards}, ${page.id} ${towards}`;
}

/** Such a page. */
export async function entityPage(
  tx: Transaction,
  reading: Reading,
  filter: EntityFilter,
  window: Window,
): Promise<Page<EntityRow>> {
  const rows = await tx.rows<Found>(entityPageSql(reading, filter, window, sql`${entityFields}, page.mentioned`));
  return toPage(window, rows, position);
}

/** How many entities the workspace has that fit: (count). */
export const entityCountSql = (reading: Reading, filter: EntityFilter): SQL => sql`
  select count(*)::int as count from ${reading.from(e)} where ${all(filterConditions(filter, reading))}`;

/** How many entities the workspace has that fit. */
export async function countEntities(tx: Transaction, reading: Reading, filter: EntityFilter): Promise<number> {
  const [row] = await tx.rows<{ count: number }>(entityCountSql(reading, filter));
  return row?.count ?? 0;
}

/**
 * A page of entities of each memory that is one of `parents`, whose keys are `given`: `page` says how often an entity is
 * mentioned, `e` is the entity. `has` compares a memory's key with theirs. `more`: with one more than the page has, where
 * there is one.
 */
export function mentionedPagesSql(
  parents: { sql: SQL; has: SQL },
  reading: Reading,
  window: Window,
  select: SQL,
  more = true,
): SQL {
  const then = reading.asOf(window.asOf);
  const part = keyset(window, {
    value: sql`mention.mentioned`,
    type: 'int4',
    id: mention.entityId,
    direction: 'DESC',
  });
  return sql`
    with mention as materialized (
      select ${counted.entityId}, counted.mentioned, mentioning.memory as ${names(mentions, 'memoryId')}
      from (
        select ${mention.entityId}, array_agg(${mention.memoryId}) as mentioning,
          ${mentionedSql(mention.entityId, then)} as mentioned
        from (${mentionsSql(then, sql`${x.memoryId} ${parents.has}`)}) mention group by ${mention.entityId}
      ) counted
      cross join unnest(counted.mentioning) mentioning (memory)
    )
    select ${select}
    from ${parents.sql}
    cross join lateral (
      select ${mention.entityId}, mention.mentioned, row_number() over (order by ${part.orderBy}) as place
      from mention where ${all([sql`${mention.memoryId} = parent.given`, ...part.conditions])}
      order by ${part.orderBy} limit ${more ? part.limit : window.limit}
    ) page
    ${reading.lookUp(e, sql`${e.id} = ${mentionPage.entityId}`)}
    order by parent.nth, page.place`;
}

/** A page of entities for each memory, most mentioned in the workspace first, in one statement. */
export async function mentionedPages(
  tx: Transaction,
  reading: Reading,
  memoryIds: readonly string[],
  window: Window,
): Promise<Map<string, Page<EntityRow>>> {
  const parents = {
    sql: sql`unnest(${uuids(memoryIds)}) with ordinality parent (given, nth)`,
    has: sql`= any(${uuids(memoryIds)})`,
  };
  const select = sql`parent.given as "parent", ${entityFields}, page.mentioned`;
  const rows = await tx.rows<Found & { parent: string }>(mentionedPagesSql(parents, reading, window, select));
  const byParent = Map.groupBy(rows, (row) => row.parent);
  return new Map(memoryIds.map((id) => [id, toPage(window, byParent.get(id) ?? [], position)]));
}

/** How many entities a memory mentions, an alias of `memories`. */
export const mentionedCountSql = (memory: Under<typeof memories>, reading: Reading): SQL =>
  sql`(select count(*)::int from (${mentionsSql(reading, sql`${x.memoryId} = ${memory.id}`)}) mention)`;

/** How many entities each memory mentions, in one statement. */
export async function countMentioned(
  tx: Transaction,
  reading: Reading,
  memoryIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await tx.rows<{ parent: string; count: number }>(sql`
    select ${mention.memoryId} as "parent", count(*)::int as count
    from (${mentionsSql(reading, sql`${x.memoryId} = any(${uuids(memoryIds)})`)}) mention group by 1`);
  return new Map(rows.map(({ parent, count }) => [parent, count]));
}

/** Entities by their keys; those that were merged into another by the reading's point are left out. */
export async function entitiesById(
  tx: Transaction,
  reading: Reading,
  ids: readonly string[],
): Promise<Map<string, EntityRow>> {
  const rows = await tx.rows<EntityRow>(sql`
    select ${entityFields} from ${reading.from(e)}
    where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = any(${uuids(ids)}) and ${e.mergedInto} is null`);
  return new Map(rows.map((row) => [row.id, row]));
}

/** By the keys of entities: what they are read as, themselves or the ones they were merged into. */
export async function survivorsById(
  tx: Transaction,
  reading: Reading,
  ids: readonly string[],
): Promise<Map<string, EntityRow>> {
  const rows = await tx.rows<EntityRow & { named: string }>(sql`
    select ${fields({ named: named.id })}, ${entityFields} from ${reading.from(named)}
    join ${reading.from(e)}
      on ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = coalesce(${named.mergedInto}, ${named.id})
    where ${named.workspaceId} = ${tx.workspaceId} and ${named.id} = any(${uuids(ids)})`);
  return new Map(rows.map(({ named, ...row }) => [named, row]));
}
