import type { Plugin } from 'graphql-yoga';

/**
 * Closes the connection behind a request that was refused before its body was read: the rest of the body is still on
 * it, and the client's next request there would be cut off.
 */
export const useRefusedBodies = (): Plugin => ({
  onResponse({ response }) {
    if (response.status === 413 || response.status === 415) response.headers.set('connection', 'close');
  },
});
