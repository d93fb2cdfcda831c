import { z } from 'zod';
import { type ReachSettings, reachEnvironment, reachOf } from '../db/settings.ts';
import {
  type CredentialSettings,
  credentialSettingsOf,
  credentialVariables,
  isLoopback,
} from '../domain/credential/settings.ts';
import { isShortenable, openAiDimensions } from '../domain/embedding/openai-models.ts';
import type { EmbeddingSettings, ModelSettings, OpenAiEndpoint } from '../domain/embedding/settings.ts';
import { type DocumentLimits, defaultLimits } from '../graphql/cost/limits.ts';
import { type RequestSettings, requestEnvironment, requestSettingsOf } from '../http/requests/settings.ts';
import { type TelemetrySettings, telemetryOf, telemetryVariables } from '../http/telemetry/settings.ts';
import { ConfigError } from '../kernel/config-error.ts';

const flag = z
  .enum(['true', 'false', '1', '0'])
  .transform((value) => value === 'true' || value === '1')
  .optional();

const documentLimit = (preset: number) => z.coerce.number().int().min(1).max(1_000_000_000).default(preset);

/** Every setting, by the environment variable it is read from. */
const environment = z.object({
  /** The port the server listens on; 0: any free one. Default 4000. */
  PORT: z.coerce.number().int().min(0).max(65_535).default(4000),
  ...credentialVariables,
  /** A `postgres://` URL. Unset: the embedded database. */
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'a postgres:// URL is expected')
    .optional(),
  ...reachEnvironment,
  /** The most connections to PostgreSQL held at once, of which with credentials a quarter, one at least, is kept from any one workspace. Default 16. */
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(1000).default(16),
  /** The folder of the embedded database. Default ./.palimpsest. */
  DATA_DIR: z.string().min(1).default('./.palimpsest'),
  /** The workspace served without credentials, and that of import, export and reembed; a new one is created. Default `default`. */
  WORKSPACE: z.string().min(1).max(200).default('default'),
  /** Fill a new workspace with the demo graph. Default: true on the embedded database without credentials. */
  DEMO: flag,
  /** Serve GraphiQL to browsers. Default true. */
  GRAPHIQL: flag,
  /** The most a document may cost: the fields of the largest answer it can get, weighed. Default 250000. */
  LIMIT_COMPLEXITY: documentLimit(defaultLimits.complexity),
  /** The most fields of a document nested in each other. Default 30. */
  LIMIT_DEPTH: documentLimit(defaultLimits.depth),
  /** The most fields and fragments in a document, counted wherever they are spread. Default 500. */
  LIMIT_BREADTH: documentLimit(defaultLimits.breadth),
  /** The most tokens (words and signs) of a document. Default 10000. */
  LIMIT_TOKENS: documentLimit(defaultLimits.tokens),
  ...requestEnvironment,
  /**
   * What makes the vectors of memories and questions. `local` (the default): from their spelling, without a model or a
   * network. `openai`: OpenAI or any server of its protocol. `transformers`: a model in this process, with the package
   * @huggingface/transformers, which is installed apart. `none`: recall is by words only.
   */
  EMBEDDING_PROVIDER: z.enum(['openai', 'local', 'transformers', 'none']).default('local'),
  /** The key sent to the openai provider. With OPENAI_BASE_URL it may be left out. */
  OPENAI_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'a key without spaces or line breaks is expected')
    .optional(),
  /** Where the openai provider is, up to before `/embeddings`. Default https://api.openai.com/v1. */
  OPENAI_BASE_URL: z
    .string()
    .refine((url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ''), 'an http:// or https:// URL is expected')
    .optional(),
  /**
   * The model's name; of transformers, a name on the Hugging Face hub, or a folder where it begins with `/` or `./`.
   * Default text-embedding-3-small with openai; transformers needs it; nothing else has one.
   */
  EMBEDDING_MODEL: z.string().max(200).optional(),
  /**
   * The numbers in a vector, 1–16,000. Known of OpenAI's models, of which text-embedding-3-* also give fewer; other models
   * of the protocol need it; local makes as many as it says, 384 by default; transformers reads it from the model.
   */
  EMBEDDING_DIMENSION: z.coerce.number().int().min(1).max(16_000).optional(),
  /** How long one request for vectors may take, its retries included, in milliseconds. Default 5000. */
  EMBEDDING_DEADLINE_MS: z.coerce.number().int().min(1).max(3_600_000).default(5_000),
  /** The most texts in one request, 1–2,048. Default 256. */
  EMBEDDING_BATCH_SIZE: z.coerce.number().int().min(1).max(2_048).default(256),
  /**
   * A longer text is cut before it is sent, so that it fits what models read (about 8,000 tokens); its vector then is that
   * of its beginning. A character beyond the Latin alphabet, U+0250 and up, counts as three. Default 20000.
   */
  EMBEDDING_MAX_CHARACTERS: z.coerce.number().int().min(100).max(1_000_000).default(20_000),
  /** What the model wants before a question, such as `query: `. Default nothing. */
  EMBEDDING_QUERY_PREFIX: z.string().max(1_000).default(''),
  /** What the model wants before a memory, such as `passage: `. Default nothing. */
  EMBEDDING_DOCUMENT_PREFIX: z.string().max(1_000).default(''),
  /** The share of vectors in recall, 0–1; the rest is the words'. Default 0.5, with local 0.03. */
  EMBEDDING_VECTOR_WEIGHT: z.coerce.number().min(0).max(1).optional(),
  /** The PostgreSQL text search configuration that words are read with. Default `english`. */
  TEXT_SEARCH_CONFIG: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'the name of a text search configuration is expected, such as english or simple')
    .default('english'),
  ...telemetryVariables,
});

