import { sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { memories } from '../../tables/memory.ts';
import { profiles, summaries, summaryMethod } from '../../tables/summary.ts';
import { quotedBy } from '../summary/parts.ts';
import type { Scope } from './scope.ts';

const m = under(memories, 'm');
const p = under(profiles, 'p');
const s = under(summaries, 's');

const found = fields({
  ...pick(p, 'userId', 'summaryLineageId'),
  summaryId: m.id,
  isQuoted: sql<boolean>`${s.memoryId} = ${m.id} and ${s.method} = ${sql.raw(String(summaryMethod.EXTRACTIVE))}`,
});

/**
 * The versions that say what is known of the user, then of the companion: what their summaries quote and still holds, or a
 * summary itself that a model or somebody else has phrased. In two statements, or one where there is no profile.
 */
export async function profileMemories(
  tx: Transaction,
  reading: Reading,
  { companionId, userId }: Scope,
): Promise<string[]> {
  const rows = await tx.rows<RowOf<typeof found>>(sql`
    select ${found} from ${aliased(p)}
    join ${aliased(s)} on ${s.workspaceId} = ${tx.workspaceId} and ${s.lineageId} = ${p.summaryLineageId}
    ${reading.lookUp(m, sql`${m.lineageId} = ${p.summaryLineageId} and ${presentSql(m, reading.validAt)}`)}
    where ${p.workspaceId} = ${tx.workspaceId} and ${p.companionId} = ${companionId}::uuid and ${p.entityId} is null
      and (${p.userId} is null or ${p.userId} = ${userId}::uuid)`);
  const quoting = rows.filter(({ isQuoted }) => isQuoted).map(({ summaryLineageId }) => summaryLineageId);
  const quoted = quoting.length > 0 ? await quotedBy(tx, reading, quoting) : new Map<string, string[]>();
  rows.sort((a, b) => Number(a.userId === null) - Number(b.userId === null));
  return rows.flatMap(({ isQuoted, summaryId, summaryLineageId }) =>
    isQuoted ? (quoted.get(summaryLineageId) ?? []) : [summaryId],
  );
}

/** Those of lineages that are summaries which consolidation has made. */
export async function summariesAmong(tx: Transaction, lineageIds: readonly string[]): Promise<Set<string>> {
  if (lineageIds.length === 0) return new Set();
  const rows = await tx.rows<{ lineageId: string }>(sql`
    select ${fields(pick(s, 'lineageId'))} from ${aliased(s)}
    where ${s.workspaceId} = ${tx.workspaceId} and ${s.lineageId} = any(${uuids(lineageIds)})`);
  return new Set(rows.map(({ lineageId }) => lineageId));
}
