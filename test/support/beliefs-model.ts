/** What a model refuses, as the service would with a typed error. */
export class Refused extends Error {}

export interface Version {
  id: string;
  content: string;
  slot: string | null;
  own: string;
  start: number;
  until: number | null;
  confidence: number;
  importance: number;
  isArchived: boolean;
}

interface Decision {
  kind: 'MISTAKE' | 'CHANGE' | 'RETRACTED' | 'ENDED';
  about: string;
  made: string | null;
  at: number | null;
  isTakenBack: boolean;
}

export type Resolution = 'KEEP_MEMORY' | 'KEEP_BY' | 'SUCCEEDED' | 'DISMISSED';

export interface Dispute {
  id: string;
  memory: string;
  by: string;
  /** The slot's lineage, where `by` came to it at the very moment of `memory`. */
  slot: string | null;
  pair: [string, string];
  strength: number;
  resolution: Resolution | null;
}

export interface Belief {
  isBelieved: boolean;
  isReplaced: boolean;
  lineage: string;
  slot: string | null;
  isBeside: boolean;
  start: number;
  end: number;
}

/** The time lines of one companion by the rules of docs/concepts.md, by brute force over all that has been said. */
export class BeliefsModel {
  versions: Version[] = [];
  decisions: Decision[] = [];
  disputes: Dispute[] = [];

  /** What becomes of it by a change; itself stays. Throws Refused, also where two versions would begin together. */
  after(change: (model: BeliefsModel) => void): BeliefsModel {
    const next = Object.assign(
      new BeliefsModel(),
      structuredClone({ versions: this.versions, decisions: this.decisions, disputes: this.disputes }),
    );
    change(next);
    const taken = new Set<string>();
    for (const { isBelieved, lineage, start } of next.beliefs().values()) {
      if (isBelieved && taken.has(`${lineage} ${start}`)) throw new Refused('two versions begin at once');
      if (isBelieved) taken.add(`${lineage} ${start}`);
    }
    return next;
  }

  version = (id: string): Version => this.versions.find((version) => version.id === id) as Version;
  belief = (id: string): Belief => this.beliefs().get(id) as Belief;

