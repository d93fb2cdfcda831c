import { type SQL, sql } from 'drizzle-orm';
import { all } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import { isMade } from './made.ts';
import { PAGE, pages } from './pages.ts';

const r = under(relations, 'r');
const v = under(memories, 'v');

const relationFields = fields({
  id: r.id,
  /** The versions it was made between. */
  from: r.fromMemoryId,
  to: r.toMemoryId,
  ...pick(r, 'type', 'strength', 'metadata', 'recordedAt'),
});
export type RelationRow = RowOf<typeof relationFields>;

/** True where a version stands in the lineage that a relation joins: a slot may have moved it away. */
const stands = (workspaceId: string, memoryId: SQL, lineageId: SQL) => sql`exists (
  select from ${aliased(v)} where ${v.workspaceId} = ${workspaceId} and ${v.id} = ${memoryId} and ${v.lineageId} = ${lineageId})`;

/**
 * Those that have not been ended and can be seen, save what is made by contradicting and correcting alone.
 */
export const relationPages = (tx: Transaction): AsyncGenerator<RelationRow[]> =>
  pages(
    tx,
    (last) => sql`
      select ${relationFields} from ${aliased(r)}
      where ${all([
        sql`${r.workspaceId} = ${tx.workspaceId}`,
        sql`${r.retractedAt} is null`,
        sql`${r.type} not in ('CONTRADICTS', 'CORRECTS')`,
        stands(tx.workspaceId, r.fromMemoryId, r.fromLineageId),
        stands(tx.workspaceId, r.toMemoryId, r.toLineageId),
        sql`not ${isMade(tx.workspaceId, r.fromLineageId)}`,
        sql`not ${isMade(tx.workspaceId, r.toLineageId)}`,
        ...(last ? [sql`${r.id} > ${last.id}::uuid`] : []),
      ])}
      order by ${r.id} limit ${PAGE}`,
  );
