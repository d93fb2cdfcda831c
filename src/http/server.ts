import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { GraphQLError } from 'graphql';
import { createYoga, useReadinessCheck } from 'graphql-yoga';
import type { Database } from '../db/database.ts';
import type { AuditTrail } from '../domain/audit/trail.ts';
import { narrowBy } from '../domain/credential/narrow.ts';
import { noteSessionUses, type SessionUses } from '../domain/session/uses.ts';
import type { Providers } from '../graphql/core/context.ts';
import { type DocumentLimits, defaultLimits } from '../graphql/cost/limits.ts';
import { schema } from '../graphql/schema.ts';
import { describeError, isHangUp } from '../kernel/describe-error.ts';
import type { Peers } from '../kernel/peers.ts';
import type { Served } from './front.ts';
import { openHttpServer } from './http-server.ts';
import { Streams } from './live/streams.ts';
import { useSubscriptions } from './live/use-subscriptions.ts';
import { MCP_PATH, type McpSettings, useMcp } from './mcp/use-mcp.ts';
import type { PersistedOperations } from './plugins/persisted-operations.ts';
import { useAnswerLimit } from './plugins/use-answer-limit.ts';
import { noteIn, useAudit } from './plugins/use-audit.ts';
import { type Authenticate, useAuthentication } from './plugins/use-authentication.ts';
import { useBodyLimit } from './plugins/use-body-limit.ts';
import { useConcurrencyLimit } from './plugins/use-concurrency-limit.ts';
import { corsOptions, useVaryByOrigin } from './plugins/use-cors.ts';
import { useCostLimits } from './plugins/use-cost-limits.ts';
import { useErrorCodes } from './plugins/use-error-codes.ts';
import { useExplorer } from './plugins/use-explorer.ts';
import { useFrontPage } from './plugins/use-front-page.ts';
import { useGetRequests } from './plugins/use-get-requests.ts';
import { useGraphiql } from './plugins/use-graphiql.ts';
import { useJsonRequests } from './plugins/use-json-requests.ts';
import { useMetricsEndpoint } from './plugins/use-metrics-endpoint.ts';
import { useNarrowing } from './plugins/use-narrowing.ts';
import { useNoIntrospection } from './plugins/use-no-introspection.ts';
import { useOnceByPost } from './plugins/use-once-by-post.ts';
import { useOperationName } from './plugins/use-operation-name.ts';
import { usePersisted } from './plugins/use-persisted.ts';
import { useProxyWarning } from './plugins/use-proxy-warning.ts';
import { useRateLimit } from './plugins/use-rate-limit.ts';
import { useRequestContext } from './plugins/use-request-context.ts';
import { useRequestRecord } from './plugins/use-request-record.ts';
import { useResponseDeadline } from './plugins/use-response-deadline.ts';
import { useScopes } from './plugins/use-scopes.ts';
import { useSession } from './plugins/use-session.ts';
import { useTracing } from './plugins/use-tracing.ts';
import { useVariables } from './plugins/use-variables.ts';
import { BodyBudget } from './requests/body-budget.ts';
import { createDocumentCache } from './requests/document-cache.ts';
import type { MakeLimiter } from './requests/limiter.ts';
import { asPart } from './requests/parts.ts';
import { defaultRequestSettings, type RequestSettings } from './requests/settings.ts';
import type { Telemetry } from './telemetry/open.ts';
import { traceStatements } from './telemetry/trace-statements.ts';

export interface ServiceOptions extends Providers {
  database: Database;
  authenticate: Authenticate;
  /** Serve GraphiQL to browsers. */
  graphiql: boolean;
  /** Serve the explorer to browsers. Default: not. */
  explorer?: boolean;
  /** The Model Context Protocol at `/mcp`; false: not. Default: with the companion `assistant`. */
  mcp?: McpSettings | false;
  /** What a document may cost. Default: {@link defaultLimits}. */
  limits?: DocumentLimits;
  /** What requests may take. Default: {@link defaultRequestSettings}. */
  requests?: Partial<RequestSettings>;
  /** Documents that clients may call by their hash. */
  persistedOperations?: PersistedOperations | undefined;
  /** Where refusals and what ADMIN did are written down. Default: nowhere. */
  audit?: AuditTrail;
  /** Notes which sessions requests name. Default: one of its own. */
  sessionUses?: SessionUses;
  /** Takes what is to be logged: one text a line or a few. */
  log: (text: string) => void;
  /** How requests and failures are counted that are limited. Default: in this process alone. */
  makeLimiter?: MakeLimiter | undefined;
  /** The other processes of the same port. Default: none. */
  peers?: Peers | undefined;
  /** What observes requests. Default: nothing. */
  telemetry?: Telemetry;
}

const ENDPOINT = '/graphql';
/** A database that takes longer counts as gone. */
const READY_TIMEOUT_MS = 2_000;

/** The companion of MCP where nothing names one. */
export const DEFAULT_COMPANION = 'assistant';

