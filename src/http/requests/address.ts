import type { IncomingMessage } from 'node:http';
import { isIP, isIPv6 } from 'node:net';

/** A request that came over a socket, or is part of one that did. */
export interface Came {
  req?: IncomingMessage;
  /** The request that this one is a part of: it was counted and permitted as a whole. */
  within?: { req?: IncomingMessage | undefined };
}

/** What came over the socket; undefined where nothing did. */
export const cameAs = ({ req, within }: Came): IncomingMessage | undefined => req ?? within?.req;

/**
 * Where a request comes from: the address of its connection, or the address that the outermost of our proxies has seen.
 * Each of these proxies adds to X-Forwarded-For who asked it, some with the port. Of an IPv6 address only the network
 * counts: a client has 2^64 of them.
 */
export function addressOf({ socket, headers }: IncomingMessage, trustedProxies: number): string | undefined {
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',').filter(Boolean);
  const told = trustedProxies > 0 ? (forwarded.at(-trustedProxies) ?? forwarded[0]) : undefined;
  return networkOf((told && hostOf(told.trim())) || (socket.remoteAddress ?? ''));
}

/** The address in `1.2.3.4:5678`, `[2001:db8::1]:5678`, or either without a port; undefined in anything else. */
function hostOf(told: string): string | undefined {
  const [, bracketed, dotted] = /^(?:\[([^\]]+)\]|([\d.]+))(?::\d+)?$/.exec(told) ?? [];
  const address = bracketed ?? dotted ?? told;
  return isIP(address) ? address : undefined;
}

/** An IPv4 address, or the /64 that an IPv6 address is in; undefined where there is none. */
export function networkOf(address: string): string | undefined {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain || undefined;
  // The URL parser writes an address in full, except one run of zeros.
  const [before = '', after] = new URL(`http://[${plain.split('%')[0]}]`).hostname.slice(1, -1).split('::');
  const head = before.split(':').filter(Boolean);
  const tail = after?.split(':').filter(Boolean) ?? [];
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  const isIPv4 = groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff';
  if (!isIPv4) return `${groups.slice(0, 4).join(':')}::/64`;
  return groups
    .slice(6)
    .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
    .join('.');
}
