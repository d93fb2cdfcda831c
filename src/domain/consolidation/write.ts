import { sql } from 'drizzle-orm';
import { NOW } from '../../db/reading.ts';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, set, under, valueFor } from '../../db/typed-sql.ts';
import { encodeId } from '../../kernel/ids.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { ofWhose, type Whose } from '../../model/summary/whose.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import { profiles, summaries, summaryKind, summarySources } from '../../tables/summary.ts';
import { correctMemory, retractMemory } from '../correction/corrections.ts';
import { noteEvents } from '../event/record.ts';
import { createMemories } from '../memory/create.ts';
import { relate } from '../relation/relations.ts';
import type { Draft } from './draft.ts';
import { keepProfiles, keepSources, keepSummaries } from './keep.ts';
import type { Standing } from './standing.ts';

const m = under(memories, 'm');
const p = under(profiles, 'p');
const r = under(relations, 'r');
const s = under(summaries, 's');
const x = under(summarySources, 'x');

const { TOPIC } = summaryKind;

/** Why a summary is changed or taken back, as its event says. */
const REASON = 'What it is made of has changed.';
const TOO_FEW = 'Too few of the memories that it was made of are left.';

const given = (uuid: string) => ({ uuid, given: encodeId('Memory', uuid) });

/** Runs over one companion take turns, transaction by transaction. */
const takeTurns = (tx: WriteTransaction, { companionId }: Whose) =>
  tx.rows(sql`select pg_advisory_xact_lock(hashtextextended(${`consolidate ${tx.workspaceId} ${companionId}`}, 0))`);

/**
 * Makes new summaries, in a constant number of statements, and returns their keys by the place of the draft. Left out is a
 * draft of which something has changed since it was read, or is in another topic meanwhile: the next run sees to it.
 */
export async function makeSummaries(
  tx: WriteTransaction,
  whose: Whose,
  drafts: readonly Draft[],
): Promise<Map<number, string>> {
  await takeTurns(tx, whose);
  const places = [...drafts.keys()];
  const holding = await holdingOf(tx, drafts);
  const covered = await inTopics(tx, drafts);
  const known = await profilesOf(tx, whose, drafts);
  const possible = places.filter((place) => {
    const { parts, kind, profile } = drafts[place] as Draft;
    const isNew = profile === null || (known.get(profile.entityId) ?? null) === profile.before;
    return isNew && parts.every(({ id, lineageId }) => holding.has(id) && !(kind === TOPIC && covered.has(lineageId)));
  });
  if (possible.length === 0) return new Map();
  const chosen = possible.map((place) => drafts[place] as Draft);
  const made = await createMemories(
    tx,
    { id: whose.companionId, given: encodeId('Companion', whose.companionId) },
    chosen.map(({ content, importance, confidence }) => ({
      content,
      importance,
      confidence,
      type: 'REFLECTION' as const,
      isApart: true,
      ...(whose.userId && { user: { id: whose.userId, given: encodeId('User', whose.userId) } }),
    })),
    () => ['input'],
  );
  const written = chosen.map((draft, index) => {
    const { id, lineageId } = made[index] as (typeof made)[number];
    return { draft, id, lineageId };
  });
  await relate(
    tx,
    written.flatMap(({ draft, id }) => quotesOf(draft, id)),
  );
  await keepSummaries(tx, whose, written);
  await keepSources(tx, written);
  await keepProfiles(tx, whose, written);
  return new Map(possible.map((place, index) => [place, (written[index] as (typeof written)[number]).id]));
}

/** REFERENCES to what a summary quotes. */
const quotesOf = ({ parts }: Draft, id: string) =>
  parts
    .filter(({ line }) => line !== null)
    .map((part) => ({
      from: given(id),
      to: given(part.id),
      type: 'REFERENCES' as const,
      strength: 1,
      path: ['input'],
    }));

/**
 * Makes a summary again: as a CHANGE from now on where it says something else, else what it is made of alone is noted.
 * Returns the key of the new version; null: it says the same. Undefined: something has changed since it was read.
 */
export async function remakeSummary(
  tx: WriteTransaction,
  whose: Whose,
  draft: Draft,
): Promise<string | null | undefined> {
  const standing = draft.standing as Standing;
  await takeTurns(tx, whose);
  if (!(await isAsRead(tx, standing))) return undefined;
  const holding = await holdingOf(tx, [draft]);
  if (draft.parts.some(({ id }) => !holding.has(id))) return undefined;
  if (draft.kind === TOPIC && (await inTopics(tx, [draft], standing.lineageId)).size > 0) return undefined;
  const { content, importance, confidence } = draft;
  const saysOther = content !== standing.content;
  const id = saysOther
    ? await correctMemory(tx, given(standing.memoryId), {
        kind: 'CHANGE',
        content,
        importance,
        confidence,
        reason: REASON,
      })
    : standing.memoryId;
  await endQuotes(tx, standing.lineageId, draft);
  await relate(tx, quotesOf(draft, id), 'skip');
  const written = [{ draft, id, lineageId: standing.lineageId }];
  await keepSummaries(tx, whose, written);
  await keepSources(tx, written);
  await keepProfiles(tx, whose, written);
  return saysOther ? id : null;
}

