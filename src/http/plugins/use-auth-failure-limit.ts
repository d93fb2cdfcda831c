import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import type { Plugin } from 'graphql-yoga';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { refusedUntil } from './refusal.ts';

/**
 * Answers 429 to an address from which too many requests of a minute came without a credential that is known, and looks
 * at none of its credentials until the minute is over. Comes before the credential is looked at.
 */
export function useAuthFailureLimit(
  perMinute: number,
  trustedProxies: number,
): Plugin<object, { req?: IncomingMessage }> {
  if (perMinute === 0) return {};
  const failures = new RateLimiterMemory({ points: perMinute, duration: 60 });
  return {
    async onRequestParse({ serverContext: { req } }) {
      const address = req && addressOf(req, trustedProxies);
      const found = address ? await failures.get(address) : null;
      if (!found || found.consumedPoints < perMinute || found.msBeforeNext <= 0) return;
      throw refusedUntil(
        429,
        'RATE_LIMITED',
        `This address has sent ${perMinute} requests within a minute without a known credential: try ` +
          `again after the number of seconds in Retry-After.`,
        found.msBeforeNext / 1_000,
      );
    },
    async onResponse({ response, serverContext }) {
      if (response.status !== 401 || !serverContext?.req) return;
      const address = addressOf(serverContext.req, trustedProxies);
      if (address) await failures.penalty(address);
    },
  };
}

/**
 * Where a request comes from: the address of its connection, or the address that the outermost of our proxies has seen.
 * Each of these proxies adds to X-Forwarded-For who asked it. Of an IPv6 address only the network counts: a client has
 * 2^64 of them.
 */
export function addressOf({ socket, headers }: IncomingMessage, trustedProxies: number): string | undefined {
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',').filter(Boolean);
  const told = trustedProxies > 0 ? (forwarded.at(-trustedProxies) ?? forwarded[0])?.trim() : undefined;
  return networkOf(told ?? socket.remoteAddress ?? '');
}

function networkOf(address: string): string | undefined {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain || undefined;
  // The URL parser writes an address in full, except one run of zeros.
  const [before = '', after] = new URL(`http://[${plain.split('%')[0]}]`).hostname.slice(1, -1).split('::');
  const head = before.split(':').filter(Boolean);
  const tail = after?.split(':').filter(Boolean) ?? [];
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
