import type { ServerResponse } from 'node:http';
import type { Plugin } from 'graphql-yoga';

/** Cuts a connection off whose client has not taken its answer in time: it would hold the answer for ever. */
export const useResponseDeadline = (withinMs: number): Plugin<object, { res?: ServerResponse }> => ({
  onResponse({ serverContext }) {
    const response = serverContext?.res;
    if (!response?.socket) return;
    const timer = setTimeout(() => response.destroy(), withinMs).unref();
    response.once('close', () => clearTimeout(timer));
  },
});