/** Takes back a summary of which too little is left. True: it was done. */
export async function retractSummary(tx: WriteTransaction, whose: Whose, standing: Standing): Promise<boolean> {
  await takeTurns(tx, whose);
  if (!(await isAsRead(tx, standing))) return false;
  await retractMemory(tx, given(standing.memoryId), { kind: 'CHANGE', reason: TOO_FEW });
  await tx.rows(sql`
    update ${aliased(s)} set ${set(summaries, { size: sql`0` })}
    where ${s.workspaceId} = ${tx.workspaceId} and ${s.lineageId} = ${standing.lineageId}::uuid`);
  await tx.rows(sql`
    update ${aliased(x)} set ${set(summarySources, { isMember: sql`false`, isTopic: sql`false`, line: sql`null` })}
    where ${x.workspaceId} = ${tx.workspaceId} and ${x.summaryLineageId} = ${standing.lineageId}::uuid`);
  return true;
}

const heldSummary = fields({ memoryId: s.memoryId, currentId: m.id, size: s.size });

/** Whether a summary still is as it was read, locked until the transaction ends. */
async function isAsRead(tx: WriteTransaction, { lineageId, memoryId, size }: Standing): Promise<boolean> {
  const [row] = await tx.rows<RowOf<typeof heldSummary>>(sql`
    select ${heldSummary} from ${aliased(s)}
    join ${aliased(m)} on ${m.workspaceId} = ${tx.workspaceId} and ${m.lineageId} = ${s.lineageId} and ${presentSql(m, NOW)}
    where ${s.workspaceId} = ${tx.workspaceId} and ${s.lineageId} = ${lineageId}::uuid for update of s`);
  return row?.memoryId === memoryId && row.currentId === memoryId && row.size === size;
}

/**
 * Those of what drafts are made of that still hold. They are locked: what is forgotten meanwhile is forgotten after the
 * summary has been written, and with its words in it.
 */
async function holdingOf(tx: WriteTransaction, drafts: readonly Draft[]): Promise<Set<string>> {
  const ids = [...new Set(drafts.flatMap(({ parts }) => parts.map(({ id }) => id)))];
  const rows = await tx.rows<{ id: string }>(sql`
    select ${fields(pick(m, 'id'))} from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${uuids(ids)})
      and ${presentSql(m, NOW)} order by ${m.id} for share`);
  return new Set(rows.map(({ id }) => id));
}

/** The lineages that drafts of topics are made of and that are in a topic already, another one than `own`. */
async function inTopics(tx: WriteTransaction, drafts: readonly Draft[], own?: string): Promise<Set<string>> {
  const ids = drafts
    .filter(({ kind }) => kind === TOPIC)
    .flatMap(({ parts }) => parts.map(({ lineageId }) => lineageId));
  if (ids.length === 0) return new Set();
  const rows = await tx.rows<{ id: string }>(sql`
    select ${fields({ id: x.sourceLineageId })} from ${aliased(x)} where ${x.workspaceId} = ${tx.workspaceId}
      and ${x.sourceLineageId} = any(${uuids(ids)}) and ${x.isTopic}
      ${own ? sql`and ${x.summaryLineageId} <> ${own}::uuid` : sql``}`);
  return new Set(rows.map(({ id }) => id));
}

const known = fields(pick(p, 'entityId', 'summaryLineageId'));

/** The lineages of the summaries of profiles, by their entities, where drafts are of profiles. */
async function profilesOf(
  tx: WriteTransaction,
  whose: Whose,
  drafts: readonly Draft[],
): Promise<Map<string | null, string>> {
  if (drafts.every(({ profile }) => profile === null)) return new Map();
  const rows = await tx.rows<RowOf<typeof known>>(sql`
    select ${known} from ${aliased(p)} where ${p.workspaceId} = ${tx.workspaceId} and ${ofWhose(p, whose)}`);
  return new Map(rows.map(({ entityId, summaryLineageId }) => [entityId, summaryLineageId]));
}

const quote = fields(pick(r, 'id', 'fromMemoryId', 'toMemoryId'));

/** Ends the REFERENCES to versions that a summary quotes no longer. */
async function endQuotes(tx: WriteTransaction, lineageId: string, { parts }: Draft): Promise<void> {
  const kept = uuids(parts.filter(({ line }) => line !== null).map(({ id }) => id));
  const stamp = await tx.stamp();
  const ended = await tx.rows<RowOf<typeof quote>>(sql`
    update ${aliased(r)} set ${set(relations, { retractedAt: valueFor(relations.retractedAt, stamp) })}
    where ${r.workspaceId} = ${tx.workspaceId} and ${r.fromLineageId} = ${lineageId}::uuid and ${r.type} = 'REFERENCES'
      and ${r.retractedAt} is null and ${r.toMemoryId} <> all(${kept})
      and exists (select from ${aliased(x)} where ${x.workspaceId} = ${tx.workspaceId}
        and ${x.summaryLineageId} = ${r.fromLineageId} and ${x.sourceLineageId} = ${r.toLineageId})
    returning ${quote}`);
  noteEvents(
    tx,
    ended.map(({ id, fromMemoryId, toMemoryId }) => ({
      kind: 'UNRELATED',
      memoryId: fromMemoryId,
      otherMemoryId: toMemoryId,
      relationId: id,
      changes: { type: 'REFERENCES' },
    })),
  );
}
