import { getColumns, type SQL, sql } from 'drizzle-orm';
import { CLOCK, fenced } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import {
  aliased,
  aliasOf,
  derived,
  fields,
  insertSelect,
  pick,
  type RowsOf,
  recordset,
  typed,
  under,
} from '../../db/typed-sql.ts';
import { offsetOf } from '../../kernel/date-time.ts';
import { runsOf, Turns } from '../../kernel/turns.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { foldContent } from '../../model/memory/fold.ts';
import { dateSql, dateTerms, searchSql, searchTerms, termsShape } from '../../model/recall/terms.ts';
import { ANALYSIS } from '../../model/text/analysis.ts';
import { lineages, memories } from '../../tables/memory.ts';
import type { NewRow, Same, Wanted } from './plan.ts';

const earlier = under(memories, 'earlier');
const m = under(memories, 'm');

const wantedShape = {
  index: typed<number>('int'),
  id: typed<string | null>('uuid'),
  userId: memories.userId,
  type: memories.type,
  fold: memories.contentFold,
  foldBefore: memories.contentFold,
  from: typed<Date | null>('timestamptz'),
  until: typed<Date | null>('timestamptz'),
  byContent: typed<boolean>('boolean'),
};

/**
 * By index: the memory that says the same already, or that has the key an import brings. One that says the same is true
 * where the new one begins; else it is the first of its lineage, began later, and the new one lasts until then.
 */
export async function findSame(
  tx: WriteTransaction,
  companionId: string,
  wanted: readonly Wanted[],
): Promise<Map<number, Same>> {
  const draft = recordset(
    'draft',
    wantedShape,
    wanted.map(({ index, userId, fold, foldBefore, memory: { type, validFrom, validUntil, past, slot, isApart } }) => ({
      index,
      id: past?.id ?? null,
      userId,
      type,
      fold,
      foldBefore,
      from: validFrom ?? past?.recordedAt ?? null,
      until: validUntil ?? null,
      // An event may repeat, and of what answers a slot its time line knows whether it is there.
      byContent: type !== 'EXPERIENCE' && slot == null && !isApart,
    })),
  );
  const from = sql`coalesce(${draft.from}, ${CLOCK})`;
  const isThere = presentSql(m, from);
  const beginsLater = sql`${draft.id} is null and ${m.slot} is null and ${m.validFrom} > ${from} and ${m.validFrom} <= ${CLOCK}
    and (${draft.until} is null or ${m.validFrom} < ${draft.until}) and ${presentSql(m, m.validFrom)}
    and not exists (select from ${fenced(sql`select * from ${aliased(earlier)}
      where ${earlier.workspaceId} = ${tx.workspaceId} and ${earlier.lineageId} = ${m.lineageId}`)} ${aliasOf(earlier)}
      where ${earlier.validFrom} < ${m.validFrom} and ${earlier.retractedAt} is null)`;
  // By content and nothing else: without statistics the planner prefers an index on time. That the companion is the same is
  // said together with the content, which no index on time can compare.
  const withFold = (fold: SQL) => {
    const key = sql`(${fold}, ${companionId}::uuid)`;
    const [least, most] = [sql`>=`, sql`<=`].map((than) => sql`(${m.contentFold}, ${m.companionId}) ${than} ${key}`);
    return fenced(sql`
      select * from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.contentFold} = ${fold} and ${least} and ${most}`);
  };
  const found = pick(m, 'id', 'lineageId', 'recordedAt', 'knownFrom', 'validFrom', 'contentFold');
  const same = derived('same', found);
  const later = sql<boolean>`(${same.validFrom} > ${from})`;
  const list = fields({
    index: draft.index,
    ...pick(same, 'id', 'lineageId', 'knownFrom'),
    beginsLater: later,
    // Version 0.1 folded case everywhere: whether it is the same is told by the content itself.
    content: sql<string | null>`case when ${same.contentFold} <> ${draft.fold} and ${draft.id} is null
      then (select ${m.content} from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${same.id}) end`,
  });
  const rows = await tx.rows<typeof list.row>(sql`
    select ${list} from ${aliased(draft)}
    cross join lateral (
      (select ${fields(found)} from ${aliased(m)}
       where ${draft.id} is not null and ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${draft.id})
      union all
      (select ${fields(found)}
       from (${withFold(draft.fold)} union all ${withFold(draft.foldBefore)}) ${aliasOf(m)}
       where ${draft.byContent} and ${m.type} = ${draft.type}
         and ${m.userId} is not distinct from ${draft.userId} and (${isThere} or ${beginsLater}))
    ) same
    order by ${draft.index}, ${same.id} = ${draft.id}, ${later} desc, case when ${later} then ${same.validFrom} end desc,
      ${same.recordedAt} desc, ${same.id} desc`);
  const folds = new Map(wanted.map(({ index, fold }) => [index, fold]));
  const equal = rows.filter(({ index, content }) => content === null || foldContent(content) === folds.get(index));
  // The last of an index counts: the one with the key an import brings, else the one recorded first.
  return new Map(equal.map(({ index, content: _, ...same }) => [index, same]));
}

const { workspaceId, retractedAt, updatedAt, knownFrom, isCorrected, search, analysis, ...givenColumns } =
  getColumns(memories);
const givenNames = Object.keys(givenColumns) as (keyof typeof givenColumns)[];
const rowShape = {
  ...givenColumns,
  ownLineageId: typed<string | null>('uuid'),
  ...termsShape,
};

/** How many characters one statement writes: more would keep everybody waiting while they are put together. */
const MAX_CHARACTERS = 1_000_000;

/** Writes rows, each with a lineage of its own where it has one: in one statement, unless they are very long. */
export async function insertMemories(tx: WriteTransaction, given: readonly NewRow[]): Promise<void> {
  const turns = new Turns();
  for (const run of runsOf(given, MAX_CHARACTERS, ({ content, summary }) => content.length + (summary?.length ?? 0))) {
    const rows: RowsOf<typeof rowShape>[] = [];
    for (const row of run) {
      rows.push({
        ...row,
        ...(await searchTerms(row.content, row.summary, tx.textSearchConfig, turns)),
        ...dateTerms(row.validFrom, offsetOf(row.validFrom), tx.textSearchConfig),
      });
    }
    await insertRows(tx, rows);
  }
}

async function insertRows(tx: WriteTransaction, rows: readonly RowsOf<typeof rowShape>[]): Promise<void> {
  const draft = recordset('draft', rowShape, rows);
  const workspace = sql`${tx.workspaceId}`;
  const own = { workspaceId: workspace, id: draft.ownLineageId, ...pick(draft, 'companionId', 'userId') };
  const { ownLineageId: _, ...columns } = pick(draft, 'ownLineageId', ...givenNames);
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
        search: searchSql({ ...draft, date: dateSql(draft) }),
        analysis: sql.raw(String(ANALYSIS)),
      },
      sql`from draft`,
    )}`);
}
