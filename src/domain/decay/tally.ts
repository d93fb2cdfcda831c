/** Counts in the ten bands [0,1), [1,2) … [9,10]. */
export interface ImportanceHistogram {
  bands: number[];
  /** 0 where nothing was counted. */
  mean: number;
}

export interface DecayReport {
  /** Memories ACTIVE or DISPUTED now. */
  examined: number;
  /** Of these, those whose importance has fallen below the stored one. */
  decayed: number;
  /** Those that were archived; in a preview, those that would be. */
  archived: number;
  importanceBefore: ImportanceHistogram;
  importanceAfter: ImportanceHistogram;
  /** The first 100 of `archived`, lowest first. */
  archivedIds: string[];
}

/** The memories whose importance was in the band `before` and is in the band `after` now. */
export interface Band {
  before: number;
  after: number;
  count: number;
  decayed: number;
  sumBefore: number;
  sumAfter: number;
}

/** Memories that a report names. */
const NAMED = 100;

interface Archived {
  id: string;
  after: number;
}

/** Counts that add up to a report. */
export class DecayTally {
  readonly #before = new Array<number>(10).fill(0);
  readonly #after = new Array<number>(10).fill(0);
  #examined = 0;
  #decayed = 0;
  #archived = 0;
  #sums = { before: 0, after: 0 };
  #lowest: Archived[] = [];

  examined(bands: readonly Band[]): void {
    for (const { before, after, count, decayed, sumBefore, sumAfter } of bands) {
      this.#examined += count;
      this.#decayed += decayed;
      this.#before[before] = (this.#before[before] ?? 0) + count;
      this.#after[after] = (this.#after[after] ?? 0) + count;
      this.#sums = { before: this.#sums.before + sumBefore, after: this.#sums.after + sumAfter };
    }
  }

  archived(faded: readonly Archived[]): void {
    this.#archived += faded.length;
    this.#lowest = [...this.#lowest, ...faded]
      .sort((a, b) => a.after - b.after || (a.id < b.id ? -1 : 1))
      .slice(0, NAMED);
  }

  report(): DecayReport {
    const mean = (sum: number) => (this.#examined === 0 ? 0 : sum / this.#examined);
    return {
      examined: this.#examined,
      decayed: this.#decayed,
      archived: this.#archived,
      importanceBefore: { bands: this.#before, mean: mean(this.#sums.before) },
      importanceAfter: { bands: this.#after, mean: mean(this.#sums.after) },
      archivedIds: this.#lowest.map(({ id }) => id),
    };
  }
}