  /** The version an anchor of a contradiction means by now. */
  side(anchor: string): string {
    let id = anchor;
    for (let d = this.#maker(id); d?.kind === 'MISTAKE' && d.isTakenBack; d = this.#maker(id)) id = d.about;
    return this.#standIn(id);
  }

  /** What a contradiction is between. An open one of a slot is with the version that begins there at that moment. */
  sides({ memory, by, slot, resolution }: Dispute): [string, string] {
    const newcomer = this.side(by);
    const isOccupant = ({ isBelieved, lineage, start }: Belief) =>
      isBelieved && lineage === slot && start === this.version(newcomer).start;
    const found = [...this.beliefs()].find(([id, belief]) => id !== newcomer && isOccupant(belief));
    return [resolution === null && found ? found[0] : this.side(memory), newcomer];
  }

  beliefs(): Map<string, Belief> {
    const disbelieved = this.#disbelieved();
    const homes = this.#homes(disbelieved);
    const cuts = this.decisions
      .filter(({ kind, isTakenBack }) => kind === 'ENDED' && !isTakenBack)
      .map(({ about, at }) => ({ lineage: homes.get(about)?.lineage, at: at as number }));
    for (const { resolution, memory, by } of this.disputes) {
      if (resolution !== 'SUCCEEDED') continue;
      const sides = [this.side(memory), this.side(by)].map((id) => this.version(id)).sort((a, b) => a.start - b.start);
      const [earlier, later] = sides as [Version, Version];
      if (earlier.start < later.start) cuts.push({ lineage: homes.get(earlier.id)?.lineage, at: later.start });
    }
    const bounds = [
      ...cuts,
      ...this.versions
        .filter(({ id }) => !disbelieved.has(id))
        .map(({ id, start }) => ({ lineage: homes.get(id)?.lineage, at: start })),
    ];
    return new Map(
      this.versions.map(({ id, start, until, slot }): [string, Belief] => {
        const { lineage, guestOf, leaves } = homes.get(id) as Home;
        const ends = bounds.filter((bound) => bound.at > start && [lineage, guestOf].includes(bound.lineage ?? ''));
        const standIn = this.#standIn(id);
        return [
          id,
          {
            isBelieved: !disbelieved.has(id),
            isReplaced: standIn !== id && !disbelieved.has(standIn),
            lineage,
            slot: leaves ? null : slot,
            isBeside: guestOf !== null && guestOf !== lineage,
            start,
            end: Math.min(until ?? Number.POSITIVE_INFINITY, ...ends.map(({ at }) => at)),
          },
        ];
      }),
    );
  }

  holds(id: string, at: number): boolean {
    const { isBelieved, start, end } = this.belief(id);
    return isBelieved && start <= at && at < end;
  }

  /** The strengths with which what holds speaks against a memory at a moment, times how far that is believed. */
  against(id: string, at: number): number[] {
    if (!this.holds(id, at)) return [];
    return this.disputes
      .filter(({ resolution }) => resolution === null)
      .map((dispute) => ({ sides: this.sides(dispute), strength: dispute.strength }))
      .filter(({ sides }) => sides.includes(id) && sides.every((side) => this.holds(side, at)))
      .map(({ sides, strength }) => {
        const other = this.version(sides[0] === id ? (sides[1] as string) : (sides[0] as string));
        return strength * Math.min(0.99, other.confidence);
      });
  }

  confidence(id: string, at: number): number {
    const stated = this.version(id).confidence;
    const against = this.against(id, at);
    if (against.length === 0) return stated;
    const a = Math.min(0.99, stated);
    const p = against.reduce((product, share) => product * (1 - share), 1);
    return (a * p) / (1 - a + a * p);
  }

  status(id: string, at: number): string {
    const { isBelieved, isReplaced, start, end } = this.belief(id);
    if (!isBelieved) return isReplaced ? 'CORRECTED' : 'RETRACTED';
    if (this.version(id).isArchived) return 'ARCHIVED';
    if (end <= at) return 'ENDED';
    if (start > at) return 'UPCOMING';
    return this.against(id, at).length > 0 ? 'DISPUTED' : 'ACTIVE';
  }

  /** A memory is said. Answers the one that says it already. */
  create(version: Omit<Version, 'own' | 'isArchived'>, contradictionId: string | undefined): string | undefined {
    const { id, start, slot, content } = version;
    const row = { ...version, own: slot === null ? id : `slot ${slot}`, isArchived: false };
    if (slot !== null) {
      const beliefs = this.beliefs();
      const there = this.versions.filter(
        (other) =>
          other.slot === slot && beliefs.get(other.id)?.slot === slot && beliefs.get(other.id)?.isBelieved === true,
      );
      const same = there.find(
        (other) =>
          other.content === content && (other.start === start || (!other.isArchived && this.holds(other.id, start))),
      );
      if (same) return same.id;
      const occupant = there.find((other) => other.start === start && !beliefs.get(other.id)?.isBeside);
      if (occupant) {
        const pair: [string, string] = [row.own, id];
        const dispute = { memory: occupant.id, by: id, strength: 1, resolution: null };
        this.disputes.push({ ...dispute, id: contradictionId ?? 'none', slot: row.own, pair });
        row.own = id;
      }
    }
    this.versions.push(row);
    return undefined;
  }

  correct(id: string, kind: 'MISTAKE' | 'CHANGE', at: number | null, made: Pick<Version, 'id' | 'content'>): void {
    const target = this.#target(id, kind, at);
    const start = at ?? target.start;
    if (target.until !== null && target.until <= start) throw new Refused('it would end before it begins');
    const own = kind === 'CHANGE' ? this.belief(id).lineage : target.own;
    const slot = kind === 'CHANGE' ? this.belief(id).slot : target.slot;
    this.versions.push({ ...target, ...made, slot, start, own });
    this.decisions.push({ kind, about: id, made: made.id, at, isTakenBack: false });
  }

  retract(id: string, kind: 'MISTAKE' | 'CHANGE', at: number | null): void {
    this.#target(id, kind, at);
    const ends = kind === 'MISTAKE' ? 'RETRACTED' : 'ENDED';
    this.decisions.push({ kind: ends, about: id, made: null, at, isTakenBack: false });
  }

  revert(id: string): void {
    const beliefs = this.beliefs();
    const newest = this.decisions.findLast(
      ({ about, isTakenBack }) => !isTakenBack && beliefs.get(about)?.lineage === beliefs.get(id)?.lineage,
    );
    if (!newest) throw new Refused('nothing to take back');
    newest.isTakenBack = true;
  }

  contradict(id: string, memory: string, by: string, strength: number): void {
    const [one, other] = [this.belief(memory), this.belief(by)];
    const pair: [string, string] = [one.lineage, other.lineage];
    if (pair[0] === pair[1]) throw new Refused('one memory');
    const joins = (lineages: string[]) => pair.every((lineage) => lineages.includes(lineage));
    const standing = (dispute: Dispute) => [dispute.memory, dispute.by].map((anchor) => this.belief(anchor).lineage);
    if (this.disputes.some((dispute) => joins(dispute.pair) || joins(standing(dispute))))
      throw new Refused('there is one');
    if (!one.isBelieved || !other.isBelieved) throw new Refused('not believed');
    this.disputes.push({ id, memory, by, slot: null, pair, strength, resolution: null });
  }

  resolve(dispute: Dispute, resolution: Resolution): void {
    if (dispute.resolution !== null) throw new Refused('resolved already');
    const [memory, by] = this.sides(dispute);
    const sides = [this.belief(memory), this.belief(by)];
    if (resolution !== 'DISMISSED' && sides.some(({ isBelieved }) => !isBelieved)) throw new Refused('not believed');
    if (resolution === 'SUCCEEDED' && sides[0]?.start === sides[1]?.start) throw new Refused('at one moment');
    Object.assign(dispute, { memory, resolution });
  }

  reopen(dispute: Dispute): void {
    if (dispute.resolution === null) throw new Refused('it is open');
    dispute.resolution = null;
  }

  /** A version that can be decided about. */
  #target(id: string, kind: 'MISTAKE' | 'CHANGE', at: number | null): Version {
    const { isBelieved, isBeside, start, end } = this.belief(id);
    if (!isBelieved || this.version(id).isArchived) throw new Refused('not believed, or archived');
    if (kind === 'CHANGE' && (at === null || at <= start || at >= end || isBeside)) throw new Refused('not then');
    return this.version(id);
  }

