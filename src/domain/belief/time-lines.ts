import type { Belief, Beliefs } from '../../model/belief/belief.ts';
import { believe } from '../../model/belief/time-line.ts';
import type { DecisionRow, DisputeRow, VersionRow } from './rows.ts';

/**
 * The time lines of some lineages, and of those that they are in contradiction with, locked until the transaction ends:
 * all that a decision depends on. A change is made here first; {@link beliefs} then says what it makes of the rest.
 */
export class TimeLines {
  /** By lineage: the slot it has. */
  readonly slots: ReadonlyMap<string, string | null>;
  readonly versions: Map<string, VersionRow>;
  readonly decisions: DecisionRow[];
  readonly disputes: DisputeRow[];
  /** The latest moment at which one of the rows was written: what replaces them is stamped later. */
  readonly latest: Date | undefined;
  #beliefs: Beliefs | undefined;

  constructor(given: Pick<TimeLines, 'slots' | 'versions' | 'decisions' | 'disputes' | 'latest'>) {
    this.slots = given.slots;
    this.versions = given.versions;
    this.decisions = given.decisions;
    this.disputes = given.disputes;
    this.latest = given.latest;
  }

  /** To be called when versions, decisions or disputes have changed. */
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
  of(lineageId: string): VersionRow[] {
    return [...this.versions.values()]
      .filter(({ id }) => this.belief(id).lineageId === lineageId && this.isBelieved(id))
      .sort((a, b) => a.start - b.start);
  }

  /** The version of a lineage that is believed and true at a moment. */
  holding(lineageId: string, moment: number): VersionRow | undefined {
    return this.of(lineageId).find((version) => this.isTrue(version, moment));
  }

  /** True of a version whose validity includes a moment, whether it is believed or not. */
  isTrue({ id, start }: VersionRow, moment: number): boolean {
    const { validUntil } = this.belief(id);
    return start <= moment && (validUntil === null || moment < validUntil);
  }

  /** The version that holds, else the one last believed: the current one. */
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
