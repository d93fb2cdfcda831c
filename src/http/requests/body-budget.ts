import { Refused } from './refused.ts';

/** A request seldom takes longer. */
const RETRY_S = 1;
/** Bodies up to this size are small: a part of the budget is theirs alone. */
const SMALL_BYTES = 65_536;
/** How much more than the budget small bodies may come to, together with all others. */
const SMALL_SHARE = 1.25;

/** The most bytes of requests in flight. */
export interface BudgetLimits {
  process: number;
  workspace: number;
}

/** What one request holds of the budget. */
export interface Reservation {
  /** Takes so many bytes more. Throws Refused where so many are not available now. */
  take(bytes: number): void;
  /** Gives all of them back. */
  release(): void;
}

/**
 * The bytes of requests that are being received or answered, in the process and in each workspace. What is refused may
 * be sent again; a request that is alone is never refused, since its own limit bounds it.
 */
export class BodyBudget {
  readonly #limits: BudgetLimits;
  #held = 0;
  readonly #byWorkspace = new Map<string, number>();

  constructor(limits: BudgetLimits) {
    this.#limits = limits;
  }

  /** All bytes that are held now. */
  get held(): number {
    return this.#held;
  }

  open(workspaceId: string): Reservation {
    let mine = 0;
    const hold = (bytes: number) => {
      mine += bytes;
      this.#held += bytes;
      const held = (this.#byWorkspace.get(workspaceId) ?? 0) + bytes;
      if (held > 0) this.#byWorkspace.set(workspaceId, held);
      else this.#byWorkspace.delete(workspaceId);
    };
    return {
      take: (bytes) => {
        const share = mine + bytes <= SMALL_BYTES ? SMALL_SHARE : 1;
        const ofWorkspace = this.#byWorkspace.get(workspaceId) ?? 0;
        const { process, workspace } = this.#limits;
        if (ofWorkspace > mine && ofWorkspace + bytes > workspace * share) throw full('This workspace', workspace);
        if (this.#held > mine && this.#held + bytes > process * share) throw full('This server', process);
        hold(bytes);
      },
      release: () => hold(-mine),
    };
  }
}

const full = (who: string, limit: number): Refused =>
  new Refused(
    503,
    'UNAVAILABLE',
    `${who} already has requests of ${limit} bytes in progress, the most allowed at once: try again when some of them are answered.`,
    { headers: { 'retry-after': String(RETRY_S) } },
  );
