/** How long nothing is sent after a failure; twice as long after each further one. */
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 15_000;
/** A request that has not ended after so long finds nothing out any more: another may. */
const MAX_PROBE_MS = 60_000;

/**
 * Leaves a provider that fails in peace: after a failure nothing is sent for a while, longer each time. After that one
 * request alone finds out whether it answers again; others are sent once it does.
 */
export class Breaker {
  readonly #now: () => number;
  #pausedUntil = 0;
  #pauseMs = 0;
  #probesUntil = 0;

  /** By a clock that never goes back, in milliseconds. */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** How long nothing is sent, in milliseconds. */
  get pausedFor(): number {
    return Math.max(0, this.#pausedUntil - this.#now());
  }

  /** Whether a request may be sent now. One that was let through ends by {@link leave}, {@link close} or {@link open}. */
  enter(): boolean {
    if (this.#pauseMs === 0) return true;
    const now = this.#now();
    if (this.#pausedUntil > now || this.#probesUntil > now) return false;
    this.#probesUntil = now + MAX_PROBE_MS;
    return true;
  }

  /** A request has ended without telling anything of the provider, or what it tells is noted apart. */
  leave(): void {
    this.#probesUntil = 0;
  }

  /** The provider answers. */
  close(): void {
    this.#pausedUntil = 0;
    this.#pauseMs = 0;
    this.#probesUntil = 0;
  }

  /**
   * The provider is at fault, and asks to be left alone for so many milliseconds, if it says. Returns whether it is the
   * first failure since it answered.
   */
  open(askedMs = 0): boolean {
    this.#probesUntil = 0;
    // Of several that fail together each would lengthen the pause.
    if (this.pausedFor > 0) return false;
    const isFirst = this.#pauseMs === 0;
    this.#pauseMs = Math.min(MAX_PAUSE_MS, Math.max(FIRST_PAUSE_MS, 2 * this.#pauseMs));
    this.#pausedUntil = this.#now() + Math.max(this.#pauseMs, Math.min(askedMs, 2 * MAX_PAUSE_MS));
    return isFirst;
  }
}
