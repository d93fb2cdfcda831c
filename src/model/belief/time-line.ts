import type { Belief, Beliefs, Decision, Dispute, Sides, Version } from './belief.ts';
import { findHomes, type Home } from './homes.ts';
import { Replacements } from './replacements.ts';

/**
 * What is believed, and from when to when: a function of the versions there are and the decisions in force, and of
 * nothing else, so that it does not matter in which order they came. Give it whole lineages, and both lineages of each
 * contradiction.
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
  const collisions: [string, string][] = [];
  for (const { id, start } of versions.filter((version) => isBelieved(version.id)).sort((a, b) => a.start - b.start)) {
    const line = starts.get(home(id)) ?? [];
    const last = line.at(-1);
    if (last?.start === start) collisions.push([last.id, id]);
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
  return { versions: new Map(beliefs), sides, collisions };
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

/**
 * The sides of each contradiction: the anchors, or what replaced them; in a slot, the one that begins at that moment.
 */
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
