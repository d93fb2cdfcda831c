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

/** Reads what has been made before, in three statements. */
export async function madeOf(tx: Transaction, whose: Whose): Promise<Made> {
  const { workspaceId } = tx;
  const version = (lineageId: typeof s.lineageId) => sql`
    left join lateral (
      select ${m.id}, ${m.content} from ${aliased(m)}
      where ${m.workspaceId} = ${workspaceId} and ${m.lineageId} = ${lineageId} and ${presentSql(m, NOW)} limit 1) m on true`;
  const rows = await tx.rows<RowOf<typeof standing>>(sql`
    select ${standing} from ${aliased(s)} ${version(s.lineageId)}
    where ${s.workspaceId} = ${workspaceId} and ${ofWhose(s, whose)} order by ${s.lineageId}`);
  const profileRows = await tx.rows<ProfileRow>(sql`
    select ${profile} from ${aliased(p)} where ${p.workspaceId} = ${workspaceId} and ${ofWhose(p, whose)} order by ${p.id}`);
  if (rows.length === 0) return { summaries: [], profiles: profileRows };
  const sources = await tx.rows<Source>(sql`
    select ${source} from ${aliased(x)} ${version(x.sourceLineageId)}
    where ${x.workspaceId} = ${workspaceId} and ${x.summaryLineageId} = any(${uuids(rows.map(({ lineageId }) => lineageId))})
      and ${x.isMember} order by ${x.summaryLineageId}, ${x.line} nulls last, ${x.sourceLineageId}`);
  const bySummary = Map.groupBy(sources, ({ summaryLineageId }) => summaryLineageId);
  return {
    summaries: rows.map((row) => ({ ...row, sources: bySummary.get(row.lineageId) ?? [] })),
    profiles: profileRows,
  };
}
