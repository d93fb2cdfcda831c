import { sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { under } from '../../db/typed-sql.ts';
import { mentioningSql } from '../../model/entity/mentioning.ts';
import { keyset, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { entities } from '../../tables/entity.ts';
import { type EntityRow, mentionsSql, selectEntity } from './list.ts';

const e = under(entities, 'e');

/** The one order related entities are listed in: by the number of memories that mention both. */
export const RELATED_ORDER = 'SHARED DESC';

/** Of an entity, how many memories are looked at for what else they mention. */
export const MAX_MENTIONING = 1_000;

/** An entity that is mentioned in the same memories as another one. */
export interface RelatedEntity extends EntityRow {
  /** How many memories mention both. */
  shared: number;
}

/**
 * A page for each entity of those mentioned in the same ACTIVE or DISPUTED memories, most shared first, in one statement.
 * Of an entity the {@link MAX_MENTIONING} such memories with the highest keys are looked at, which as a rule are the newest.
 */
export async function relatedPages(
  tx: Transaction,
  reading: Reading,
  entityIds: readonly string[],
  window: Window,
): Promise<Map<string, Page<RelatedEntity>>> {
  const then = reading.asOf(window.asOf);
  const part = keyset(window, {
    value: sql`mention.shared`,
    type: 'int4',
    id: sql`mention.entity_id`,
    direction: 'DESC',
  });
  const rows = await tx.rows<RelatedEntity & { parent: string }>(sql`
    with mention as materialized (
      select parent.id as parent, mention.entity_id, count(*)::int as shared
      from unnest(${uuids(entityIds)}) parent (id)
      cross join lateral (
        select distinct far.id from (${mentioningSql(sql`parent.id`, then, MAX_MENTIONING, () => sql`true`)}) far
        order by far.id desc limit ${MAX_MENTIONING}
      ) memory
      cross join lateral (${mentionsSql(then, sql`x.memory_id = memory.id`)} offset 0) mention
      where mention.entity_id <> parent.id
      group by 1, 2
    )
    select parent.id as "parent", ${selectEntity}, page.shared
    from unnest(${uuids(entityIds)}) with ordinality parent (id, position)
    cross join lateral (
      select mention.entity_id, mention.shared, row_number() over (order by ${part.orderBy}) as place
      from mention where ${all([sql`mention.parent = parent.id`, ...part.conditions])}
      order by ${part.orderBy} limit ${part.limit}
    ) page
    ${reading.lookUp(e, sql`${e.id} = page.entity_id`)}
    order by parent.position, page.place`);
  const byParent = Map.groupBy(rows, (row) => row.parent);
  const position = ({ shared, id }: RelatedEntity) => ({ value: shared, id });
  return new Map(entityIds.map((id) => [id, toPage<RelatedEntity>(window, byParent.get(id) ?? [], position)]));
}