/** What each request passes, in this order. */
function pluginsOf(
  options: ServiceOptions,
  requests: RequestSettings,
  isReady: () => Promise<boolean>,
  mcpParts: Pick<Parameters<typeof useMcp>[1], 'fetch' | 'ending'>,
  streams: Streams,
) {
  const { database, embeddings, telemetry, log, explorer = false, mcp = { companion: DEFAULT_COMPANION } } = options;
  const budget = new BodyBudget({ process: requests.maxBytesInFlight, workspace: requests.maxWorkspaceBytesInFlight });
  const note = noteIn(options.audit, requests.trustedProxies);
  const { reranker, chat, tokenizer, webhooks } = options;
  const { statementTimeoutMs } = requests;
  const operating = { database, embeddings, reranker, chat, tokenizer, webhooks, statementTimeoutMs, note, log };
  return [
    useRequestRecord(ENDPOINT, telemetry?.observers ?? []),
    telemetry?.metrics ? useMetricsEndpoint(telemetry.metrics) : {},
    useReadinessCheck({
      endpoint: '/ready',
      check: () => Promise.race([isReady(), setTimeout(READY_TIMEOUT_MS, false, { ref: false })]),
    }),
    useVaryByOrigin(requests.corsOrigins),
    useAnswerLimit(requests),
    useFrontPage({ endpoint: ENDPOINT, graphiql: options.graphiql, explorer, mcp: mcp !== false }),
    useGraphiql(ENDPOINT, options.graphiql),
    useExplorer(ENDPOINT, {
      isServed: explorer,
      graphiql: options.graphiql,
      subscriptions: schema.getSubscriptionType() != null,
      log,
    }),
    useJsonRequests(),
    useGetRequests(),
    useAudit(note),
    useProxyWarning(requests.trustedProxies, log),
    useAuthentication(options.authenticate, requests, options.makeLimiter),
    useRateLimit(requests.ratePerMinute, options.makeLimiter),
    useNarrowing(narrowBy(database)),
    useSession(database, options.sessionUses ?? noteSessionUses(database, log)),
    mcp
      ? useMcp(mcp, {
          ...mcpParts,
          endpoint: ENDPOINT,
          bodies: { most: requests.maxBodyBytes, budget },
          corsOrigins: requests.corsOrigins,
          log,
        })
      : {},
    useBodyLimit({
      most: requests.maxBodyBytes,
      bulk: requests.maxBulkBodyBytes,
      budget,
    }),
    useConcurrencyLimit(requests.maxConcurrentRequests),
    useResponseDeadline(requests.requestTimeoutMs, requests.maxAnswerBytesInFlight),
    ...usePersisted(options.persistedOperations, requests.automaticPersistedQueries, options.peers),
    useOperationName(),
    useVariables(),
    useCostLimits(options.limits ?? defaultLimits),
    useOnceByPost(),
    useScopes(note),
    ...(requests.introspection ? [] : useNoIntrospection()),
    useRequestContext({
      ...operating,
      database: telemetry?.tracing ? traceStatements(database) : database,
      compiledReads: requests.compiledReads,
    }),
    useSubscriptions({ ...operating, streams }),
    useErrorCodes(),
    telemetry?.tracing ? useTracing(telemetry.tracing, [ENDPOINT, MCP_PATH]) : {},
  ];
}

/** The GraphQL service: what answers a request, and how it comes to an end. */
export function createService(options: ServiceOptions) {
  const { database, log } = options;
  const requests: RequestSettings = { ...defaultRequestSettings, ...options.requests };
  const ending = new AbortController();
  const streams = new Streams(database, requests, log);
  options.telemetry?.metrics?.watchStreams(() => streams.stats);
  const isReady = async () => {
    if (ending.signal.aborted) return false;
    try {
      const session = await database.connect();
      await session.script('select 1').finally(() => session.release());
      return true;
    } catch (error) {
      log(describeError(error));
      return false;
    }
  };
  const yoga: ReturnType<typeof createYoga> = createYoga({
    schema,
    graphqlEndpoint: ENDPOINT,
    landingPage: false,
    healthCheckEndpoint: '/health',
    graphiql: false,
    cors: corsOptions(requests.corsOrigins),
    multipart: false,
    maxRequestBodySize: false,
    parserAndValidationCache: { documentCache: createDocumentCache(), errorCache: createDocumentCache() },
    maskedErrors: { isDev: false },
    logging: {
      debug: () => {},
      info: () => {},
      warn: (...args: unknown[]) => log(args.map(describeError).join(' ')),
      error: (...args: unknown[]) => args.some(isHangUp) || log(args.map(describeError).join(' ')),
    },
    plugins: pluginsOf(
      options,
      requests,
      isReady,
      {
        fetch: (url, init, context) => yoga.fetch(asPart(new yoga.fetchAPI.Request(url, init)), context),
        ending: ending.signal,
      },
      streams,
    ),
  });
  return {
    /** Answers a request without a socket. */
    fetch: yoga.fetch,
    handle: yoga,
    requests,
    /** From here on `/ready` says no, and streams come to an end. */
    drain() {
      ending.abort();
      streams.end();
    },
    /** Ends what follows the database for subscriptions. */
    endStreams: () => streams.close(),
    /** What subscriptions come to. */
    streams: () => ({ ...streams.stats, leaving: streams.leaving }),
  };
}
export type Service = ReturnType<typeof createService>;

/** True of a failure that an answer has already reported. */
export const isAnswered = (error: unknown): boolean => error instanceof GraphQLError;

/** A service that listens. */
export interface Listening {
  /** Where GraphQL is, e.g. `http://127.0.0.1:4000/graphql`. */
  url: string;
  /** Answers the requests in flight, takes no others, and resolves when the last is answered. */
  stop(): Promise<void>;
}

/** Listens on an address; by default on the loopback interface. Rejects where the port is taken. */
export async function listen(service: Served, port: number, host = '127.0.0.1'): Promise<Listening> {
  const server = openHttpServer(service.handle, service.requests);
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
