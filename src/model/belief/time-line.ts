import type { InferSelectModel } from 'drizzle-orm';
import type { contradictions } from '../../tables/contradiction.ts';
import type { decisions } from '../../tables/correction.ts';
import { Replacements } from './replacements.ts';

/** A version of a memory, as its time line knows it; moments are milliseconds since 1970. */
export interface Version {
  id: string;
  /** The lineage it stands in now. */
  lineageId: string;
  start: number;
  /** The end stated with it. */
  statedUntil: number | null;
}

type DecisionColumns = Pick<InferSelectModel<typeof decisions>, 'id' | 'kind' | 'memoryId' | 'versionId'>;
/** A correction or retraction: `memoryId` is the version it is about, `versionId` the one it made. */
export interface Decision extends DecisionColumns {
  effectiveAt: number | null;
  recordedAt: number;
  /** When it was taken back. */
  revertedAt: number | null;
}

type Stored = InferSelectModel<typeof contradictions>;
type DisputeColumns = Pick<Stored, 'id' | 'memoryLineageId' | 'byLineageId' | 'memoryAnchorId' | 'byAnchorId'> &
  Pick<Stored, 'isOfSlot' | 'status' | 'resolution'>;
/** A contradiction between two lineages. */
export interface Dispute extends DisputeColumns {
  openedAt: number;
  resolvedAt: number | null;
}

/** What the decisions in force make of a version. */
export interface Belief {
  /** Where it stands: its own lineage, or the slot's that took it in. */
  lineageId: string;
  validUntil: number | null;
  /** Since when it is not believed; null: it is. */
  retractedAt: number | null;
  /** Not believed, but what a MISTAKE put in its place is. */
  isCorrected: boolean;
  /** A side of an open contradiction. */
  isContested: boolean;
  /** The lineage whose slot it answers; null: its own. `leaves`: it answered a slot, and does no longer. */
  guestOf: string | null;
  leaves: boolean;
}

export interface Sides {
  memoryId: string;
  byId: string;
}

export interface Beliefs {
  versions: ReadonlyMap<string, Belief>;
  sides: ReadonlyMap<string, Sides>;
  /** Two believed versions of one lineage that begin at the same moment: no time line can hold both. */
  collision: readonly [string, string] | undefined;
}

/**
 * What is believed, and from when to when: a function of the versions there are and the decisions in force, and of
 * nothing else, so that it does not matter in which order they came. Give it whole lineages, and of every contradiction
 * both.
 *
 * A version is believed unless a MISTAKE replaced it, its own correction was taken back, it was retracted, or a KEEP
 * went against it. It holds until the first, after its start, of: the next believed start in its lineage, its stated
 * end, a cut (by SUCCEEDED, or by a retraction that ended it).
 */
export function believe(
  versions: readonly Version[],
  decisions: readonly Decision[],
  disputes: readonly Dispute[],
): Beliefs {
  const byId = new Map(versions.map((version) => [version.id, version]));
  const replacements = new Replacements(decisions);
  const against = reasonsAgainst(versions, decisions, disputes, replacements);
  const isBelieved = (id: string) => byId.has(id) && !against.has(id);
  const homes = findHomes(versions, disputes, replacements, isBelieved);
  const sides = findSides(disputes, replacements, byId, homes, isBelieved);
  const home = (id: string) => homes.get(id)?.lineageId as string;

  const starts = new Map<string, { start: number; id: string }[]>();
  let collision: readonly [string, string] | undefined;
  for (const { id, start } of versions.filter((version) => isBelieved(version.id)).sort((a, b) => a.start - b.start)) {
    const line = starts.get(home(id)) ?? [];
    const last = line.at(-1);
    if (last?.start === start) collision ??= [last.id, id];
    starts.set(home(id), [...line, { start, id }]);
  }
  const cuts = findCuts(decisions, disputes, replacements, byId, home);

  const contested = new Set(
    disputes
      .filter(({ status }) => status === 'OPEN')
      .flatMap(({ id }) => [sides.get(id)?.memoryId as string, sides.get(id)?.byId as string]),
  );
  const beliefs = versions.map(({ id, start, statedUntil }): [string, Belief] => {
    const at = homes.get(id) as Home;
    const later = [at.lineageId, at.guestOf]
      .flatMap((lineage) => [
        ...(starts.get(lineage ?? '') ?? []).map((other) => other.start),
        ...(cuts.get(lineage ?? '') ?? []),
      ])
      .concat(statedUntil ?? [])
      .filter((moment) => moment > start);
    return [
      id,
      {
        ...at,
        validUntil: later.length > 0 ? Math.min(...later) : null,
        retractedAt: against.get(id) ?? null,
        isCorrected: against.has(id) && replacements.standIn(id) !== id && isBelieved(replacements.standIn(id)),
        isContested: contested.has(id),
      },
    ];
  });
  return { versions: new Map(beliefs), sides, collision };
}

