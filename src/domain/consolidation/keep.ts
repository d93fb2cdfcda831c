import { sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, insertSelect, names, recordset, set, typed, under, valueFor } from '../../db/typed-sql.ts';
import { newId } from '../../kernel/ids.ts';
import type { Whose } from '../../model/summary/whose.ts';
import { profiles, summaries, summaryKind, summaryMethod, summarySources } from '../../tables/summary.ts';
import type { Draft } from './draft.ts';

const excludedSummary = under(summaries, 'excluded');
const excludedSource = under(summarySources, 'excluded');
const excludedProfile = under(profiles, 'excluded');
const x = under(summarySources, 'x');

/** A draft, and the memory that it has become: the key of its version, and its lineage. */
export interface WrittenSummary {
  draft: Draft;
  id: string;
  lineageId: string;
}

/** Notes what summaries are: one statement. */
export async function keepSummaries(
  tx: WriteTransaction,
  { companionId, userId }: Whose,
  written: readonly WrittenSummary[],
): Promise<void> {
  const g = recordset(
    'g',
    {
      lineageId: summaries.lineageId,
      memoryId: summaries.memoryId,
      kind: summaries.kind,
      method: summaries.method,
      size: summaries.size,
    },
    written.map(({ draft: { kind, method, parts, unread }, id, lineageId }) => ({
      lineageId,
      memoryId: id,
      kind,
      method: summaryMethod[method],
      size: parts.length + unread.length,
    })),
  );
  const there = under(summaries, 'summaries');
  await tx.rows(sql`
    ${insertSelect(
      summaries,
      {
        workspaceId: sql`${tx.workspaceId}`,
        ...g,
        companionId: valueFor(summaries.companionId, companionId),
        userId: valueFor(summaries.userId, userId),
        refreshedAt: valueFor(summaries.refreshedAt, await tx.stamp()),
      },
      sql`from ${aliased(g)}`,
    )}
    on conflict (${names(summaries, 'workspaceId', 'lineageId')}) do update set ${set(summaries, {
      memoryId: excludedSummary.memoryId,
      method: sql`greatest(${there.method}, ${excludedSummary.method})`,
      size: excludedSummary.size,
      refreshedAt: excludedSummary.refreshedAt,
    })}`);
}

/** Notes what summaries are made of, and what they were made of before: two statements. */
export async function keepSources(tx: WriteTransaction, written: readonly WrittenSummary[]): Promise<void> {
  const g = recordset(
    'g',
    {
      summaryLineageId: summarySources.summaryLineageId,
      sourceLineageId: summarySources.sourceLineageId,
      sourceId: summarySources.sourceId,
      line: summarySources.line,
      isTopic: summarySources.isTopic,
    },
    written.flatMap(({ draft: { kind, parts }, lineageId: summaryLineageId }) =>
      parts.map(({ id, lineageId, line }) => ({
        summaryLineageId,
        sourceLineageId: lineageId,
        sourceId: id,
        line,
        isTopic: kind === summaryKind.TOPIC,
      })),
    ),
  );
  const unread = written.flatMap(({ draft }) => draft.unread);
  await tx.rows(sql`
    update ${aliased(x)} set ${set(summarySources, { isMember: sql`false`, isTopic: sql`false`, line: sql`null` })}
    where ${x.workspaceId} = ${tx.workspaceId} and ${x.summaryLineageId} = any(${uuids(written.map(({ lineageId }) => lineageId))})
      and ${x.sourceLineageId} <> all(${uuids(unread)})`);
  await tx.rows(sql`
    ${insertSelect(
      summarySources,
      { workspaceId: sql`${tx.workspaceId}`, ...g, isMember: sql`true` },
      sql`from ${aliased(g)} order by ${g.sourceLineageId}`,
    )}
    on conflict (${names(summarySources, 'workspaceId', 'summaryLineageId', 'sourceLineageId')}) do update
    set ${set(summarySources, {
      sourceId: excludedSource.sourceId,
      line: excludedSource.line,
      isMember: sql`true`,
      isTopic: excludedSource.isTopic,
    })}`);
}

/** Notes what profiles are, where summaries are of some: one statement. */
export async function keepProfiles(
  tx: WriteTransaction,
  { companionId, userId }: Whose,
  written: readonly WrittenSummary[],
): Promise<void> {
  const ofProfiles = written.flatMap(({ draft: { profile }, lineageId }) =>
    profile ? [{ ...profile, lineageId }] : [],
  );
  if (ofProfiles.length === 0) return;
  const stamp = await tx.stamp();
  const g = recordset(
    'g',
    {
      id: profiles.id,
      entityId: profiles.entityId,
      summaryLineageId: profiles.summaryLineageId,
      total: profiles.total,
      covered: profiles.covered,
      centroid: typed<readonly number[] | null>('real[]'),
      centroidModel: profiles.centroidModel,
    },
    ofProfiles.map(({ id, lineageId, before: _, ...state }) => ({
      ...state,
      id: id ?? newId(),
      summaryLineageId: lineageId,
    })),
  );
  await tx.rows(sql`
    ${insertSelect(
      profiles,
      {
        workspaceId: sql`${tx.workspaceId}`,
        ...g,
        companionId: valueFor(profiles.companionId, companionId),
        userId: valueFor(profiles.userId, userId),
        createdAt: valueFor(profiles.createdAt, stamp),
        refreshedAt: valueFor(profiles.refreshedAt, stamp),
      },
      sql`from ${aliased(g)}`,
    )}
    on conflict (${names(profiles, 'workspaceId', 'id')}) do update set ${set(profiles, {
      summaryLineageId: excludedProfile.summaryLineageId,
      total: excludedProfile.total,
      covered: excludedProfile.covered,
      centroid: excludedProfile.centroid,
      centroidModel: excludedProfile.centroidModel,
      refreshedAt: excludedProfile.refreshedAt,
    })}`);
}
