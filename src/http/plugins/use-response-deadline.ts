import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Plugin } from 'graphql-yoga';

interface OnSocket {
  req?: IncomingMessage;
  res?: ServerResponse;
}

/** Cuts off a connection whose client has not read its answer in time: otherwise the answer would stay in memory. */
export const useResponseDeadline = (withinMs: number): Plugin<object, OnSocket> => ({
  onResponse({ serverContext }) {
    const { req, res } = serverContext ?? {};
    if (!req || !res) return;
    // The answer itself has no socket yet where the client has not taken one before it.
    const timer = setTimeout(() => req.socket.destroy(), withinMs).unref();
    res.once('close', () => clearTimeout(timer));
  },
});
