import { sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import {
  aliased,
  fields,
  pick,
  type RowOf,
  type RowsOf,
  recordset,
  set,
  typed,
  type Under,
  under,
} from '../../db/typed-sql.ts';
import { foldContent } from '../../model/memory/fold.ts';
import { sameDateSql, searchSql, searchTerms, termsShape } from '../../model/recall/terms.ts';
import { withoutLinesOf } from '../../model/summary/lines.ts';
import { sameOrNone } from '../../model/summary/whose.ts';
import { ANALYSIS } from '../../model/text/analysis.ts';
import { memoryEmbeddings, pendingEmbeddings } from '../../tables/embedding.ts';
import { events } from '../../tables/event.ts';
import { findings } from '../../tables/finding.ts';
import { lineages, memories, memoriesHistory } from '../../tables/memory.ts';
import { profiles, summaries, summaryMethod, summarySources } from '../../tables/summary.ts';
import { keepVectors } from '../embedding/vectors.ts';

const e = under(memoryEmbeddings, 'e');
const f = under(findings, 'f');
const h = under(memoriesHistory, 'h');
const l = under(lineages, 'l');
const m = under(memories, 'm');
const p = under(profiles, 'p');
const pending = under(pendingEmbeddings, 'p');
const s = under(summaries, 's');
const v = under(events, 'v');
const x = under(summarySources, 'x');

/** What stays of an earlier version of a summary all of whose lines are forgotten. */
const FORGOTTEN = 'Forgotten.';

const version = fields(pick(m, 'id', 'lineageId', 'companionId', 'userId', 'content'));
type Version = RowOf<typeof version>;
const past = fields(pick(h, 'id', 'knownUntil', 'content'));

/**
 * Takes what lineages say, which are about to be forgotten, out of the summaries made of them: of an extractive one their
 * lines, in all its versions. Returns the lineages of the summaries that are to be forgotten with them: those that a model
 * has phrased, and those of which nothing is left. The memories are locked, so that no summary is made of them meanwhile.
 */
export async function eraseFromSummaries(tx: WriteTransaction, lineageIds: readonly string[]): Promise<string[]> {
  const ids = uuids(lineageIds);
  const versions = await tx.rows<{ id: string }>(sql`
    select ${fields(pick(m, 'id'))} from ${aliased(m)}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.lineageId} = any(${ids}) order by ${m.id} for update`);
  const made = await tx.rows<{ lineageId: string; method: number }>(sql`
    select distinct ${fields(pick(s, 'lineageId', 'method'))} from ${aliased(x)}
    join ${aliased(s)} on ${s.workspaceId} = ${tx.workspaceId} and ${s.lineageId} = ${x.summaryLineageId}
    where ${x.workspaceId} = ${tx.workspaceId} and ${x.sourceLineageId} = any(${ids}) and ${s.lineageId} <> all(${ids})`);
  await forgetCentres(tx, lineageIds);
  const gone = made.filter(({ method }) => method === summaryMethod.MODEL).map(({ lineageId }) => lineageId);
  const left = made.filter(({ method }) => method !== summaryMethod.MODEL).map(({ lineageId }) => lineageId);
  if (left.length === 0) return gone;
  const empty = await eraseLines(
    tx,
    left,
    versions.map(({ id }) => id),
  );
  return [...gone, ...empty];
}

/** The mean of the vectors of memories is known no more, once one of them is forgotten. */
async function forgetCentres(tx: WriteTransaction, lineageIds: readonly string[]): Promise<void> {
  await tx.rows(sql`
    update ${aliased(p)} set ${set(profiles, { centroid: sql`null`, centroidModel: sql`null` })}
    from (select distinct ${fields(pick(l, 'companionId', 'userId'))} from ${aliased(l)}
      where ${l.workspaceId} = ${tx.workspaceId} and ${l.id} = any(${uuids(lineageIds)})) l
    where ${p.workspaceId} = ${tx.workspaceId} and ${p.companionId} = l."companionId"
      and ${sameOrNone(p.userId, sql`l."userId"`)} and ${p.centroid} is not null`);
}

/** Takes lines out of summaries, and returns the lineages of those that had no others. */
async function eraseLines(
  tx: WriteTransaction,
  summaryIds: readonly string[],
  sourceIds: readonly string[],
): Promise<string[]> {
  const ofSummaries = (rows: Under<typeof memories> | Under<typeof memoriesHistory>) =>
    sql`${rows.workspaceId} = ${tx.workspaceId} and ${rows.lineageId} = any(${uuids(summaryIds)})`;
  const rows = await tx.rows<Version>(sql`
    select ${version} from ${aliased(m)} where ${ofSummaries(m)} order by ${m.id} for update`);
  const rewritten = rows.map((row) => ({ row, content: withoutLinesOf(row.content, sourceIds) }));
  // Keys sort as they were made: the newest version of each comes last.
  const newest = new Map(rewritten.map(({ row, content }) => [row.lineageId, content]));
  const said = new Set([...newest].filter(([, content]) => content !== '').map(([lineageId]) => lineageId));
  const changed = rewritten.filter(({ row, content }) => content !== row.content && said.has(row.lineageId));
  const terms: Rewritten[] = [];
  for (const { row, content } of changed) terms.push(await termsOf(tx, row.id, content || FORGOTTEN));
  if (terms.length > 0) {
    await rewrite(tx, terms);
    await rewritePast(tx, summaryIds, sourceIds);
    const rewrittenIds = terms.map(({ id }) => id);
    await clear(tx, summaryIds, rewrittenIds);
    await keepVectors(
      tx,
      changed.map(({ row: { id, companionId, userId } }, index) => ({
        memoryId: id,
        companionId,
        userId,
        content: (terms[index] as Rewritten).content,
      })),
    );
  }
  return summaryIds.filter((id) => !said.has(id));
}

const rewrittenShape = { ...pick(memories, 'id', 'content', 'contentFold'), ...termsShape };
const { month: _month, day: _day, ...writtenShape } = rewrittenShape;
type Rewritten = RowsOf<typeof writtenShape>;

const termsOf = async (tx: WriteTransaction, id: string, content: string): Promise<Rewritten> => ({
  id,
  content,
  contentFold: foldContent(content),
  ...(await searchTerms(content, null, tx.textSearchConfig)),
});

/** Writes contents in the place of others. No history of them is kept, as of an update that changes the analysis. */
async function rewrite(tx: WriteTransaction, rows: readonly Rewritten[]): Promise<void> {
  const g = recordset('g', writtenShape, rows);
  const written = (under: Under<typeof memories>) =>
    searchSql({ ...g, summary: under.summary, context: under.context, date: sameDateSql(under.search) });
  const values = { content: g.content, contentFold: g.contentFold, search: written(m), analysis: sql`0` };
  await tx.rows(sql`
    update ${aliased(m)} set ${set(memories, values)} from ${aliased(g)}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${g.id}`);
  await tx.rows(sql`
    update ${aliased(m)} set ${set(memories, { analysis: sql.raw(String(ANALYSIS)) })}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${uuids(rows.map(({ id }) => id))})`);
}

const pastShape = { ...writtenShape, knownUntil: typed<Date>('timestamptz') };

/** The same of what the rows were before. */
async function rewritePast(
  tx: WriteTransaction,
  summaryIds: readonly string[],
  sourceIds: readonly string[],
): Promise<void> {
  const rows = await tx.rows<RowOf<typeof past>>(sql`
    select ${past} from ${aliased(h)}
    where ${h.workspaceId} = ${tx.workspaceId} and ${h.lineageId} = any(${uuids(summaryIds)})`);
  const given: RowsOf<typeof pastShape>[] = [];
  for (const { id, knownUntil, content } of rows) {
    const left = withoutLinesOf(content, sourceIds);
    if (left !== content) given.push({ ...(await termsOf(tx, id, left || FORGOTTEN)), knownUntil });
  }
  if (given.length === 0) return;
  const g = recordset('g', pastShape, given);
  const search = searchSql({ ...g, summary: h.summary, context: h.context, date: sameDateSql(h.search) });
  await tx.rows(sql`
    update ${aliased(h)} set ${set(memoriesHistory, { content: g.content, contentFold: g.contentFold, search })} from ${aliased(g)}
    where ${h.workspaceId} = ${tx.workspaceId} and ${h.id} = ${g.id} and ${h.knownUntil} = ${g.knownUntil}`);
}

/** Clears away what was made of the contents of summaries: vectors, findings, and what events say of them. */
async function clear(
  tx: WriteTransaction,
  summaryIds: readonly string[],
  versionIds: readonly string[],
): Promise<void> {
  const ids = uuids(summaryIds);
  const versions = uuids(versionIds);
  await tx.rows(sql`
    delete from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId} and ${e.memoryId} = any(${versions})`);
  await tx.rows(sql`
    delete from ${aliased(pending)} where ${pending.workspaceId} = ${tx.workspaceId} and ${pending.memoryId} = any(${versions})`);
  await tx.rows(sql`
    delete from ${aliased(f)} where ${f.workspaceId} = ${tx.workspaceId} and ${f.memoryLineageId} = any(${ids})`);
  await tx.rows(sql`
    delete from ${aliased(f)} where ${f.workspaceId} = ${tx.workspaceId} and ${f.byLineageId} = any(${ids})`);
  await tx.rows(sql`
    update ${aliased(v)} set ${set(events, { changes: sql`'{}'`, reason: sql`null` })}
    where ${v.workspaceId} = ${tx.workspaceId} and ${v.lineageId} = any(${ids}) and ${v.changes} <> '{}'`);
}
