import { z } from 'zod';
import { defaultPlace, type Place } from './place.ts';

const ownName = 'the name of a schema of its own is expected, in lower case';
const name = (length: number) => new RegExp(`^[a-z_][a-z0-9_]{0,${length - 1}}$`);
const flag = z.enum(['true', 'false', '1', '0']).transform((value) => value === 'true' || value === '1');

/** How PostgreSQL is reached, in addition to DATABASE_URL: settings by their environment variable. */
export const reachEnvironment = {
  DATABASE_SCHEMA: z
    .string()
    .regex(name(63), ownName)
    .refine((schema) => !/^(?:pg_|(?:public|extensions|information_schema)$)/.test(schema), ownName)
    .default(defaultPlace.schema)
    .meta({
      description:
        'The schema of the PostgreSQL database that holds all tables; it is made where there is none. Another ' +
        'name is another installation, with tables of its own.',
      allowed: 'a name in lower case; not public',
    }),
  DATABASE_ROLE: z
    .string()
    // Room for what is added to it.
    .regex(name(52), 'a name in lower case of at most 52 characters is expected')
    .refine((role) => !/^(?:pg_|(?:public|none|postgres)$)/.test(role), 'the name of a role of its own is expected')
    .default(defaultPlace.role)
    .meta({
      description:
        'The role in PostgreSQL that requests run as; it is made where there is none. Roles belong to a ' +
        'whole server: give each installation there one of its own.',
      allowed: 'a name in lower case',
    }),
  DIRECT_DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'a postgres:// URL is expected')
    .optional()
    .meta({
      description:
        'The same database as DATABASE_URL, past any pooler, for what needs a session of its own: ' +
        'migrations, making the index of vectors, and telling other processes what is new for subscriptions.',
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
  /** Default {@link defaultPlace}. The embedded database has that alone. */
  place?: Place;
}

/** The same settings, read. */
export const reachOf = (data: z.output<z.ZodObject<typeof reachEnvironment>>): ReachSettings => ({
  directDatabaseUrl: data.DIRECT_DATABASE_URL,
  databasePrepare: data.DATABASE_PREPARE,
  databaseWaitMs: data.DATABASE_WAIT_MS,
  place: { schema: data.DATABASE_SCHEMA, role: data.DATABASE_ROLE },
});
