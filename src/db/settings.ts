import { z } from 'zod';

const flag = z.enum(['true', 'false', '1', '0']).transform((value) => value === 'true' || value === '1');

/** How PostgreSQL is reached, in addition to DATABASE_URL: settings by their environment variable. */
export const reachEnvironment = {
  DIRECT_DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'a postgres:// URL is expected')
    .optional()
    .meta({
      description:
        'The same database as DATABASE_URL, past any pooler, for what needs a session of its own: ' +
        'migrations, and making the index of vectors.',
      allowed: 'a postgres:// URL',
      preset: 'DATABASE_URL',
      holds: 'url',
    }),
  DATABASE_PREPARE: flag.default(true).meta({
    description:
      'Prepare statements, once a connection. Set it to false behind a pooler that does not follow ' +
      'them, as PgBouncer before 1.21, or with max_prepared_statements = 0.',
  }),
  DATABASE_WAIT_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(3_600_000)
    .default(0)
    .meta({
      description:
        'How long a start waits for a PostgreSQL that is not there yet. What waiting does not mend, such' +
        ' as a wrong password, ends it at once.',
      unit: 'ms',
    }),
};

export interface ReachSettings {
  directDatabaseUrl?: string | undefined;
  /** Default true. */
  databasePrepare?: boolean;
  /** How long a PostgreSQL that is not there yet is waited for, in milliseconds. Default 0. */
  databaseWaitMs?: number;
}

/** The same settings, read. */
export const reachOf = (data: z.output<z.ZodObject<typeof reachEnvironment>>): ReachSettings => ({
  directDatabaseUrl: data.DIRECT_DATABASE_URL,
  databasePrepare: data.DATABASE_PREPARE,
  databaseWaitMs: data.DATABASE_WAIT_MS,
});