/** Since when versions are not believed: the first of the reasons in force. */
function reasonsAgainst(
  versions: readonly Version[],
  decisions: readonly Decision[],
  disputes: readonly Dispute[],
  replacements: Replacements,
): Map<string, number> {
  const reasons = new Map<string, number>();
  const speak = (id: string, since: number) => reasons.set(id, Math.min(since, reasons.get(id) ?? since));
  for (const { kind, memoryId, recordedAt, revertedAt } of decisions) {
    if (revertedAt === null && (kind === 'MISTAKE' || kind === 'RETRACTED')) speak(memoryId, recordedAt);
  }
  for (const { id } of versions) {
    const undone = replacements.undone(id);
    if (undone?.revertedAt != null) speak(id, undone.revertedAt);
  }
  for (const { resolution, memoryAnchorId, byAnchorId, resolvedAt } of disputes) {
    if (resolution === 'KEEP_MEMORY') speak(replacements.side(byAnchorId), resolvedAt as number);
    if (resolution === 'KEEP_BY') speak(replacements.side(memoryAnchorId), resolvedAt as number);
  }
  return reasons;
}

type Home = Pick<Belief, 'lineageId' | 'guestOf' | 'leaves'>;

const isPending = ({ isOfSlot, status, resolution }: Dispute) =>
  isOfSlot && (status === 'OPEN' || resolution === 'KEEP_BY');

/** Newcomers that were decided for come first to their places. */
const rank = ({ resolution }: Dispute) => (resolution === 'KEEP_BY' ? 0 : 1);

/**
 * In which lineage each version stands. What begins in a slot at the same moment as another stands beside it, in a lineage
 * of its own, while their contradiction is open; where nothing else of the slot begins at its moment (any longer, as
 * after KEEP_BY) the slot takes it in. By any other resolution it leaves the slot.
 */
function findHomes(
  versions: readonly Version[],
  disputes: readonly Dispute[],
  replacements: Replacements,
  isBelieved: (id: string) => boolean,
): Map<string, Home> {
  const homes = new Map(
    versions.map(({ id, lineageId }): [string, Home] => [id, { lineageId, guestOf: null, leaves: false }]),
  );
  const newcomers = disputes
    .filter(({ isOfSlot }) => isOfSlot)
    .sort((a, b) => rank(a) - rank(b) || a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1));
  const guests = new Set(newcomers.flatMap(({ byAnchorId }) => replacements.family(byAnchorId)));
  const start = new Map(versions.map((version) => [version.id, version.start]));
  const occupied = new Map<string, Set<number>>();
  const occupy = (lineageId: string, moment: number) =>
    occupied.set(lineageId, (occupied.get(lineageId) ?? new Set()).add(moment));
  for (const version of versions) {
    if (isBelieved(version.id) && !guests.has(version.id)) occupy(version.lineageId, version.start);
  }
  for (const dispute of newcomers) {
    const { byAnchorId, byLineageId, memoryLineageId } = dispute;
    const side = replacements.side(byAnchorId);
    const moment = start.get(side);
    if (moment === undefined) continue;
    let home: Partial<Home> = { lineageId: byLineageId, guestOf: null, leaves: true };
    if (isPending(dispute)) {
      // What was decided for is of the slot, and no other may begin there: that would be a collision.
      const isFree = dispute.resolution === 'KEEP_BY' || !occupied.get(memoryLineageId)?.has(moment);
      // What is not believed stays where it stands.
      const stands = isBelieved(side) && { lineageId: isFree ? memoryLineageId : byLineageId };
      home = { ...stands, guestOf: memoryLineageId, leaves: false };
      if (stands && isFree) occupy(memoryLineageId, moment);
    }
    for (const id of replacements.family(byAnchorId)) {
      const now = homes.get(id);
      if (now) homes.set(id, { ...now, ...home });
    }
  }
  return homes;
}

/** The sides of each contradiction: the anchors, or what stands in their place; in a slot, the one that begins at that moment. */
function findSides(
  disputes: readonly Dispute[],
  replacements: Replacements,
  byId: ReadonlyMap<string, Version>,
  homes: ReadonlyMap<string, Home>,
  isBelieved: (id: string) => boolean,
): Map<string, Sides> {
  return new Map(
    disputes.map(({ id, isOfSlot, status, memoryAnchorId, byAnchorId, memoryLineageId }) => {
      const side = replacements.side(byAnchorId);
      const moment = byId.get(side)?.start;
      const occupant =
        isOfSlot &&
        status === 'OPEN' &&
        [...byId.values()].find(
          (other) =>
            other.id !== side &&
            other.start === moment &&
            homes.get(other.id)?.lineageId === memoryLineageId &&
            isBelieved(other.id),
        );
      return [id, { memoryId: occupant ? occupant.id : replacements.side(memoryAnchorId), byId: side }];
    }),
  );
}

/** By lineage: the moments at which what holds ends. */
function findCuts(
  decisions: readonly Decision[],
  disputes: readonly Dispute[],
  replacements: Replacements,
  byId: ReadonlyMap<string, Version>,
  home: (id: string) => string,
): Map<string, number[]> {
  const cuts = new Map<string, number[]>();
  const cut = (lineageId: string, moment: number) => cuts.set(lineageId, [...(cuts.get(lineageId) ?? []), moment]);
  for (const { kind, memoryId, effectiveAt, revertedAt } of decisions) {
    if (kind === 'ENDED' && revertedAt === null && byId.has(memoryId)) cut(home(memoryId), effectiveAt as number);
  }
  for (const { resolution, memoryAnchorId, byAnchorId } of disputes) {
    if (resolution !== 'SUCCEEDED') continue;
    const memory = byId.get(replacements.side(memoryAnchorId));
    const by = byId.get(replacements.side(byAnchorId));
    if (!memory || !by || memory.start === by.start) continue;
    const [earlier, later] = memory.start < by.start ? [memory, by] : [by, memory];
    cut(home(earlier.id), later.start);
  }
  return cuts;
}
