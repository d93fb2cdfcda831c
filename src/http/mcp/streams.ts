import { refusedUntil } from '../plugins/refusal.ts';

/** The most streams of one workspace at once: each holds a connection, and reads its resources every few seconds. */
const MOST_STREAMS = 32;
const RETRY_S = 30;

/** The streams that are open, and what ends them. */
export class Streams {
  readonly #ending: AbortSignal;
  readonly #open = new Map<string, number>();

  /** `ending` is aborted when the server is about to stop. */
  constructor(ending: AbortSignal) {
    this.#ending = ending;
  }

  get ending(): AbortSignal {
    return this.#ending;
  }

  /** Counts one more, and returns what counts it no more. Throws the refusal of one too many. */
  enter(workspaceId: string): () => void {
    const before = this.#open.get(workspaceId) ?? 0;
    if (before >= MOST_STREAMS) {
      throw refusedUntil(
        503,
        'UNAVAILABLE',
        `This workspace already has ${MOST_STREAMS} subscriptions open, the most at once: try again when one has ended.`,
        RETRY_S,
      );
    }
    this.#open.set(workspaceId, before + 1);
    return () => {
      const left = (this.#open.get(workspaceId) ?? 1) - 1;
      if (left > 0) this.#open.set(workspaceId, left);
      else this.#open.delete(workspaceId);
    };
  }
}
