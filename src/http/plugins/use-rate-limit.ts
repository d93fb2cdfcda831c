import type { Plugin } from 'graphql-yoga';
import type { RateLimiterRes } from 'rate-limiter-flexible';
import type { Principal } from '../../graphql/core/context.ts';
import type { Came } from '../requests/address.ts';
import { countHere, type MakeLimiter } from '../requests/limiter.ts';
import { DEFAULT_RATE } from '../requests/settings.ts';
import { refusedUntil } from './refusal.ts';

/** Every caller of a server without credentials. */
const LOCAL = 'local';

/**
 * Answers 429 to a credential that has sent more requests in a minute than it may, before their bodies are read.
 * Counted from the first request of each minute on, by default in this process alone; what is refused counts, too. What
 * a request is made of does not count.
 */
export function useRateLimit(
  perMinute: number | undefined,
  makeLimiter: MakeLimiter = countHere,
): Plugin<object, Came & { principal: Principal }> {
  if (perMinute === 0) return {};
  const points = perMinute ?? DEFAULT_RATE;
  const limiter = makeLimiter('requests', { points, duration: 60 });
  return {
    async onRequestParse({ serverContext: { principal, within } }) {
      if (within) return;
      const { credential } = principal;
      if (perMinute === undefined && credential === LOCAL) return;
      await limiter.consume(credential).catch(({ msBeforeNext }: RateLimiterRes) => {
        throw refusedUntil(
          429,
          'RATE_LIMITED',
          `This credential may send ${points} requests a minute: try again after the number of seconds in Retry-After.`,
          msBeforeNext / 1_000,
        );
      });
    },
  };
}