export interface Config extends CredentialSettings, ReachSettings {
  port: number;
  databaseUrl: string | undefined;
  poolSize: number;
  poolWaitMs: number;
  dataDir: string;
  workspace: string;
  demo: boolean;
  graphiql: boolean;
  limits: DocumentLimits;
  requests: RequestSettings;
  /** The file of the documents that clients may call by their hash, and whether others are refused. */
  persistedOperations: { file: string; only: boolean } | undefined;
  embedding: EmbeddingSettings;
  /** A plain identifier, in lower case. */
  textSearchConfig: string;
  telemetry: TelemetrySettings;
}

export { ConfigError };

/** Reads the settings. An empty variable counts as unset. Throws {@link ConfigError}. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new ConfigError(`The environment has wrong settings: ${wrong.join('; ')}.`);
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
    ...trust,
    databaseUrl: data.DATABASE_URL,
    ...reachOf(data),
    poolSize: data.DATABASE_POOL_SIZE,
    poolWaitMs: data.DATABASE_POOL_WAIT_MS,
    dataDir: data.DATA_DIR,
    workspace: data.WORKSPACE,
    demo: data.DEMO ?? (data.DATABASE_URL === undefined && trust.credentials === 'none'),
    graphiql: data.GRAPHIQL ?? true,
    limits: {
      complexity: data.LIMIT_COMPLEXITY,
      depth: data.LIMIT_DEPTH,
      breadth: data.LIMIT_BREADTH,
      tokens: data.LIMIT_TOKENS,
    },
    requests: requestSettingsOf(data),
    persistedOperations: persistedOf(data),
    embedding: embeddingOf(data),
    textSearchConfig: data.TEXT_SEARCH_CONFIG,
    telemetry: telemetryOf(data, isLoopback(trust.host)),
  };
}

function persistedOf({
  PERSISTED_OPERATIONS: file,
  PERSISTED_OPERATIONS_ONLY: only = false,
}: z.output<typeof environment>) {
  if (file) return { file, only };
  if (!only) return undefined;
  throw new ConfigError('PERSISTED_OPERATIONS_ONLY needs PERSISTED_OPERATIONS: set that to a file, too.');
}

function embeddingOf(data: z.output<typeof environment>): EmbeddingSettings {
  const {
    OPENAI_API_KEY: apiKey,
    OPENAI_BASE_URL: baseUrl,
    EMBEDDING_MODEL: model,
    EMBEDDING_DIMENSION: dimension,
  } = data;
  const asked: ModelSettings = {
    queryPrefix: data.EMBEDDING_QUERY_PREFIX,
    documentPrefix: data.EMBEDDING_DOCUMENT_PREFIX,
    maxCharacters: data.EMBEDDING_MAX_CHARACTERS,
    batchSize: data.EMBEDDING_BATCH_SIZE,
  };
  const openai: OpenAiEndpoint | undefined =
    apiKey || baseUrl
      ? {
          ...asked,
          // Servers of one's own seldom want a key, but the protocol has no request without one.
          apiKey: apiKey ?? 'none',
          baseUrl: baseUrl ?? 'https://api.openai.com/v1',
          deadlineMs: data.EMBEDDING_DEADLINE_MS,
        }
      : undefined;
  const common = { vectorWeight: data.EMBEDDING_VECTOR_WEIGHT, openai };
  switch (data.EMBEDDING_PROVIDER) {
    case 'openai':
      if (!openai) {
        throw new ConfigError(
          'EMBEDDING_PROVIDER=openai needs OPENAI_API_KEY, or OPENAI_BASE_URL for a server that needs no key.',
        );
      }
      return { ...common, ...openAiModel(model ?? 'text-embedding-3-small', dimension), provider: 'openai', openai };
    case 'transformers':
      if (!model) {
        throw new ConfigError(
          'EMBEDDING_PROVIDER=transformers needs EMBEDDING_MODEL: a name on the Hugging Face hub, such as Xenova/all-MiniLM-L6-v2, or a folder as /path or ./path.',
        );
      }
      return { ...common, ...asked, provider: 'transformers', model, dimension };
    default:
      if (model) {
        throw new ConfigError(
          `EMBEDDING_MODEL names a model, but EMBEDDING_PROVIDER=${data.EMBEDDING_PROVIDER} uses none: set the provider to openai or transformers, or leave the model out.`,
        );
      }
      return data.EMBEDDING_PROVIDER === 'none'
        ? { ...common, provider: 'none' }
        : { ...common, provider: 'local', dimension: dimension ?? 384 };
  }
}

function openAiModel(model: string, dimension: number | undefined): { model: string; dimension: number } {
  const native = openAiDimensions[model];
  const wanted = dimension ?? native;
  if (wanted === undefined) {
    throw new ConfigError(`EMBEDDING_MODEL=${model} needs EMBEDDING_DIMENSION: how many numbers its vectors have.`);
  }
  if (native !== undefined && (isShortenable(model) ? wanted > native : wanted !== native)) {
    throw new ConfigError(
      `EMBEDDING_DIMENSION=${wanted} is not possible: the vectors of ${model} have ${native}${isShortenable(model) ? ' or fewer' : ''}.`,
    );
  }
  return { model, dimension: wanted };
}
