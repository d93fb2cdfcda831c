import { sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { under } from '../../db/typed-sql.ts';
import { mentioningSql } from '../../model/entity/mentioning.ts';
import { keyset, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { entities, mentions } from '../../tables/entity.ts';
import { memories } from '../../tables/memory.ts';
import { type EntityRow, entityFields, mentionsSql } from './list.ts';

const e = under(entities, 'e');
const far = under(memories, 'far');
const memory = under(memories, 'memory');
const mention = under(mentions, 'mention');
const page = under(mentions, 'page');
const x = under(mentions, 'x');

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
 * A page for each entity of those mentioned in the same ACTIVE or DISPUTED memories, most shared first, in one
 * statement. Of an entity the {@link MAX_MENTIONING} such memories with the highest keys are looked at, which are
 * usually the newest.
 */
export async function relatedPages(
  tx: Transaction,
  reading: Reading,
  entityIds: readonly string[],
  window: Window,
): Promise<Map<string, Page<RelatedEntity>>> {
  const then = reading.asOf(window.asOf);
  const part = keyset(window, { value: sql`mention.shared`, type: 'int4', id: mention.entityId, direction: 'DESC' });
  const rows = await tx.rows<RelatedEntity & { parent: string }>(sql`
    with mention as materialized (
      select parent.given as parent, ${mention.entityId}, count(*)::int as shared
      from unnest(${uuids(entityIds)}) parent (given)
      cross join lateral (
        select distinct ${far.id} from (${mentioningSql(sql`parent.given`, then, MAX_MENTIONING, () => sql`true`)}) far
        order by ${far.id} desc limit ${MAX_MENTIONING}
      ) memory
      cross join lateral (${mentionsSql(then, sql`${x.memoryId} = ${memory.id}`)} offset 0) mention
      where ${mention.entityId} <> parent.given
      group by 1, 2
    )
    select parent.given as "parent", ${entityFields}, page.shared
    from unnest(${uuids(entityIds)}) with ordinality parent (given, nth)
    cross join lateral (
      select ${mention.entityId}, mention.shared, row_number() over (order by ${part.orderBy}) as place
      from mention where ${all([sql`mention.parent = parent.given`, ...part.conditions])}
      order by ${part.orderBy} limit ${part.limit}
    ) page
    ${reading.lookUp(e, sql`${e.id} = ${page.entityId}`)}
    order by parent.nth, page.place`);
  const byParent = Map.groupBy(rows, (row) => row.parent);
  const position = ({ shared, id }: RelatedEntity) => ({ value: shared, id });
  return new Map(entityIds.map((id) => [id, toPage<RelatedEntity>(window, byParent.get(id) ?? [], position)]));
}
