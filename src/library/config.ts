import { z } from 'zod';
import { type ReachSettings, reachEnvironment, reachOf } from '../db/settings.ts';
import { type ChatSettings, chatOf, chatVariables } from '../domain/chat/settings.ts';
import {
  type ConsolidationTrigger,
  consolidationOf,
  consolidationVariables,
} from '../domain/consolidation/settings.ts';
import {
  type CredentialSettings,
  credentialSettingsOf,
  credentialVariables,
  isLoopback,
} from '../domain/credential/settings.ts';
import { type EmbeddingSettings, embeddingOf, embeddingVariables } from '../domain/embedding/settings.ts';
import { type RerankSettings, rerankOf, rerankVariables } from '../domain/rerank/settings.ts';
import type { RetentionSettings } from '../domain/retention/retention.ts';
import { retentionOf, retentionVariables } from '../domain/retention/settings.ts';
import { type Encoding, tokenizerVariables } from '../domain/tokens/settings.ts';
import { type WebhookSettings, webhooksOf, webhookVariables } from '../domain/webhook/settings.ts';
import { type DocumentLimits, defaultLimits } from '../graphql/cost/limits.ts';
import { type RequestSettings, requestEnvironment, requestSettingsOf } from '../http/requests/settings.ts';
import { type TelemetrySettings, telemetryOf, telemetryVariables } from '../http/telemetry/settings.ts';
import { ConfigError } from '../kernel/config-error.ts';
import { describeIssues } from './refused-settings.ts';

const flag = z
  .enum(['true', 'false', '1', '0'])
  .transform((value) => value === 'true' || value === '1')
  .optional();

const MAX_WORKERS = 64;
/** One is kept for requests, so background work needs another. */
const LEAST_POOL_SIZE = 2;

const documentLimit = (preset: number) => z.coerce.number().int().min(1).max(1_000_000_000).default(preset);

/** Every setting, by the environment variable it is read from. */
export const environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(4000).meta({
    description: 'The port the server listens on; 0: any free one.',
  }),
  WORKERS: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_WORKERS)
    .default(1)
    .meta({
      description:
        'How many processes serve the port, on PostgreSQL. They share DATABASE_POOL_SIZE, MAX_CONNECTIONS, ' +
        'MAX_CONNECTIONS_PER_ADDRESS, RATE_LIMIT_PER_MINUTE and AUTH_FAILURES_PER_MINUTE; other limits are those of each.',
      unit: 'processes',
    }),
  ...credentialVariables,
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'a postgres:// URL is expected')
    .optional()
    .meta({
      description: 'The PostgreSQL database. Without it the embedded database is used, in DATA_DIR.',
      allowed: 'a postgres:// URL',
      preset: 'the embedded database',
      holds: 'url',
    }),
  ...reachEnvironment,
  DATABASE_POOL_SIZE: z.coerce
    .number()
    .int()
    .min(LEAST_POOL_SIZE)
    .max(1000)
    .default(16)
    .meta({
      description:
        'The most connections to PostgreSQL held at once, by all WORKERS together. With CREDENTIALS=required a quarter ' +
        'of them, one at least of each worker, is kept from any one workspace.',
      unit: 'connections',
    }),
  DATA_DIR: z.string().min(1).default('./.palimpsest').meta({
    description: 'The folder of the embedded database.',
    allowed: 'a path',
  }),
  WORKSPACE: z
    .string()
    .max(200, 'at most 200 characters are expected')
    .default('default')
    .meta({
      description:
        'The workspace served without credentials, and that of import, export, reembed, consolidate and eval. The server and ' +
        'import create a new one.',
      allowed: '1–200 characters',
    }),
  DEMO: flag.meta({
    description: 'Fill a new workspace with the demo graph.',
    preset: '`true` on the embedded database without credentials, else `false`',
  }),
  GRAPHIQL: flag.meta({
    description: 'Serve GraphiQL to browsers: its page needs no credential, what it asks does.',
    preset: '`true` without credentials, else `false`',
  }),
  EXPLORER: flag.meta({
    description: 'Serve the explorer to browsers at /explore: its page needs no credential, what it asks does.',
    preset: '`true` without credentials, else `false`',
  }),
  MCP: flag.meta({
    description: 'Serve the Model Context Protocol at /mcp, to whom GraphQL is served.',
    preset: '`true`',
  }),
  MCP_COMPANION: z
    .string()
    .regex(/^(?=.*\S).{1,500}$/, 'a key of 1–500 characters is expected')
    .default('assistant')
    .meta({
      description:
        'The key of the companion whose memory it is where an address of MCP names none, as `/mcp?companion=iris` does. ' +
        'A credential that is restricted to one companion has that one.',
      allowed: '1–500 characters',
    }),
  LIMIT_COMPLEXITY: documentLimit(defaultLimits.complexity).meta({
    description: 'The most a document may cost: the fields of the largest answer it can get, weighed.',
    unit: 'fields',
  }),
  LIMIT_DEPTH: documentLimit(defaultLimits.depth).meta({
    description: 'The most fields of a document nested in each other.',
    unit: 'fields',
  }),
  LIMIT_BREADTH: documentLimit(defaultLimits.breadth).meta({
    description: 'The most fields and fragments in a document, counted wherever they are spread.',
    unit: 'fields',
  }),
  LIMIT_TOKENS: documentLimit(defaultLimits.tokens).meta({
    description: 'The most words and signs of a document.',
    unit: 'tokens',
  }),
  ...requestEnvironment,
  ...embeddingVariables,
  ...rerankVariables,
  ...chatVariables,
  ...consolidationVariables,
  ...tokenizerVariables,
  TEXT_SEARCH_CONFIG: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'the name of a text search configuration is expected, such as english or simple')
    .default('english')
    .meta({
      description:
        'The PostgreSQL text search configuration that words are read with. It is fixed when a workspace' + ' is made.',
      allowed: 'a name such as english or simple',
    }),
  ...telemetryVariables,
  ...retentionVariables,
  ...webhookVariables,
});

