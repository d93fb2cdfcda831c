import dns from 'node:dns';
import { Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { InvalidInput } from '../../kernel/errors.ts';
import type { WebhookSettings } from './settings.ts';

/** Characters of a URL. */
export const MAX_URL = 2_000;

/**
 * Ranges that ipaddr.js takes for public, and that lead to others: IPv4 in IPv6 as it once was, local sites, and where
 * the machines of Azure reach their host.
 */
const ALSO_PRIVATE = ['::/96', 'fec0::/10', '168.63.129.16/32'];

/** How long a connection is kept for the next delivery. */
const KEPT_MS = 10_000;
/** The most connections to one receiver, and the most that wait for use. */
const MAX_SOCKETS = 16;

/** Whether an IP address is one of the public Internet. Loopback, private, link-local and such are not. */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  return parsed.range() === 'unicast' && !ALSO_PRIVATE.some((range) => isWithin(parsed, range));
}

const isWithin = (address: ReturnType<typeof ipaddr.parse>, range: string): boolean => {
  const [network, bits] = ipaddr.parseCIDR(range);
  return network.kind() === address.kind() && address.match(network, bits);
};

/**
 * The URL of a webhook as it is kept. Throws InvalidInput where nothing may be sent there, as far as that can be seen
 * without asking for the addresses of its name: each connection is checked again.
 */
export function readUrl(text: string, { privateAddresses }: WebhookSettings, path: readonly string[]): string {
  const refuse = (message: string) => new InvalidInput([{ path, message }]);
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) throw refuse('An http:// or https:// URL is expected.');
  if (url.username || url.password) {
    throw refuse('A user or password in the URL is not allowed: what is sent is signed, check the signature instead.');
  }
  if (url.hash) throw refuse('A fragment (#…) is not sent: leave it out.');
  if (url.href.length > MAX_URL) throw refuse(`At most ${MAX_URL} characters are allowed, given ${url.href.length}.`);
  const host = hostOf(url).replace(/\.$/, '');
  const isLocal = isIP(host) ? !isPublic(host) : /(^|\.)localhost$/.test(host);
  if (isLocal && !privateAddresses) {
    throw refuse(
      'Addresses of this machine and of private networks are not allowed: name a public host, or have the operator set ' +
        'WEBHOOK_PRIVATE_ADDRESSES=true.',
    );
  }
  return url.href;
}

/** The name or address of a URL's host, without the brackets of IPv6. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');

/** Why nothing is sent to an address. */
export class PrivateAddress extends Error {
  constructor() {
    super('Its address is one of this machine or of a private network: see WEBHOOK_PRIVATE_ADDRESSES.');
  }
}

/** Looks a name up for a connection that is about to be made. Fails where any of its addresses is not public. */
const lookupPublic: LookupFunction = (name, options, callback) =>
  dns.lookup(name, options, (error, found, family) => {
    const addresses = error ? [] : [found].flat().map((each) => (typeof each === 'string' ? each : each.address));
    if (addresses.every(isPublic)) callback(error, found, family);
    else callback(new PrivateAddress(), []);
  });

/** What connects to receivers. What is checked is the address that a connection goes to, not an earlier answer of DNS. */
export interface Agents {
  /** Throws PrivateAddress where the host is an address that nothing may be sent to. Names are looked up when it connects. */
  of(url: string): Agent;
  destroy(): void;
}

export function makeAgents({ privateAddresses }: WebhookSettings): Agents {
  const options = {
    keepAlive: true,
    keepAliveMsecs: KEPT_MS,
    maxSockets: MAX_SOCKETS,
    maxFreeSockets: MAX_SOCKETS,
    timeout: KEPT_MS * 2,
    ...(!privateAddresses && { lookup: lookupPublic }),
  };
  const http = new Agent(options);
  const https = new HttpsAgent(options);
  return {
    of(text) {
      const url = new URL(text);
      const host = hostOf(url);
      // An address is not looked up.
      if (!privateAddresses && isIP(host) && !isPublic(host)) throw new PrivateAddress();
      return url.protocol === 'https:' ? https : http;
    },
    destroy() {
      http.destroy();
      https.destroy();
    },
  };
}
