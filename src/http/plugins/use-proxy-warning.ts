import type { IncomingMessage } from 'node:http';
import type { Plugin } from 'graphql-yoga';

const WARNING =
  'Requests come through a proxy (they have X-Forwarded-For), but TRUST_PROXY is 0: all clients behind it count as one ' +
  'address. Set TRUST_PROXY to the number of your proxies.';

/** Says once that a proxy is before the server, where the settings know of none. */
export function useProxyWarning(
  trustedProxies: number,
  log: (text: string) => void,
): Plugin<object, { req?: IncomingMessage }> {
  if (trustedProxies > 0) return {};
  let isSaid = false;
  return {
    onRequest({ serverContext }) {
      if (isSaid || !serverContext.req?.headers['x-forwarded-for']) return;
      isSaid = true;
      log(WARNING);
    },
  };
}
