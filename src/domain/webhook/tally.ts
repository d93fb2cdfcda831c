/** How an attempt ended: `retried`, where it failed and is tried again; `failed`, where it was given up. */
export type Outcome = 'delivered' | 'retried' | 'failed';

/** How many attempts of this process have ended, and how. */
export class Tally {
  readonly counts: Record<Outcome, number> = { delivered: 0, retried: 0, failed: 0 };

  note(outcome: Outcome, count = 1): void {
    this.counts[outcome] += count;
  }
}
