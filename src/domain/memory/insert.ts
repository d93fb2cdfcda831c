import { getColumns, sql } from 'drizzle-orm';
import type { WriteTransaction } from '../../db/transaction.ts';
import {
  aliased,
  derived,
  fields,
  insertSelect,
  pick,
  type RowsOf,
  recordset,
  typed,
  under,
} from '../../db/typed-sql.ts';
import { inTurns, runsOf } from '../../kernel/turns.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { dateInWords, gramsOf, searchSql } from '../../model/recall/terms.ts';
import { lineages, memories } from '../../tables/memory.ts';
import type { Draft, NewRow, Same } from './plan.ts';

const m = under(memories, 'm');

const wantedShape = {
  index: typed<number>('int'),
  id: typed<string | null>('uuid'),
  userId: memories.userId,
  type: memories.type,
  fold: memories.contentFold,
  from: memories.validFrom,
  isOfSlot: typed<boolean>('boolean'),
};

/** By index: the memory that says the same already, or that has the key an import brings. */
export async function findSame(
  tx: WriteTransaction,
  companionId: string,
  drafts: readonly Draft[],
): Promise<Map<number, Same>> {
  const draft = recordset(
    'draft',
    wantedShape,
    drafts.map(({ index, id, userId, type, fold, from, past, slot }) => ({
      index,
      id: past ? id : null,
      userId,
      type,
      fold,
      from,
      // Of what answers a slot, its time line knows whether it is there.
      isOfSlot: slot != null,
    })),
  );
  const found = pick(m, 'id', 'lineageId', 'recordedAt');
  const same = derived('same', found);
  const list = fields({ index: draft.index, id: same.id, lineageId: same.lineageId });
  const rows = await tx.rows<typeof list.row>(sql`
    select ${list} from ${aliased(draft)}
    cross join lateral (
      (select ${fields(found)} from ${aliased(m)}
       where ${draft.id} is not null and ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${draft.id})
      union all
      (select ${fields(found)}
       from (
         -- By content and nothing else (offset 0): without statistics the planner prefers an index on time.
         select * from ${aliased(m)}
         where ${m.workspaceId} = ${tx.workspaceId} and ${m.companionId} = ${companionId}::uuid
           and ${m.contentFold} = ${draft.fold}
         offset 0
       ) m
       where ${draft.type} <> 'EXPERIENCE' and not ${draft.isOfSlot} and ${m.type} = ${draft.type}
         and ${m.userId} is not distinct from ${draft.userId} and ${presentSql(m, draft.from)})
    ) same
    order by ${draft.index}, ${same.id} = ${draft.id}, ${same.recordedAt} desc, ${same.id} desc`);
  // The last of an index counts: the one with the key an import brings, else the one recorded first.
  return new Map(rows.map(({ index, ...same }) => [index, same]));
}

const { workspaceId, retractedAt, updatedAt, knownFrom, isCorrected, search, ...givenColumns } = getColumns(memories);
const rowShape = {
  ...givenColumns,
  ownLineageId: typed<string | null>('uuid'),
  date: typed<string>('text'),
  grams: typed<string[]>('text[]'),
};

/** How many characters one statement writes: more would keep everybody waiting while they are put together. */
const MAX_CHARACTERS = 1_000_000;

/** Writes rows, each with a lineage of its own where it has one: in one statement, unless they are very long. */
export async function insertMemories(tx: WriteTransaction, given: readonly NewRow[]): Promise<void> {
  for (const run of runsOf(given, MAX_CHARACTERS, ({ content, summary }) => content.length + (summary?.length ?? 0))) {
    await insertRows(
      tx,
      await inTurns(run, (row) => ({
        ...row,
        date: dateInWords(row.validFrom, tx.textSearchConfig),
        grams: gramsOf(`${row.content} ${row.summary ?? ''}`),
      })),
    );
  }
}

async function insertRows(tx: WriteTransaction, rows: readonly RowsOf<typeof rowShape>[]): Promise<void> {
  const draft = recordset('draft', rowShape, rows);
  const workspace = sql`${tx.workspaceId}`;
  const own = { workspaceId: workspace, id: draft.ownLineageId, ...pick(draft, 'companionId', 'userId') };
  const { ownLineageId: _, date, grams, ...columns } = draft;
  await tx.rows(sql`
    with draft as (
      select * from ${aliased(draft)}
    ), lineage as (
      ${insertSelect(lineages, { ...own, slot: sql`null` }, sql`from draft where ${draft.ownLineageId} is not null`)}
    )
    ${insertSelect(
      memories,
      {
        ...columns,
        workspaceId: workspace,
        retractedAt: sql`null`,
        updatedAt: draft.recordedAt,
        knownFrom: draft.recordedAt,
        search: searchSql({ ...pick(draft, 'content', 'summary', 'context'), date, grams }),
      },
      sql`from draft`,
    )}`);
}
