import { createMcpHandler, type ServerEventBus } from '@modelcontextprotocol/server';
import { OperationError } from '../client/operation-error.ts';
import { type McpOptions, mcpServer, readFor } from './server.ts';
import { Watch } from './subscribing/watch.ts';
import { watchable } from './watchable.ts';

export interface Listening {
  response: Response;
  /** Resolves when the stream has come to an end; at once where there is none. */
  over: Promise<void>;
}

/**
 * Answers `subscriptions/listen` by a stream of what changes, for as long as the client takes it, its credential is
 * good, and until `ending` is aborted. The last two end it as the protocol has it.
 */
export async function listen(
  request: Request,
  asked: object,
  options: McpOptions,
  ending: AbortSignal,
): Promise<Listening> {
  const { message, uris } = watchable(asked);
  const watch = new Watch(options.isSubscribable ? uris : [], readFor(options));
  const stop = new AbortController();
  const over = new Promise<void>((resolve) => {
    stop.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  // That of a request may be of a kind of its own, which not all take.
  request.signal.addEventListener('abort', () => stop.abort(), { once: true });
  await watch.begin(stop.signal).catch(unlessRefused);
  let isOpen = false;
  const bus: ServerEventBus = {
    publish() {},
    subscribe(tell) {
      isOpen = true;
      watch
        .run((uri) => tell({ kind: 'resource_updated', uri }), stop.signal)
        .catch((error) => error instanceof OperationError || options.unexpected?.(error))
        .finally(() => handler.close());
      return () => stop.abort();
    },
  };
  const handler = createMcpHandler(() => mcpServer(options), { bus });
  const response = await handler.fetch(request, { parsedBody: message });
  if (!isOpen) stop.abort();
  if (ending.aborted) await handler.close();
  else ending.addEventListener('abort', () => void handler.close(), { once: true, signal: stop.signal });
  return { response, over };
}

/** Whoever may not read is told so when the stream ends. */
function unlessRefused(error: unknown): void {
  if (!(error instanceof OperationError)) throw error;
}
