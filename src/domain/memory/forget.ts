import { sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, set, under } from '../../db/typed-sql.ts';
import type { GivenId } from '../../kernel/input.ts';
import { mentions, mentionsHistory } from '../../tables/entity.ts';
import { events } from '../../tables/event.ts';
import { lineages, memories, memoriesHistory } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import { eraseFromDisputes } from '../belief/forget.ts';
import { lockMemories } from '../belief/lock.ts';
import { eraseUnmentioned } from '../entity/erasure.ts';
import { emptySuccesses } from '../idempotency/successes.ts';
import { eraseFromTranscripts } from '../message/erase.ts';
import { eraseProposalsOfLineages } from '../message/erase-proposals.ts';
import { nearTo, refreshNeighborhoods } from '../neighborhood/neighborhoods.ts';
import { eraseFromSummaries } from '../summary/erase.ts';

const e = under(events, 'e');
const gone = under(relations, 'gone');
const h = under(memoriesHistory, 'h');
const l = under(lineages, 'l');
const m = under(memories, 'm');
const other = under(memories, 'other');
const r = under(relations, 'r');
const version = under(memories, 'version');
const x = under(mentions, 'x');
const past = under(mentionsHistory, 'past');

/** What an event no longer tells, once the other memory it spoke of is forgotten. */
const untold = set(events, {
  relationId: sql`null`,
  contradictionId: sql`null`,
  findingId: sql`null`,
  otherLineageId: sql`null`,
  otherCompanionId: sql`null`,
  otherUserId: sql`null`,
  reason: sql`null`,
  changes: sql`'{}'`,
});

/** Forgets memories with every version and everything that belongs to them. Returns the keys of all versions. */
export async function forgetMemories(tx: WriteTransaction, ids: readonly GivenId[]): Promise<string[]> {
  const memories = await lockMemories(tx, ids);
  return forgetLineages(tx, [...new Set(memories.map(({ lineageId }) => lineageId))]);
}

/**
 * Everything that mentions a lineage goes with it by cascading keys, its history too. With it go the lineages that its
 * versions have ever stood in, and those whose versions have stood in it, and its words in the summaries made of it.
 */
export const forgetLineages = (tx: WriteTransaction, given: readonly string[]): Promise<string[]> =>
  tx.unrestricted(() => forgetAll(tx, given));

async function forgetAll(tx: WriteTransaction, given: readonly string[]): Promise<string[]> {
  const family = await familyOf(tx, given);
  const derived = await eraseFromSummaries(tx, family);
  const lineageIds = derived.length > 0 ? await familyOf(tx, [...family, ...derived]) : family;
  const ids = uuids(lineageIds);
  const mentioned = await tx.rows<{ id: string }>(sql`
    select distinct ${fields({ id: x.entityId })} from ${aliased(m)}
    cross join lateral (
      select ${x.entityId} from ${aliased(x)} where ${x.workspaceId} = ${tx.workspaceId} and ${x.memoryId} = ${m.id}
      union all select ${past.entityId} from ${aliased(past)}
      where ${past.workspaceId} = ${tx.workspaceId} and ${past.memoryId} = ${m.id}
      offset 0) x
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.lineageId} = any(${ids})`);
  const versions = await tx.rows<{ id: string }>(sql`
    select ${m.id} from ${aliased(m)}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.lineageId} = any(${ids}) order by ${m.id}`);
  await emptySuccesses(tx, lineageIds);
  await eraseFromOthers(tx, lineageIds);
  await eraseFromTranscripts(tx, lineageIds);
  const around = await nearTo(tx, lineageIds);
  await eraseFromDisputes(tx, lineageIds, () =>
    tx.rows(sql`delete from ${aliased(l)} where ${l.workspaceId} = ${tx.workspaceId} and ${l.id} = any(${ids})`),
  );
  await eraseProposalsOfLineages(tx, lineageIds);
  const gone = new Set(lineageIds);
  await refreshNeighborhoods(
    tx,
    around.filter((id) => !gone.has(id)),
  );
  await eraseUnmentioned(
    tx,
    mentioned.map(({ id }) => id),
  );
  return versions.map(({ id }) => id);
}

/** The lineages, and those that a slot has moved versions between: which history knows. */
async function familyOf(tx: WriteTransaction, lineageIds: readonly string[]): Promise<string[]> {
  const rows = await tx.rows<{ lineage: string }>(sql`
    with recursive family (lineage) as (
      select unnest(${uuids(lineageIds)})
      union
      select ${other.lineageId} from family
      cross join lateral (
        select ${m.id} from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.lineageId} = family.lineage
        union select ${h.id} from ${aliased(h)} where ${h.workspaceId} = ${tx.workspaceId} and ${h.lineageId} = family.lineage
      ) version
      cross join lateral (
        select ${m.lineageId} from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${version.id}
        union select ${h.lineageId} from ${aliased(h)} where ${h.workspaceId} = ${tx.workspaceId} and ${h.id} = ${version.id}
      ) other
    )
    select lineage from family`);
  return rows.map(({ lineage }) => lineage);
}

/** Events still say what happened to other memories together with these, but no longer what they said of these. */
async function eraseFromOthers(tx: WriteTransaction, lineageIds: readonly string[]): Promise<void> {
  const ids = uuids(lineageIds);
  await tx.rows(sql`
    with gone as (
      select ${r.id} from ${aliased(r)} where ${r.workspaceId} = ${tx.workspaceId} and ${r.fromLineageId} = any(${ids})
      union select ${r.id} from ${aliased(r)} where ${r.workspaceId} = ${tx.workspaceId} and ${r.toLineageId} = any(${ids})
    )
    update ${aliased(e)} set ${untold}
    where ${e.workspaceId} = ${tx.workspaceId} and ${e.lineageId} <> all(${ids}) and (
      ${e.otherLineageId} = any(${ids}) or ${e.relationId} in (select ${gone.id} from gone))`);
}
