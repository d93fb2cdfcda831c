import { z } from 'zod';

const flag = z
  .enum(['true', 'false', '1', '0'])
  .transform((value) => value === 'true' || value === '1')
  .optional();

const count = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/** What requests may take, and who may send them. */
export interface RequestSettings {
  /** Bytes of a body, unless it is a bulk mutation's. */
  maxBodyBytes: number;
  /** Bytes of the body of a bulk mutation. */
  maxBulkBodyBytes: number;
  /** Bytes of all requests in flight. */
  maxBytesInFlight: number;
  /** Bytes of the requests of one workspace in flight. */
  maxWorkspaceBytesInFlight: number;
  /** Requests of one credential; 0: as many as it likes; undefined: {@link DEFAULT_RATE}, and none for `local`. */
  ratePerMinute: number | undefined;
  /** Requests of one address without a credential that is known; 0: as many as it likes. */
  authFailuresPerMinute: number;
  /** How many proxies of our own are in front of the server. */
  trustedProxies: number;
  /** Requests of one workspace that are being answered. */
  maxConcurrentRequests: number;
  /** How long one statement of a read may take. */
  statementTimeoutMs: number;
  /** Whose pages may use the service: exact origins, or `*` alone. */
  corsOrigins: readonly string[];
  /** Answer introspection. */
  introspection: boolean;
  /** Answer reads by one statement a field where their shape allows it. */
  compiledReads: boolean;
  /** Keep documents that clients register by their hash. */
  automaticPersistedQueries: boolean;
  /** How long a client may take to send a request, and to take its answer. */
  requestTimeoutMs: number;
  /** How long a connection is kept for the next request. */
  keepAliveTimeoutMs: number;
  /** Connections at once. */
  maxConnections: number;
  /** Connections of one address at once; undefined: see {@link connectionsPerAddress}. */
  maxConnectionsPerAddress: number | undefined;
  /** The most bytes of one answer. */
  maxAnswerBytes: number;
  /** The most bytes of what is read for all answers being made, and of all that clients have not read yet. */
  maxAnswerBytesInFlight: number;
  /** Subscriptions at once. */
  maxStreams: number;
  /** Subscriptions of one workspace at once. */
  maxWorkspaceStreams: number;
  /** How long a subscriber may leave what there is for it. */
  slowSubscriberMs: number;
}

/** Requests a minute of a credential where nothing is set: 100 a second. */
export const DEFAULT_RATE = 6_000;

export const defaultRequestSettings: RequestSettings = {
  maxBodyBytes: 1_048_576,
  maxBulkBodyBytes: 25_000_000,
  maxBytesInFlight: 128_000_000,
  maxWorkspaceBytesInFlight: 64_000_000,
  ratePerMinute: undefined,
  authFailuresPerMinute: 60,
  trustedProxies: 0,
  maxConcurrentRequests: 64,
  statementTimeoutMs: 30_000,
  corsOrigins: [],
  introspection: true,
  compiledReads: true,
  automaticPersistedQueries: true,
  requestTimeoutMs: 60_000,
  keepAliveTimeoutMs: 65_000,
  maxConnections: 5_000,
  maxConnectionsPerAddress: undefined,
  maxAnswerBytes: 16 * 2 ** 20,
  maxAnswerBytesInFlight: 128 * 2 ** 20,
  maxStreams: 2_500,
  maxWorkspaceStreams: 1_250,
  slowSubscriberMs: 10_000,
};

/** The most connections of one address: by default a fifth of all, and 100 at least. */
export const connectionsPerAddress = ({ maxConnections, maxConnectionsPerAddress }: RequestSettings): number =>
  maxConnectionsPerAddress ?? Math.max(100, Math.floor(maxConnections / 5));

const preset = defaultRequestSettings;

const origins = z
  .string()
  .transform((text) => text.split(',').map((origin) => origin.trim()))
  .refine(
    (list) =>
      (list.length === 1 && list[0] === '*') ||
      list.every((origin) => URL.parse(origin)?.origin === origin && !origin.includes('*')),
    'origins as browsers send them are expected, such as https://app.example,http://localhost:3000 ' +
      'without a path or a final slash, or only *',
  );