export interface Config extends CredentialSettings, ReachSettings {
  port: number;
  /** How many processes serve the port. */
  workers: number;
  databaseUrl: string | undefined;
  poolSize: number;
  /** Default: the database's own. */
  poolWaitMs: number | undefined;
  dataDir: string;
  workspace: string;
  demo: boolean;
  graphiql: boolean;
  explorer: boolean;
  /** False: it is not served. */
  mcp: { companion: string } | false;
  limits: DocumentLimits;
  requests: RequestSettings;
  /** The file of the documents that clients may call by their hash, and whether others are refused. */
  persistedOperations: { file: string; only: boolean } | undefined;
  embedding: EmbeddingSettings;
  /** Undefined: nothing is reranked. */
  rerank: RerankSettings | undefined;
  /** Undefined: there is no chat model. */
  chat: ChatSettings | undefined;
  /** When memories are consolidated in the background; null: not at all. */
  consolidation: ConsolidationTrigger | null;
  /** What tokens are counted by. */
  tokenizer: Encoding;
  /** A plain identifier, in lower case. */
  textSearchConfig: string;
  telemetry: TelemetrySettings;
  retention: RetentionSettings;
  webhooks: WebhookSettings;
}

export { ConfigError, type EmbeddingSettings };

/** Reads the settings. An empty variable counts as unset. Throws {@link ConfigError}. */
export function readConfig(
  env: Record<string, string | undefined>,
  wrong = 'The environment has wrong settings',
): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const issues = describeIssues(environment, parsed.error.issues, given);
    throw new ConfigError(`${wrong}: ${issues}.`);
  }
  const { data } = parsed;
  const trust = credentialSettingsOf(data);
  if (trust.credentials === 'none' && requestSettingsOf(data).corsOrigins.includes('*')) {
    throw new ConfigError(
      'CORS_ORIGINS=* would let every web page use a server without credentials: name the origins, or set CREDENTIALS=required.',
    );
  }
  if (data.DIRECT_DATABASE_URL && !data.DATABASE_URL) {
    throw new ConfigError('DIRECT_DATABASE_URL needs DATABASE_URL, which is not set: set both, or neither.');
  }
  return {
    port: data.PORT,
    workers: workersOf(data),
    ...trust,
    databaseUrl: data.DATABASE_URL,
    ...reachOf(data),
    poolSize: data.DATABASE_POOL_SIZE,
    poolWaitMs: data.DATABASE_POOL_WAIT_MS,
    dataDir: data.DATA_DIR,
    workspace: data.WORKSPACE,
    demo: data.DEMO ?? (data.DATABASE_URL === undefined && trust.credentials === 'none'),
    graphiql: data.GRAPHIQL ?? trust.credentials === 'none',
    explorer: data.EXPLORER ?? trust.credentials === 'none',
    mcp: (data.MCP ?? true) && { companion: data.MCP_COMPANION },
    limits: {
      complexity: data.LIMIT_COMPLEXITY,
      depth: data.LIMIT_DEPTH,
      breadth: data.LIMIT_BREADTH,
      tokens: data.LIMIT_TOKENS,
    },
    requests: requestSettingsOf(data),
    persistedOperations: persistedOf(data),
    embedding: embeddingOf(data, data.TEXT_SEARCH_CONFIG),
    rerank: rerankOf(data),
    chat: chatOf(data),
    consolidation: consolidationOf(data),
    tokenizer: data.TOKENIZER,
    textSearchConfig: data.TEXT_SEARCH_CONFIG,
    telemetry: telemetryOf(data, isLoopback(trust.host)),
    retention: retentionOf(data),
    webhooks: webhooksOf(data),
  };
}

function workersOf({
  WORKERS: workers,
  DATABASE_URL: url,
  DATABASE_POOL_SIZE: poolSize,
}: z.output<typeof environment>) {
  if (workers > 1 && url === undefined) {
    throw new ConfigError(
      `WORKERS=${workers} needs DATABASE_URL: the embedded database is for one process. Set DATABASE_URL to a PostgreSQL, ` +
        'or WORKERS=1.',
    );
  }
  const least = workers * LEAST_POOL_SIZE;
  if (workers > 1 && poolSize < least) {
    throw new ConfigError(
      `WORKERS=${workers} needs a DATABASE_POOL_SIZE of at least ${least}, not ${poolSize}: ` +
        `each worker has ${LEAST_POOL_SIZE} connections at least.`,
    );
  }
  return workers;
}

function persistedOf({
  PERSISTED_OPERATIONS: file,
  PERSISTED_OPERATIONS_ONLY: only = false,
}: z.output<typeof environment>) {
  if (file) return { file, only };
  if (!only) return undefined;
  throw new ConfigError('PERSISTED_OPERATIONS_ONLY needs PERSISTED_OPERATIONS: set that to a file, too.');
}
