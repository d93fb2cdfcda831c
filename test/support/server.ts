import { connect } from 'node:net';
import { afterAll, beforeAll } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { openWorkspace } from '../../src/domain/workspace/workspaces.ts';
import { type AccessScope, scopes } from '../../src/graphql/core/context.ts';
import { createService, listen, type ServiceOptions } from '../../src/http/server.ts';
import { Unauthenticated } from '../../src/kernel/errors.ts';
import { openTestDatabase } from './database.ts';
import { localEmbeddings } from './embeddings.ts';

export interface TestServer {
  url: string;
  /** What has been logged. */
  logged: string[];
  /** Sends a document as a credential, whose workspace is what stands before its first `/`. */
  post(query: string, headers?: Record<string, string>, more?: object): Promise<Response>;
  stop(): Promise<void>;
}

/**
 * A server that listens, with two workspaces: `acme` and `globex`; the header x-test-credential says who asks, `local`
 * as without credentials; x-test-scopes, what it may do: everything by default; x-test-restriction, what it sees.
 */
export async function openServer(
  database: Database,
  {
    requests,
    ...options
  }: Partial<
    Pick<ServiceOptions, 'requests' | 'persistedOperations' | 'graphiql' | 'explorer' | 'mcp' | 'authenticate'>
  > = {},
): Promise<TestServer> {
  const embeddings = await localEmbeddings();
  const workspaces = new Map<string, string>();
  for (const name of ['acme', 'globex']) {
    workspaces.set(name, (await openWorkspace(database, name, 'operator', embeddings.model)).workspaceId);
  }
  const logged: string[] = [];
  const service = createService({
    database,
    embeddings,
    graphiql: true,
    log: (text) => logged.push(text),
    authenticate(request) {
      const credential = request.headers.get('x-test-credential') ?? 'acme/one';
      const workspaceId = workspaces.get(credential === 'local' ? 'acme' : (credential.split('/')[0] as string));
      if (!workspaceId) throw new Unauthenticated('This credential is not known.');
      const granted = request.headers.get('x-test-scopes')?.split(' ') as AccessScope[] | undefined;
      const restriction = JSON.parse(request.headers.get('x-test-restriction') ?? 'null');
      return { workspaceId, credential, actor: 'tester', scopes: new Set(granted ?? scopes), restriction };
    },
    ...options,
    ...(requests && { requests }),
  });
  const { url, stop } = await listen(service, 0);
  return {
    url,
    logged,
    stop,
    post: (query, headers = {}, more = {}) =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query, ...more }),
      }),
  };
}

/** Servers of this file's own, on one database of its own; all of them end with it. */
export function useServers(): (options?: Parameters<typeof openServer>[1]) => Promise<TestServer> {
  let database: Database;
  const running: TestServer[] = [];
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(async () => {
    for (const { stop } of running) await stop();
    await database.close();
  });
  return async (options) => {
    const server = await openServer(database, options);
    running.push(server);
    return server;
  };
}

export interface Refusal {
  data?: unknown;
  errors: { message: string; path?: unknown[]; extensions: { code: string } }[];
}

/** Status, code and Retry-After of an answer. */
export async function refusalOf(response: Response): Promise<[number, string | undefined, string | null]> {
  const { errors } = (await response.json()) as Partial<Refusal>;
  return [response.status, errors?.[0]?.extensions.code, response.headers.get('retry-after')];
}

/** A connection of one's own, from an address of this machine, to say on it what no client would. */
export function openSocket(url: string, localAddress = '127.0.0.1') {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, localAddress });
  let received = '';
  let isClosed = false;
  socket.on('data', (data) => {
    received += data;
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      isClosed = true;
      resolve();
    });
  });
  return {
    socket,
    write: (text: string) => socket.write(text),
    get received() {
      return received;
    },
    get isClosed() {
      return isClosed;
    },
    /** Resolves to all that was received. */
    closed: closed.then(() => received),
    close: () => socket.destroy(),
  };
}

/** The lines a POST of JSON begins with. */
export const postHead = (length: number, more: readonly string[] = []) =>
  [
    'POST /graphql HTTP/1.1',
    'Host: test',
    'Content-Type: application/json',
    `Content-Length: ${length}`,
    ...more,
    '',
    '',
  ].join('\r\n');
