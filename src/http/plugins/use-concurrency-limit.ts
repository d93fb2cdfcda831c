import type { Plugin } from 'graphql-yoga';
import type { Principal } from '../../graphql/core/context.ts';
import { refusedUntil } from './refusal.ts';

/** A request seldom takes longer. */
const RETRY_S = 1;

/** A body of so many bytes is worth no more than the connection it comes on. */
const SMALL_BODY_BYTES = 65_536;

/**
 * Answers 503 if too many requests of a workspace are being answered already. There is no queue here: a request waits
 * only for the database, where workspaces take turns, and for a limited time. A large body is counted before it is
 * read, so that few are held at once. A small one is counted when it has arrived: slow clients do not block others.
 */
export function useConcurrencyLimit(limit: number): Plugin<object, { principal: Principal }> {
  const running = new Map<string, number>();
  const counted = new WeakMap<object, string>();
  const enter = (workspaceId: string, request: object) => {
    const before = running.get(workspaceId) ?? 0;
    if (before >= limit) {
      throw refusedUntil(
        503,
        'UNAVAILABLE',
        `This workspace already has ${limit} requests in progress, the most allowed at once: try again when one of them is answered.`,
        RETRY_S,
      );
    }
    running.set(workspaceId, before + 1);
    counted.set(request, workspaceId);
  };
  const leave = (request: object) => {
    const workspaceId = counted.get(request);
    if (workspaceId === undefined) return;
    counted.delete(request);
    const left = (running.get(workspaceId) ?? 0) - 1;
    if (left > 0) running.set(workspaceId, left);
    else running.delete(workspaceId);
  };
  return {
    // The handler comes to an end in every case.
    onRequest({ requestHandler, setRequestHandler }) {
      setRequestHandler(async (request, serverContext) => {
        try {
          return await requestHandler(request, serverContext);
        } finally {
          leave(serverContext);
        }
      });
    },
    onRequestParse({ request, serverContext, requestParser, setRequestParser }) {
      const { workspaceId } = serverContext.principal;
      if (!requestParser || !isSmall(request)) return enter(workspaceId, serverContext);
      setRequestParser(async (given) => {
        const params = await requestParser(given);
        enter(workspaceId, serverContext);
        return params;
      });
    },
  };
}

const isSmall = ({ headers }: Request): boolean =>
  !headers.has('transfer-encoding') && Number(headers.get('content-length') ?? 0) <= SMALL_BODY_BYTES;