/** The settings of requests, by the environment variable each is read from. */
export const requestEnvironment = {
  MAX_BODY_BYTES: count(1_000, 1_000_000_000).default(preset.maxBodyBytes).meta({
    description: 'The most bytes in the body of a request, packed and unpacked; more is answered 413.',
    unit: 'bytes',
  }),
  MAX_BULK_BODY_BYTES: count(1_000, 1_000_000_000).default(preset.maxBulkBodyBytes).meta({
    description: 'The same of bulk mutations (createMemories, appendMessages, replaceMessages), if it is more.',
    unit: 'bytes',
  }),
  MAX_BYTES_IN_FLIGHT: count(1_000, 100_000_000_000)
    .default(preset.maxBytesInFlight)
    .meta({
      description:
        'The most bytes of requests that one process receives and answers at once: of their bodies, and of what is ' +
        'made of them. More are answered 503. A request that is alone is never too large by this.',
      unit: 'bytes',
    }),
  MAX_WORKSPACE_BYTES_IN_FLIGHT: count(1_000, 100_000_000_000).default(preset.maxWorkspaceBytesInFlight).meta({
    description: 'The same of the requests of one workspace.',
    unit: 'bytes',
  }),
  RATE_LIMIT_PER_MINUTE: count(0, 10_000_000).optional().meta({
    description: 'Requests a minute that one credential may send to one server; more are answered 429. 0: any number.',
    unit: 'requests',
    preset: '6000; any number without credentials',
  }),
  AUTH_FAILURES_PER_MINUTE: count(0, 10_000_000)
    .default(preset.authFailuresPerMinute)
    .meta({
      description:
        'Requests a minute without a known credential that one address (IPv6: one /64) may send to one ' +
        'server; more are answered 429 until the minute is over. A valid credential passes nevertheless. 0: any number.',
      unit: 'requests',
    }),
  TRUST_PROXY: count(0, 10)
    .default(preset.trustedProxies)
    .meta({
      description:
        'How many proxies of your own stand before the server: the address of a client is what the first' +
        ' of them wrote into X-Forwarded-For. 0: the header is not believed.',
      unit: 'proxies',
    }),
  MAX_CONCURRENT_REQUESTS: count(1, 100_000).default(preset.maxConcurrentRequests).meta({
    description: 'Requests of one workspace that one process answers at once; more are answered 503.',
    unit: 'requests',
  }),
  DATABASE_POOL_WAIT_MS: count(1, 600_000)
    .optional()
    .meta({
      description:
        'How long a request waits for a connection to the database before it is answered 503. The ' +
        'embedded database has one alone.',
      unit: 'ms',
      preset: '`5000` on PostgreSQL, `30000` on the embedded database',
    }),
  STATEMENT_TIMEOUT_MS: count(1, 3_600_000)
    .default(preset.statementTimeoutMs)
    .meta({
      description:
        'How long one statement of a read may take on PostgreSQL before it is cancelled. The embedded ' +
        'database cannot cancel a statement.',
      unit: 'ms',
    }),
  CORS_ORIGINS: origins.optional().meta({
    description:
      'Whose web pages may use the service: exact origins such as https://app.example, separated by ' +
      'commas. `*`, all pages, needs CREDENTIALS=required.',
    allowed: 'origins, or `*`',
    preset: 'none',
  }),
  INTROSPECTION: flag.meta({
    description: 'Answer introspection: the schema, to who has a credential.',
    preset: '`true`',
  }),
  COMPILED_READS: flag.meta({
    description:
      'Answer reads whose shape allows it by one statement for each of their fields, instead of one for each level: the ' +
      'answers are the same.',
    preset: '`true`',
  }),
  AUTOMATIC_PERSISTED_QUERIES: flag.meta({
    description:
      'Keep documents that a client sends with their SHA-256, so that clients of its workspace may then call them by ' +
      'it (Apollo calls this APQ): in memory, up to 1,000 of a workspace. Not with PERSISTED_OPERATIONS.',
    preset: '`true`',
  }),
  PERSISTED_OPERATIONS: z.string().min(1).optional().meta({
    description: 'A JSON file of documents by their SHA-256, which clients may then call by it.',
    allowed: 'a path',
    preset: 'none',
  }),
  PERSISTED_OPERATIONS_ONLY: flag.meta({
    description: 'Refuse every document that is not in PERSISTED_OPERATIONS.',
    preset: '`false`',
  }),
  REQUEST_TIMEOUT_MS: count(100, 3_600_000).default(preset.requestTimeoutMs).meta({
    description: 'How long a client may take to send a request, and as long again to take its answer.',
    unit: 'ms',
  }),
  KEEP_ALIVE_TIMEOUT_MS: count(100, 3_600_000)
    .default(preset.keepAliveTimeoutMs)
    .meta({
      description:
        'How long a connection is kept for the next request. It should be longer than a proxy before the' +
        ' server keeps it, which is 60 seconds as a rule.',
      unit: 'ms',
    }),
  MAX_CONNECTIONS: count(1, 1_000_000).default(preset.maxConnections).meta({
    description: 'Connections at once; a further one is closed unanswered.',
    unit: 'connections',
  }),
  MAX_CONNECTIONS_PER_ADDRESS: count(1, 1_000_000)
    .optional()
    .meta({
      description:
        'Connections of one address (IPv6: one /64) at once; a further one is closed unanswered. With TRUST_PROXY, where ' +
        'the connections are those of proxies: requests of one address that are being answered; more are answered 429.',
      unit: 'connections',
      preset: 'a fifth of MAX_CONNECTIONS, and 100 at least',
    }),
  MAX_ANSWER_BYTES: count(10_000, 1_000_000_000)
    .default(preset.maxAnswerBytes)
    .meta({
      description:
        'The most bytes of one answer, before it is compressed; twice as many may be read for it. More is ' +
        'LIMIT_EXCEEDED, and nothing beyond it is held.',
      unit: 'bytes',
    }),
  MAX_ANSWER_BYTES_IN_FLIGHT: count(1_000_000, 100_000_000_000)
    .default(preset.maxAnswerBytesInFlight)
    .meta({
      description:
        'The most bytes that one process holds for answers: of what is read for those being made, beyond which it ' +
        'answers 503; and of what clients have not read yet, beyond which it closes the connections of those that ' +
        'have been slowest. At least twice MAX_ANSWER_BYTES.',
      unit: 'bytes',
    }),
  MAX_SUBSCRIPTIONS: count(0, 1_000_000).default(preset.maxStreams).meta({
    description: 'Subscriptions that one process has open at once; a further one is answered 503. 0: none.',
    unit: 'subscriptions',
  }),
  MAX_WORKSPACE_SUBSCRIPTIONS: count(0, 1_000_000).default(preset.maxWorkspaceStreams).meta({
    description: 'The same of one workspace.',
    unit: 'subscriptions',
  }),
  SLOW_SUBSCRIBER_MS: count(100, 3_600_000)
    .default(preset.slowSubscriberMs)
    .meta({
      description:
        'How long a subscriber may leave what there is for it. Then its last event is SUBSCRIBER_TOO_SLOW; if it does not ' +
        'take that either, its connection is closed after as long again.',
      unit: 'ms',
    }),
};

