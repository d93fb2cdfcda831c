import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { createYoga, useReadinessCheck } from 'graphql-yoga';
import type { Database } from './db/database.ts';
import type { Embeddings } from './embedding/embeddings.ts';
import type { Served } from './front.ts';
import { exampleTabs } from './graphiql/examples.ts';
import { type DocumentLimits, defaultLimits } from './limits.ts';
import { describeError } from './log.ts';
import { maskUnexpected } from './plugins/mask-errors.ts';
import { type Authenticate, useAuthentication } from './plugins/use-authentication.ts';
import { useBodyLimit } from './plugins/use-body-limit.ts';
import { useCostLimits } from './plugins/use-cost-limits.ts';
import { useErrorCodes } from './plugins/use-error-codes.ts';
import { useJsonRequests } from './plugins/use-json-requests.ts';
import { useRequestContext } from './plugins/use-request-context.ts';
import { useScopes } from './plugins/use-scopes.ts';
import { schema } from './schema.ts';

export interface ServiceOptions {
  database: Database;
  authenticate: Authenticate;
  /** Where vectors come from. */
  embeddings: Embeddings;
  /** Serve GraphiQL to browsers. */
  graphiql: boolean;
  /** What a document may cost. Default: {@link defaultLimits}. */
  limits?: DocumentLimits;
  /** Takes what is to be logged: one text a line or a few. */
  log: (text: string) => void;
}

const ENDPOINT = '/graphql';
const MAX_BODY_BYTES = 25_000_000;
/** A database that takes longer counts as gone. */
const READY_TIMEOUT_MS = 2_000;

/** The GraphQL service: what answers a request, and how it comes to an end. */
export function createService(options: ServiceOptions) {
  const { database, authenticate, embeddings, graphiql, limits = defaultLimits, log } = options;
  let isDraining = false;
  const isReady = async () => {
    if (isDraining) return false;
    try {
      const connection = await database.connect();
      await connection.script('select 1').finally(() => connection.release());
      return true;
    } catch (error) {
      log(describeError(error));
      return false;
    }
  };
  const yoga = createYoga({
    schema,
    graphqlEndpoint: ENDPOINT,
    landingPage: false,
    healthCheckEndpoint: '/health',
    graphiql: graphiql && { title: 'Palimpsest', defaultTabs: exampleTabs },
    renderGraphiQL,
    cors: false,
    multipart: false,
    maxRequestBodySize: false,
    maskedErrors: { isDev: false, maskError: maskUnexpected },
    logging: {
      debug: () => {},
      info: () => {},
      warn: (...args: unknown[]) => log(args.map(describeError).join(' ')),
      error: (...args: unknown[]) => log(args.map(describeError).join(' ')),
    },
    plugins: [
      useReadinessCheck({
        endpoint: '/ready',
        check: () => Promise.race([isReady(), setTimeout(READY_TIMEOUT_MS, false, { ref: false })]),
      }),
      useJsonRequests(ENDPOINT),
      useAuthentication(authenticate),
      useBodyLimit(MAX_BODY_BYTES),
      useCostLimits(limits),
      useScopes(),
      useRequestContext(database, embeddings),
      useErrorCodes(),
    ],
  });
  return {
    /** Answers a request without a socket. */
    fetch: yoga.fetch,
    handle: yoga,
    /** From here on `/ready` says no. */
    drain() {
      isDraining = true;
    },
  };
}
export type Service = ReturnType<typeof createService>;

/** A service that listens. */
export interface Listening {
  /** Where GraphQL is, e.g. `http://127.0.0.1:4000/graphql`. */
  url: string;
  /** Answers the requests in flight, takes no others, and resolves when the last is answered. */
  stop(): Promise<void>;
}

/** Listens on an address; by default on the loopback interface. Rejects where the port is taken. */
export async function listen(service: Served, port: number, host = '127.0.0.1'): Promise<Listening> {
  const server = createServer(service.handle);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}${ENDPOINT}`,
    async stop() {
      service.drain();
      await close(server);
      await service.handle.dispose();
    },
  };
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Connections that are kept alive would hold the server open after their last answer.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  await closed;
  clearInterval(sweep);
}
