import { z } from 'zod';
import { ConfigError } from '../../kernel/config-error.ts';

export const logLevels = ['error', 'warn', 'info', 'debug', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;
export type SamplerName = (typeof samplers)[number];

const httpUrl = z
  .string()
  .refine((url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ''), 'an http:// or https:// URL is expected');

/** The environment variables that say what the service reports of itself. */
export const telemetryVariables = {
  LOG_LEVEL: z
    .enum(logLevels)
    .optional()
    .meta({
      description:
        'What is logged, on standard error. `warn`: what an operator may have to act on. `info`: also a ' +
        'line for each GraphQL request. `debug`: also for probes and scrapes.',
      preset: '`info`, at a terminal `warn`',
    }),
  LOG_FORMAT: z.enum(['json', 'text']).optional().meta({
    description: '`json`: an object a line. `text`: for people.',
    preset: '`json`, at a terminal `text`',
  }),
  METRICS: z.enum(['true', 'false', '1', '0']).optional().meta({
    description: 'Serve metrics to Prometheus at /metrics.',
    preset: '`true` where only this machine can reach the server, or METRICS_TOKEN is set',
  }),
  METRICS_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,200}$/, '16 to 200 characters without spaces are expected')
    .optional()
    .meta({
      description:
        'What /metrics wants as `Authorization: Bearer …`. Needed for metrics where other machines can ' +
        'reach the server.',
      allowed: '16–200 visible characters',
      preset: 'none',
      holds: 'secret',
    }),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional().meta({
    description:
      'Where traces are sent by OTLP over HTTP; `/v1/traces` is put behind. Without it, or the next ' +
      'two, there are no traces.',
    allowed: 'an http:// or https:// URL',
    preset: 'no traces',
    holds: 'url',
  }),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl.optional().meta({
    description: 'The same, and nothing is put behind.',
    allowed: 'an http:// or https:// URL',
    preset: 'no traces',
    holds: 'url',
  }),
  OTEL_TRACES_EXPORTER: z
    .enum(['otlp', 'none'])
    .optional()
    .meta({
      description:
        '`otlp`: traces even without an endpoint, which then is http://localhost:4318. `none`: no ' + 'traces.',
      preset: '`otlp` where there is an endpoint',
    }),
  OTEL_SDK_DISABLED: z
    .string()
    .transform((value) => value.toLowerCase() === 'true')
    .optional()
    .meta({
      description: '`true`: no traces, whatever else is set. Anything else is taken for `false`.',
      allowed: '`true`, `false`',
      preset: '`false`',
    }),
  OTEL_SERVICE_NAME: z.string().max(200, 'at most 200 characters are expected').optional().meta({
    description: 'What traces call this service.',
    allowed: 'at most 200 characters',
    preset: '`palimpsest`',
  }),
  OTEL_TRACES_SAMPLER: z
    .enum(samplers)
    .default('parentbased_always_on')
    .meta({
      description:
        'Which requests are traced. `parentbased_…`: as the caller says in `traceparent`, and only ' +
        'without one as the rest of the name says.',
    }),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1).meta({
    description: 'The share of requests that samplers with `traceidratio` take.',
  }),
};

export interface LogSettings {
  /** Undefined: what is best for the reader of standard error. */
  level: LogLevel | undefined;
  format: 'json' | 'text' | undefined;
}

export interface MetricsSettings {
  /** The token that readers have to send; undefined where only this machine can reach the server. */
  token: string | undefined;
}

export interface TracingSettings {
  /** The whole URL that spans are sent to. */
  url: string;
  serviceName: string;
  sampler: SamplerName;
  /** The share of requests that ratio samplers take, 0–1. */
  ratio: number;
}

export interface TelemetrySettings {
  log: LogSettings;
  /** Undefined: no metrics. */
  metrics: MetricsSettings | undefined;
  /** Undefined: no traces, and nothing of them is loaded. */
  tracing: TracingSettings | undefined;
}

type Variables = z.output<z.ZodObject<typeof telemetryVariables>>;

/** `isLoopback`: only this machine can reach the server. Throws {@link ConfigError}. */
export const telemetryOf = (data: Variables, isLoopback: boolean): TelemetrySettings => ({
  log: { level: data.LOG_LEVEL, format: data.LOG_FORMAT },
  metrics: metricsOf(data, isLoopback),
  tracing: tracingOf(data),
});

/** Metrics are the whole process's, over all workspaces: no workspace's credential is good for them. */
function metricsOf({ METRICS: given, METRICS_TOKEN: token }: Variables, isLoopback: boolean) {
  const isOn = given === undefined ? isLoopback || token !== undefined : given === 'true' || given === '1';
  if (!isOn) return undefined;
  if (!isLoopback && token === undefined) {
    throw new ConfigError(
      'METRICS=true where others can reach the server needs METRICS_TOKEN: set one, and give it to ' +
        'Prometheus as the credentials of its authorization.',
    );
  }
  return { token };
}

function tracingOf(data: Variables): TracingSettings | undefined {
  const endpoint = data.OTEL_EXPORTER_OTLP_ENDPOINT;
  const isOn =
    data.OTEL_TRACES_EXPORTER === 'otlp' ||
    (data.OTEL_TRACES_EXPORTER === undefined && (endpoint ?? data.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) !== undefined);
  if (!isOn || data.OTEL_SDK_DISABLED) return undefined;
  return {
    url:
      data.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ??
      `${(endpoint ?? 'http://localhost:4318').replace(/\/+$/, '')}/v1/traces`,
    serviceName: data.OTEL_SERVICE_NAME ?? 'palimpsest',
    sampler: data.OTEL_TRACES_SAMPLER,
    ratio: data.OTEL_TRACES_SAMPLER_ARG,
  };
}
