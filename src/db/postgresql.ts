import postgres from 'postgres';
import { type Connection, type Database, DatabaseUnavailable, type RowMode } from './database.ts';
import { parseTimestamp, TIMESTAMPTZ } from './timestamp.ts';

export interface PostgresqlOptions {
  /** A `postgres://` URL. */
  url: string;
  /** The most connections held at once. */
  poolSize: number;
}

/** Opens a pool and makes sure that the server answers. Throws {@link DatabaseUnavailable}. */
export async function openPostgresql({ url, poolSize }: PostgresqlOptions): Promise<Database> {
  const client = postgres(url, {
    max: poolSize,
    onnotice: () => {},
    // Arrays travel as text or JSON, so that no connection starts by reading the catalogue of array types.
    fetch_types: false,
    connect_timeout: 10,
    types: {
      // JSON parameters are serialised by whoever builds the statement.
      json: { to: 3802, from: [114, 3802], serialize: (value: string) => value, parse: JSON.parse },
      moment: {
        to: TIMESTAMPTZ,
        from: [TIMESTAMPTZ],
        serialize: (value: Date | string) => (value instanceof Date ? value.toISOString() : value),
        parse: parseTimestamp,
      },
    },
    connection: { application_name: 'palimpsest', TimeZone: 'UTC' },
  });
  try {
    await client.unsafe('select 1');
  } catch (error) {
    await client.end({ timeout: 1 });
    throw new DatabaseUnavailable(whyUnreachable(error, url), { cause: error });
  }
  return {
    kind: 'postgresql',
    async connect(): Promise<Connection> {
      const session = await client.reserve();
      return {
        query: (text, params, mode: RowMode = 'objects') => {
          const query = session.unsafe(text, params as never[], { prepare: true });
          return mode === 'arrays' ? query.values() : query;
        },
        async script(text) {
          const results: unknown = await session.unsafe(text).simple();
          const last = Array.isArray(results) && Array.isArray(results.at(-1)) ? results.at(-1) : results;
          return last as unknown[];
        },
        release: () => session.release(),
      };
    },
    close: () => client.end({ timeout: 5 }),
  };
}

function whyUnreachable(error: unknown, url: string): string {
  const { code, message } = error as { code?: string; message: string };
  const target = describe(url);
  switch (code) {
    case '28P01':
    case '28000':
      return `PostgreSQL at ${target} refused the user or password of DATABASE_URL (${message}).`;
    case '3D000':
      return `PostgreSQL at ${target} has no such database: create it, or correct DATABASE_URL (${message}).`;
    case '53300':
      return `PostgreSQL at ${target} has no connection left (${message}).`;
    default:
      return `PostgreSQL at ${target} cannot be reached: ${message || code}.`;
  }
}

/** Host, port and database of a URL: never its user or password. */
function describe(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `${host || 'localhost'}${pathname}`;
  } catch {
    return 'the address in DATABASE_URL';
  }
}