  #maker(id: string): Decision | undefined {
    return this.decisions.find(({ made }) => made === id);
  }

  #standIn(id: string): string {
    const next = this.decisions.find((d) => d.kind === 'MISTAKE' && d.about === id && !d.isTakenBack);
    return next ? this.#standIn(next.made as string) : id;
  }

  #disbelieved(): Set<string> {
    const ids = new Set<string>();
    for (const { kind, about, made, isTakenBack } of this.decisions) {
      if (isTakenBack && made !== null) ids.add(made);
      if (!isTakenBack && (kind === 'MISTAKE' || kind === 'RETRACTED')) ids.add(about);
    }
    for (const { resolution, memory, by } of this.disputes) {
      if (resolution === 'KEEP_MEMORY') ids.add(this.side(by));
      if (resolution === 'KEEP_BY') ids.add(this.side(memory));
    }
    return ids;
  }

  /** A version and all that a MISTAKE has ever put in its place. */
  #family(id: string): string[] {
    const next = this.decisions.filter(({ kind, about }) => kind === 'MISTAKE' && about === id);
    return [id, ...next.flatMap(({ made }) => this.#family(made as string))];
  }

  /** Where each version stands: in the lineage it was made in, but what came to a slot second goes in when it can. */
  #homes(disbelieved: ReadonlySet<string>): Map<string, Home> {
    const homes = new Map(
      this.versions.map(({ id, own }): [string, Home] => [id, { lineage: own, guestOf: null, leaves: false }]),
    );
    const ofSlots = this.disputes.filter(({ slot }) => slot !== null);
    const isKept = ({ resolution }: Dispute) => resolution === 'KEEP_BY';
    const newcomers = [...ofSlots.filter(isKept), ...ofSlots.filter((dispute) => !isKept(dispute))];
    const guests = new Set(newcomers.flatMap(({ by }) => this.#family(by)));
    const taken = new Set<string>();
    for (const { id, own, start } of this.versions) {
      if (!guests.has(id) && !disbelieved.has(id)) taken.add(`${own} ${start}`);
    }
    for (const { by, slot, resolution } of newcomers) {
      const side = this.version(this.side(by));
      const place = `${slot} ${side.start}`;
      const stays = resolution === null || resolution === 'KEEP_BY';
      const isIn = stays && !disbelieved.has(side.id) && (resolution === 'KEEP_BY' || !taken.has(place));
      if (isIn) taken.add(place);
      const lineage = isIn ? (slot as string) : this.version(by).own;
      for (const id of this.#family(by)) homes.set(id, { lineage, guestOf: stays ? slot : null, leaves: !stays });
    }
    return homes;
  }
}

type Home = { lineage: string; guestOf: string | null; leaves: boolean };
