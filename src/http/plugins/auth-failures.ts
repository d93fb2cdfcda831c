import type { GraphQLError } from 'graphql';
import type { LookUp } from '../../domain/credential/authenticate.ts';
import { countHere, type Limiter, type MakeLimiter } from '../requests/limiter.ts';
import { refusedUntil } from './refusal.ts';

/** How many look-ups of addresses that failed too often may wait for each other. */
const MAX_WAITING = 1_000;
/** When there is room for another. */
const RETRY_S = 5;

/**
 * Requests without a known credential, by the address they come from. Behind a proxy, an address may be that of all
 * clients: so however many have failed, a credential that is valid passes. Beyond the limit the unknown ones are looked
 * up one at a time, which bounds what they cost, and those that fail are told to wait.
 */
export class AuthFailures {
  readonly #perMinute: number;
  readonly #failures: Limiter;
  /** How many look-ups of an address are under way. */
  readonly #looking = new Map<string, number>();
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** `perMinute`: failures of an address within a minute; 0: any number. */
  constructor(perMinute: number, makeLimiter: MakeLimiter = countHere) {
    this.#perMinute = perMinute;
    this.#failures = makeLimiter('failures', { points: perMinute, duration: 60 });
  }

  /** How credentials of requests from an address are looked up; undefined: without any bound. */
  lookUpFor(address: string | undefined): LookUp | undefined {
    if (this.#perMinute === 0 || address === undefined) return undefined;
    return async (run) => {
      const looking = (this.#looking.get(address) ?? 0) + 1;
      this.#looking.set(address, looking);
      try {
        const found = await this.#failures.get(address);
        const failed = found && found.msBeforeNext > 0 ? found.consumedPoints : 0;
        return failed + looking > this.#perMinute ? await this.#inTurn(run) : await run();
      } finally {
        const left = (this.#looking.get(address) ?? 1) - 1;
        if (left > 0) this.#looking.set(address, left);
        else this.#looking.delete(address);
      }
    };
  }

  /** Counts a failure. Returns the answer that says to wait, where there were too many. */
  async count(address: string | undefined): Promise<GraphQLError | undefined> {
    if (this.#perMinute === 0 || address === undefined) return undefined;
    const { consumedPoints, msBeforeNext } = await this.#failures.penalty(address);
    return consumedPoints > this.#perMinute ? this.#tooMany(msBeforeNext / 1_000) : undefined;
  }

  async #inTurn<T>(run: () => Promise<T>): Promise<T> {
    if (this.#waiting >= MAX_WAITING) throw this.#tooMany(RETRY_S);
    this.#waiting++;
    const turn = this.#last.then(run, run);
    this.#last = turn;
    try {
      return await turn;
    } finally {
      this.#waiting--;
    }
  }

  #tooMany(seconds: number): GraphQLError {
    return refusedUntil(
      429,
      'RATE_LIMITED',
      `This address has sent more than ${this.#perMinute} requests within a minute without a known credential: try ` +
        `again after the number of seconds in Retry-After.`,
      seconds,
    );
  }
}
