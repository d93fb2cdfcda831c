import { sql } from 'drizzle-orm';
import { NOW } from '../../db/reading.ts';
import { uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, nullable, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { ofWhose, type Whose } from '../../model/summary/whose.ts';
import { memories } from '../../tables/memory.ts';
import { profiles, summaries, summarySources } from '../../tables/summary.ts';

const m = under(memories, 'm');
const p = under(profiles, 'p');
const s = under(summaries, 's');
const x = under(summarySources, 'x');

const source = fields({
  summaryLineageId: x.summaryLineageId,
  lineageId: x.sourceLineageId,
  readId: x.sourceId,
  line: x.line,
  /** The version that holds now; null: none does. */
  currentId: nullable(m.id),
});
export type Source = RowOf<typeof source>;

const standing = fields({
  ...pick(s, 'lineageId', 'kind', 'method', 'memoryId', 'size'),
  /** The version that holds now, and what it says; null: none does. */
  currentId: nullable(m.id),
  content: nullable(m.content),
});

/** A summary as it stands, and what it is of. */
export interface Standing extends RowOf<typeof standing> {
  sources: Source[];
}

const profile = fields(pick(p, 'id', 'entityId', 'summaryLineageId', 'total', 'covered'));
export type ProfileRow = RowOf<typeof profile>;

/** What has been made of the memories of a companion and user before. */
export interface Made {
  summaries: Standing[];
  profiles: ProfileRow[];
}

/** How many summaries, and the sources of how many, are read at once: rows of thousands keep others waiting. */
const PAGE = 400;
const SOURCES_OF = 40;

/** Reads what has been made before, a page at a time. */
export async function madeOf(tx: Transaction, whose: Whose): Promise<Made> {
  const { workspaceId } = tx;
  const summaries: Standing[] = [];
  for (let last: string | undefined; ; ) {
    const rows = await nextSummaries(tx, whose, last);
    // Pages, not rows: each is read by one statement.
    for (let start = 0; start < rows.length; start += SOURCES_OF) {
      summaries.push(...(await withSources(tx, rows.slice(start, start + SOURCES_OF))));
    }
    last = rows.at(-1)?.lineageId;
    if (rows.length < PAGE) break;
  }
  const profileRows = await tx.rows<ProfileRow>(sql`
    select ${profile} from ${aliased(p)} where ${p.workspaceId} = ${workspaceId} and ${ofWhose(p, whose)} order by ${p.id}`);
  return { summaries, profiles: profileRows };
}

/** The version of a lineage that holds now. */
const versionSql = (workspaceId: string, lineageId: typeof s.lineageId) => sql`
  left join lateral (
    select ${m.id}, ${m.content} from ${aliased(m)}
    where ${m.workspaceId} = ${workspaceId} and ${m.lineageId} = ${lineageId} and ${presentSql(m, NOW)} limit 1) m on true`;

const nextSummaries = (tx: Transaction, whose: Whose, last: string | undefined) =>
  tx.rows<RowOf<typeof standing>>(sql`
    select ${standing} from ${aliased(s)} ${versionSql(tx.workspaceId, s.lineageId)}
    where ${s.workspaceId} = ${tx.workspaceId} and ${ofWhose(s, whose)}
      ${last ? sql`and ${s.lineageId} > ${last}::uuid` : sql``}
    order by ${s.lineageId} limit ${sql.raw(String(PAGE))}`);

async function withSources(tx: Transaction, rows: readonly RowOf<typeof standing>[]): Promise<Standing[]> {
  const sources = await tx.rows<Source>(sql`
    select ${source} from ${aliased(x)} ${versionSql(tx.workspaceId, x.sourceLineageId)}
    where ${x.workspaceId} = ${tx.workspaceId} and ${x.summaryLineageId} = any(${uuids(rows.map(({ lineageId }) => lineageId))})
      and ${x.isMember} order by ${x.summaryLineageId}, ${x.line} nulls last, ${x.sourceLineageId}`);
  const bySummary = Map.groupBy(sources, ({ summaryLineageId }) => summaryLineageId);
  return rows.map((row) => ({ ...row, sources: bySummary.get(row.lineageId) ?? [] }));
}
