import { type SQL, sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import {
  type Belief,
  type Beliefs,
  believe,
  type Decision,
  type Dispute,
  type Version,
} from '../../model/belief/timeline.ts';
import { contradictions } from '../../tables/contradiction.ts';
import { decisions } from '../../tables/correction.ts';
import type { MemoryType } from '../../tables/memory.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';

const c = under(contradictions, 'c');
const d = under(decisions, 'd');
const m = under(memories, 'm');
const r = under(relations, 'r');

/** A version as it stands in the database. */
export interface VersionRow extends Version, Omit<Belief, 'guestOf' | 'leaves'> {
  companionId: string;
  userId: string | null;
  type: MemoryType;
  content: string;
  contentFold: string;
  slot: string | null;
  recordedAt: number;
  isArchived: boolean;
  expiresAt: number | null;
}

/** A contradiction as it stands in the database. */
export interface DisputeRow extends Dispute {
  memoryId: string;
  byId: string;
  relationId: string;
}

export interface DecisionRow extends Decision {
  relationId: string | null;
}

/**
 * The time lines of some lineages, and of those that they are in contradiction with, locked until the transaction ends:
 * what a decision is weighed by. A change is made here first; what it makes of the rest is then asked of
 * {@link beliefs}.
 */
export class TimeLines {
  /** By lineage: the slot it has. */
  readonly slots: ReadonlyMap<string, string | null>;
  readonly versions: Map<string, VersionRow>;
  readonly decisions: DecisionRow[];
  readonly disputes: DisputeRow[];
  /** The latest moment since which any of the rows has stood: what replaces them is stamped later. */
  readonly latest: Date | undefined;
  #beliefs: Beliefs | undefined;

  constructor(given: Pick<TimeLines, 'slots' | 'versions' | 'decisions' | 'disputes' | 'latest'>) {
    this.slots = given.slots;
    this.versions = given.versions;
    this.decisions = given.decisions;
    this.disputes = given.disputes;
    this.latest = given.latest;
  }

  /** Tells that versions, decisions or disputes have changed. */
  changed(): void {
    this.#beliefs = undefined;
  }

  /** What the decisions in force make of all versions. */
  get beliefs(): Beliefs {
    this.#beliefs ??= believe([...this.versions.values()], this.decisions, this.disputes);
    return this.#beliefs;
  }

  belief(id: string): Belief {
    return this.beliefs.versions.get(id) as Belief;
  }

  isBelieved(id: string): boolean {
    return this.belief(id).retractedAt === null;
  }

  /** The believed versions that stand in a lineage, as they follow each other. */
  line(lineageId: string): VersionRow[] {
    return [...this.versions.values()]
      .filter(({ id }) => this.belief(id).lineageId === lineageId && this.isBelieved(id))
      .sort((a, b) => a.start - b.start);
  }

  /** The version of a lineage that is believed and true at a moment. */
  holding(lineageId: string, moment: number): VersionRow | undefined {
    return this.line(lineageId).find((version) => this.isTrue(version, moment));
  }

  /** True of a version that a moment lies in, whether it is believed or not. */
  isTrue({ id, start }: VersionRow, moment: number): boolean {
    const { validUntil } = this.belief(id);
    return start <= moment && (validUntil === null || moment < validUntil);
  }

  /** The version that holds, else the one last believed: what is meant by the current one. */
  current(lineageId: string, moment: number): VersionRow {
    const holds = this.holding(lineageId, moment);
    if (holds) return holds;
    const rank = ({ id }: VersionRow) => this.belief(id).retractedAt ?? Number.POSITIVE_INFINITY;
    const [last] = [...this.versions.values()]
      .filter(({ id }) => this.belief(id).lineageId === lineageId)
      .sort((a, b) => rank(b) - rank(a) || b.start - a.start);
    return last as VersionRow;
  }
}

interface Loaded {
  slots: { id: string; slot: string | null }[];
  versions: VersionRow[];
  decisions: DecisionRow[];
  disputes: DisputeRow[];
  latest: Date | null;
}

/** The lineages in contradiction with those of a table `near`; in a slot's alone, where it is asked for. */
const contradictedSql = (workspaceId: string, near: SQL, isOfSlot: boolean) => sql`
  select case when ${c.memoryLineageId} = near.id then ${c.byLineageId} else ${c.memoryLineageId} end
  from ${near} near join ${aliased(c)} on ${c.workspaceId} = ${workspaceId} and (${c.isOfSlot} or not ${isOfSlot})
    and (${c.memoryLineageId} = near.id or ${c.byLineageId} = near.id)`;

/**
 * The lineages themselves and those they share a slot's contradiction with; whatever these are in contradiction with,
 * since a decision about the first moves the sides of the others; and what shares a slot's contradiction with that, since
 * it says where the others stand.
 */
const movedSql = (workspaceId: string, lineageIds: readonly string[]) => sql`
  with recursive joined (id) as (
    select unnest(${uuids(lineageIds)}) union ${contradictedSql(workspaceId, sql`joined`, true)}
  ), met (id) as (
    select id from joined union ${contradictedSql(workspaceId, sql`joined`, false)}
  ), moved (id) as (
    select id from met union ${contradictedSql(workspaceId, sql`moved`, true)}
  )
  select id from moved`;

/** Locks lineages and what moves with them, and reads their time lines. Unknown ones are left out. */
export async function openLines(tx: WriteTransaction, lineageIds: readonly string[]): Promise<TimeLines> {
  let moved: string[] = [];
  for (let known = -1; known < moved.length; ) {
    known = moved.length;
    // Again until nothing is added: a contradiction may have been opened while the locks were waited for.
    const rows = await tx.rows<{ id: string }>(sql`
      select id from lineages where workspace_id = ${tx.workspaceId}
        and id in (${movedSql(tx.workspaceId, lineageIds)})
      order by id for no key update`);
    moved = rows.map(({ id }) => id);
  }
  const [loaded] = await tx.rows<Loaded>(loadSql(tx.workspaceId, moved));
  const { slots, versions, decisions, disputes, latest } = loaded as Loaded;
  return new TimeLines({
    slots: new Map(slots.filter(({ id }) => moved.includes(id)).map(({ id, slot }) => [id, slot])),
    versions: new Map(versions.map((version) => [version.id, version])),
    decisions,
    disputes,
    latest: latest ?? undefined,
  });
}

const ms = (column: string) => sql.raw(`(extract(epoch from ${column}) * 1000)::float8`);

/** One row: the versions, decisions and contradictions of lineages, and of those these are in contradiction with. */
const loadSql = (workspaceId: string, moved: readonly string[]) => sql`
  with dispute as materialized (
    select * from ${aliased(c)} where ${c.workspaceId} = ${workspaceId}
      and (${c.memoryLineageId} = any(${uuids(moved)}) or ${c.byLineageId} = any(${uuids(moved)}))
  ), line as materialized (
    select id, slot from lineages where workspace_id = ${workspaceId} and id in (
      select unnest(${uuids(moved)}) union select memory_lineage_id from dispute union select by_lineage_id from dispute)
  ), version as materialized (
    select m.* from line join ${aliased(m)} on ${m.workspaceId} = ${workspaceId} and ${m.lineageId} = line.id
  ), decision as materialized (
    select d.* from version join ${aliased(d)} on ${d.workspaceId} = ${workspaceId} and ${d.memoryId} = version.id
  )
  select
    (select coalesce(jsonb_agg(line), '[]') from line) as slots,
    (select coalesce(jsonb_agg(jsonb_build_object('id', ${m.id}, 'lineageId', ${m.lineageId}, 'companionId', ${m.companionId},
      'userId', ${m.userId}, 'type', ${m.type}, 'content', ${m.content}, 'contentFold', ${m.contentFold}, 'slot', ${m.slot},
      'start', ${ms('m.valid_from')}, 'statedUntil', ${ms('m.stated_until')}, 'validUntil', ${ms('m.valid_until')},
      'retractedAt', ${ms('m.retracted_at')}, 'recordedAt', ${ms('m.recorded_at')}, 'isCorrected', ${m.isCorrected},
      'isContested', ${m.isContested}, 'isArchived', ${m.archivedAt} is not null, 'expiresAt', ${ms('m.expires_at')})
      order by ${m.recordedAt}, ${m.id}), '[]') from version m) as versions,
    (select coalesce(jsonb_agg(jsonb_build_object('id', ${d.id}, 'kind', ${d.kind}, 'memoryId', ${d.memoryId},
      'versionId', ${d.versionId}, 'effectiveAt', ${ms('d.effective_at')}, 'recordedAt', ${ms('d.recorded_at')},
      'revertedAt', ${ms('d.reverted_at')}, 'relationId', ${d.relationId})
      order by ${d.recordedAt}, ${d.id}), '[]') from decision d) as decisions,
    (select coalesce(jsonb_agg(jsonb_build_object('id', ${c.id}, 'memoryLineageId', ${c.memoryLineageId},
      'byLineageId', ${c.byLineageId}, 'memoryAnchorId', ${c.memoryAnchorId}, 'byAnchorId', ${c.byAnchorId},
      'memoryId', ${c.memoryId}, 'byId', ${c.byId}, 'isOfSlot', ${c.isOfSlot}, 'status', ${c.status}, 'resolution', ${c.resolution},
      'openedAt', ${ms('c.opened_at')}, 'resolvedAt', ${ms('c.resolved_at')}, 'relationId', ${c.relationId})
      order by ${c.openedAt}, ${c.id}), '[]') from dispute c) as disputes,
    greatest((select max(known_from) from version), (select max(known_from) from decision),
      (select max(known_from) from dispute), (select max(${r.knownFrom}) from dispute c join ${aliased(r)}
        on ${r.workspaceId} = ${workspaceId} and ${r.id} = ${c.relationId})) as latest`;
