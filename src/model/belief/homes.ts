import type { Belief, Dispute, Version } from './belief.ts';
import type { Replacements } from './replacements.ts';

/** Where a version stands. */
export type Home = Pick<Belief, 'lineageId' | 'guestOf' | 'leaves'>;

const isPending = ({ isOfSlot, status, resolution }: Dispute) =>
  isOfSlot && (status === 'OPEN' || resolution === 'KEEP_BY');

/** What a resolution kept gets its place first. */
const rank = ({ resolution }: Dispute) => (resolution === 'KEEP_BY' ? 0 : 1);

/**
 * In which lineage each version stands. If a version begins in a slot at the same moment as another, it stands in a
 * lineage of its own while their contradiction is open. The slot takes it in when nothing else of the slot begins at
 * its moment any longer, as after KEEP_BY. By any other resolution it leaves the slot.
 */
export function findHomes(
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
      // What a resolution kept is in the slot, and no other may begin there: that would be a collision.
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
