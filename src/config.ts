import { z } from 'zod';

const flag = z
  .enum(['true', 'false', '1', '0'])
  .transform((value) => value === 'true' || value === '1')
  .optional();

/** Every setting, by the environment variable it is read from. */
const environment = z.object({
  /** The port the server listens on, on the loopback interface; 0: any free one. Default 4000. */
  PORT: z.coerce.number().int().min(0).max(65_535).default(4000),
  /** A `postgres://` URL. Unset: the embedded database. */
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'a postgres:// URL is wanted')
    .optional(),
  /** The most connections to PostgreSQL held at once. Default 16. */
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(1000).default(16),
  /** The folder of the embedded database. Default ./.palimpsest. */
  DATA_DIR: z.string().min(1).default('./.palimpsest'),
  /** The name of the workspace this server serves; a new one is created. Default `default`. */
  WORKSPACE: z.string().min(1).max(200).default('default'),
  /** Fill a new workspace with the demo graph. Default: true on the embedded database, false on PostgreSQL. */
  DEMO: flag,
  /** Serve GraphiQL to browsers. Default true. */
  GRAPHIQL: flag,
});

export interface Config {
  port: number;
  databaseUrl: string | undefined;
  poolSize: number;
  dataDir: string;
  workspace: string;
  demo: boolean;
  graphiql: boolean;
}

/** A setting is not allowed; `message` names it and says what is. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Reads the settings. An empty variable counts as unset. Throws {@link ConfigError}. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new ConfigError(`The environment is not as it should be: ${wrong.join('; ')}.`);
  }
  const { data } = parsed;
  return {
    port: data.PORT,
    databaseUrl: data.DATABASE_URL,
    poolSize: data.DATABASE_POOL_SIZE,
    dataDir: data.DATA_DIR,
    workspace: data.WORKSPACE,
    demo: data.DEMO ?? data.DATABASE_URL === undefined,
    graphiql: data.GRAPHIQL ?? true,
  };
}
