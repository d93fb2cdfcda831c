import { LRUCache } from 'lru-cache';
import { RateLimiterCluster, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** Counts by key what happens within a time, from the first of each time on. */
export interface Limiter {
  /** Counts one. Rejects with a RateLimiterRes where that is one too many. */
  consume(key: string): Promise<unknown>;
  /** What has been counted; null: nothing. */
  get(key: string): Promise<Counted | null>;
  /** Counts one, however many there are. */
  penalty(key: string): Promise<Counted>;
}

type Counted = Pick<RateLimiterRes, 'consumedPoints' | 'msBeforeNext'>;

/** How many of a key there may be, in so many seconds. */
interface Limit {
  points: number;
  duration: number;
}

/** Makes a limiter; those of one name count together, where processes share them. */
export type MakeLimiter = (name: string, limit: Limit) => Limiter;

/** Counts in this process alone. */
export const countHere: MakeLimiter = (_name, limit) => new RateLimiterMemory(limit);

/** Into how many parts a limit is cut that processes take of it, and how many keys one process holds parts for. */
const PARTS = 40;
const MAX_KEYS = 10_000;
/** The counting process answers at once; if it does not, requests are let through. */
const TIMEOUT_MS = 2_000;
const UNKNOWN: Counted = { consumedPoints: 0, msBeforeNext: 0 };

/**
 * Counts together with the other processes of one port, in the first of them: never more than the limit in total. Each
 * takes a small part of it at once, so that few requests wait for another process; what a process has not used of its
 * last part is refused to the others, a fortieth of the limit each at most.
 */
export const countTogether: MakeLimiter = (name, limit) => {
  const counter = new RateLimiterCluster({ ...limit, keyPrefix: name, timeoutMs: TIMEOUT_MS });
  const part = Math.max(1, Math.floor(limit.points / PARTS));
  /** By key, what this process may still count by itself; below 0: there is no more for anybody until the time is over. */
  const held = new LRUCache<string, { left: number }>({ max: MAX_KEYS });
  const refused = (ms: number) => new RateLimiterRes(0, ms, limit.points + 1);
  return {
    async consume(key) {
      const own = held.get(key);
      if (own && own.left > 0) return void own.left--;
      if (own && own.left < 0) throw refused(held.getRemainingTTL(key));
      const { consumedPoints, msBeforeNext } = await counter.consume(key, part).catch(counted);
      const granted = part - Math.max(0, consumedPoints - limit.points);
      // Another request of this process may have taken a part meanwhile.
      const left = Math.max(0, held.get(key)?.left ?? 0) + Math.max(0, granted) - 1;
      if (left !== 0 && msBeforeNext > 0) held.set(key, { left }, { ttl: msBeforeNext });
      if (left < 0) throw refused(msBeforeNext);
    },
    get: (key) => counter.get(key).catch(() => null),
    penalty: (key) => counter.penalty(key).catch(counted),
  };
};

/** What a refusal says is counted; an error says nothing. */
function counted(reason: unknown): Counted {
  return reason instanceof Error ? UNKNOWN : (reason as RateLimiterRes);
}
