import { unavailable } from '../client/operation-error.ts';
import { type Client, connect } from '../client/verbs/client.ts';
import type { OpenOptions } from './options.ts';

/** A service in this process. */
export interface Palimpsest extends Client {
  /**
   * Answers a request of somebody else's, without a socket: GraphQL at `/graphql`, as the server does. With
   * `CREDENTIALS: 'required'` they need an API key or a JWT; without, only requests to this machine are answered.
   */
  fetch(request: Request | string | URL, init?: RequestInit): Promise<Response>;
  /** Answers what has been asked, ends the work in the background, and closes the database. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens the service in this process, and brings the tables of its database up to date. Who calls `execute` may do
 * everything in the workspace of the setting WORKSPACE, unless narrowed to a companion or a user. Throws ConfigError for
 * options that are not allowed, and DatabaseUnavailable, also where a folder is open already.
 */
export async function open(options: OpenOptions): Promise<Palimpsest> {
  const { openLocally } = await import('./local.ts');
  const { answer, answerOwn, close } = await openLocally(options);
  const running = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;
  const track = <T>(answering: () => Promise<T>): Promise<T> => {
    if (closing) return Promise.reject(unavailable('This service has been closed.'));
    const one = answering();
    running.add(one);
    one.catch(() => {}).finally(() => running.delete(one));
    return one;
  };
  const client = connect({
    url: 'http://localhost/graphql',
    companion: options.companion,
    user: options.user,
    fetch: (url, init) => track(() => answerOwn(url, init)),
  });
  const closeOnce = () => {
    closing ??= Promise.allSettled(running).then(close);
    return closing;
  };
  return {
    ...client,
    fetch: (request, init) => track(() => answer(request, init)),
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}
