import { type SQL, sql } from 'drizzle-orm';
import { all } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import { PAGE, pages } from './pages.ts';

const r = under(relations, 'r');
const v = under(memories, 'v');

/**
 * The version of a lineage that a relation is written for: the one it was made with, or what is believed instead; null
 * where nothing of the lineage is believed any longer.
 */
const believed = ({ workspaceId }: Transaction, lineageId: SQL, memoryId: SQL) => sql<string | null>`(
  select ${v.id} from ${aliased(v)}
  where ${v.workspaceId} = ${workspaceId} and ${v.lineageId} = ${lineageId} and ${v.retractedAt} is null
  order by ${v.id} = ${memoryId} desc, ${v.validFrom} desc, ${v.id} limit 1)`;

const relationFields = (tx: Transaction) =>
  fields({
    id: r.id,
    from: believed(tx, r.fromLineageId, r.fromMemoryId),
    to: believed(tx, r.toLineageId, r.toMemoryId),
    ...pick(r, 'type', 'strength', 'metadata', 'recordedAt'),
  });
export type RelationRow = RowOf<ReturnType<typeof relationFields>>;

/** Those that stand, save what is made by contradicting and correcting alone. */
export const relationPages = (tx: Transaction): AsyncGenerator<RelationRow[]> =>
  pages(
    tx,
    (last) => sql`
      select ${relationFields(tx)} from ${aliased(r)}
      where ${all([
        sql`${r.workspaceId} = ${tx.workspaceId}`,
        sql`${r.retractedAt} is null`,
        sql`${r.type} not in ('CONTRADICTS', 'CORRECTS')`,
        ...(last ? [sql`${r.id} > ${last.id}::uuid`] : []),
      ])}
      order by ${r.id} limit ${PAGE}`,
  );
