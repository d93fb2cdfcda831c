import { type SQL, sql } from 'drizzle-orm';
import type { WriteScope } from '../db/scope.ts';
import { uuids } from '../db/sql.ts';
import type { MemoryType } from '../decay/policy.ts';
import { type Belief, type Beliefs, believe, type Decision, type Dispute, type Version } from './timeline.ts';

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
  select c.far from ${near} near cross join lateral (
    select by_lineage_id as far, is_of_slot from contradictions
    where workspace_id = ${workspaceId} and memory_lineage_id = near.id
    union all
    select memory_lineage_id, is_of_slot from contradictions
    where workspace_id = ${workspaceId} and by_lineage_id = near.id
  ) c where c.is_of_slot or not ${isOfSlot}`;

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
export async function openLines(tx: WriteScope, lineageIds: readonly string[]): Promise<TimeLines> {
  let moved: string[] = [];
  for (let known = -1; known < moved.length; ) {
    known = moved.length;
    // Again until nothing is added: a contradiction may have been opened while the locks were waited for.
    const rows = await tx.rows<{ id: string }>(sql`
      select id from lineages where workspace_id = ${tx.workspaceId}
        and id = any(array(${movedSql(tx.workspaceId, lineageIds)}))
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
    select * from contradictions c where c.workspace_id = ${workspaceId}
      and (c.memory_lineage_id = any(${uuids(moved)}) or c.by_lineage_id = any(${uuids(moved)}))
  ), line as materialized (
    select id, slot from lineages where workspace_id = ${workspaceId} and id in (
      select unnest(${uuids(moved)}) union select memory_lineage_id from dispute union select by_lineage_id from dispute)
  ), version as materialized (
    select m.* from line join memories m on m.workspace_id = ${workspaceId} and m.lineage_id = line.id
  ), decision as materialized (
    select d.* from version join decisions d on d.workspace_id = ${workspaceId} and d.memory_id = version.id
  )
  select
    (select coalesce(jsonb_agg(line), '[]') from line) as slots,
    (select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'lineageId', m.lineage_id, 'companionId', m.companion_id,
      'userId', m.user_id, 'type', m.type, 'content', m.content, 'contentFold', m.content_fold, 'slot', m.slot,
      'start', ${ms('m.valid_from')}, 'statedUntil', ${ms('m.stated_until')}, 'validUntil', ${ms('m.valid_until')},
      'retractedAt', ${ms('m.retracted_at')}, 'recordedAt', ${ms('m.recorded_at')}, 'isCorrected', m.is_corrected,
      'isContested', m.is_contested, 'isArchived', m.archived_at is not null, 'expiresAt', ${ms('m.expires_at')})
      order by m.recorded_at, m.id), '[]') from version m) as versions,
    (select coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'kind', d.kind, 'memoryId', d.memory_id,
      'versionId', d.version_id, 'effectiveAt', ${ms('d.effective_at')}, 'recordedAt', ${ms('d.recorded_at')},
      'revertedAt', ${ms('d.reverted_at')}, 'relationId', d.relation_id)
      order by d.recorded_at, d.id), '[]') from decision d) as decisions,
    (select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'memoryLineageId', c.memory_lineage_id,
      'byLineageId', c.by_lineage_id, 'memoryAnchorId', c.memory_anchor_id, 'byAnchorId', c.by_anchor_id,
      'memoryId', c.memory_id, 'byId', c.by_id, 'isOfSlot', c.is_of_slot, 'status', c.status, 'resolution', c.resolution,
      'openedAt', ${ms('c.opened_at')}, 'resolvedAt', ${ms('c.resolved_at')}, 'relationId', c.relation_id)
      order by c.opened_at, c.id), '[]') from dispute c) as disputes,
    greatest((select max(known_from) from version), (select max(known_from) from decision),
      (select max(known_from) from dispute), (select max(r.known_from) from dispute c join relations r
        on r.workspace_id = ${workspaceId} and r.id = c.relation_id)) as latest`;