export function requestSettingsOf(data: z.output<z.ZodObject<typeof requestEnvironment>>): RequestSettings {
  return {
    maxBodyBytes: data.MAX_BODY_BYTES,
    maxBulkBodyBytes: data.MAX_BULK_BODY_BYTES,
    maxBytesInFlight: data.MAX_BYTES_IN_FLIGHT,
    maxWorkspaceBytesInFlight: data.MAX_WORKSPACE_BYTES_IN_FLIGHT,
    ratePerMinute: data.RATE_LIMIT_PER_MINUTE,
    authFailuresPerMinute: data.AUTH_FAILURES_PER_MINUTE,
    trustedProxies: data.TRUST_PROXY,
    maxConcurrentRequests: data.MAX_CONCURRENT_REQUESTS,
    statementTimeoutMs: data.STATEMENT_TIMEOUT_MS,
    corsOrigins: data.CORS_ORIGINS ?? [],
    introspection: data.INTROSPECTION ?? true,
    compiledReads: data.COMPILED_READS ?? preset.compiledReads,
    automaticPersistedQueries: data.AUTOMATIC_PERSISTED_QUERIES ?? true,
    requestTimeoutMs: data.REQUEST_TIMEOUT_MS,
    keepAliveTimeoutMs: data.KEEP_ALIVE_TIMEOUT_MS,
    maxConnections: data.MAX_CONNECTIONS,
    maxConnectionsPerAddress: data.MAX_CONNECTIONS_PER_ADDRESS,
    maxAnswerBytes: data.MAX_ANSWER_BYTES,
    maxAnswerBytesInFlight: data.MAX_ANSWER_BYTES_IN_FLIGHT,
    maxStreams: data.MAX_SUBSCRIPTIONS,
    maxWorkspaceStreams: data.MAX_WORKSPACE_SUBSCRIPTIONS,
    slowSubscriberMs: data.SLOW_SUBSCRIBER_MS,
  };
}
