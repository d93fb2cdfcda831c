import { type Database, DatabaseUnavailable, type Session } from './database.ts';
import { PostgresqlPool } from './postgresql-pool.ts';
import { PostgresqlSession, type Target } from './postgresql-session.ts';

export interface PostgresqlOptions {
  /** A `postgres://` URL. */
  url: string;
  /** Where what needs a session goes, past any pooler in `url`. Default: the same. */
  directUrl?: string | undefined;
  /** Prepare statements once a session. Default true. */
  prepare?: boolean;
  /** The most sessions held at once. */
  poolSize: number;
  /** Several workspaces are served: a quarter of the sessions is kept from any one. Default true. */
  isShared?: boolean;
  /** How long a request waits for a session. Default 5000. */
  poolWaitMs?: number | undefined;
  textSearchConfig?: string;
}

/** Opens a pool and makes sure that the server answers. Throws {@link DatabaseUnavailable}. */
export async function openPostgresql({
  url,
  directUrl,
  prepare = true,
  poolSize,
  isShared = true,
  poolWaitMs = 5_000,
  textSearchConfig = 'english',
}: PostgresqlOptions): Promise<Database> {
  const pool = new PostgresqlPool({ url, prepare }, { poolSize, isShared, poolWaitMs });
  const isPooled = await pool.start().catch((error) => {
    throw new DatabaseUnavailable(whyUnreachable(error, url, 'DATABASE_URL'), { cause: error });
  });
  const direct: Target = { url: directUrl ?? url, prepare };
  const directly = new Set<PostgresqlSession>();
  return {
    kind: 'postgresql',
    textSearchConfig,
    keepsSessions: directUrl !== undefined || !isPooled,
    connect: (...who) => pool.connect(...who),
    stats: () => pool.stats(),
    async connectDirect(): Promise<Session> {
      const setting = directUrl === undefined ? 'DATABASE_URL' : 'DIRECT_DATABASE_URL';
      const session = await PostgresqlSession.open(direct, (lost) => directly.delete(lost)).catch((error) => {
        throw new DatabaseUnavailable(whyUnreachable(error, direct.url, setting), { cause: error });
      });
      directly.add(session);
      const release = () => void session.close();
      return {
        query: (text, params, mode = 'objects') => session.query(text, params, mode),
        script: (text) => session.script(text),
        release,
        finish: () => void session.script('commit').then(release, release),
      };
    },
    async close() {
      await Promise.all([pool.close(), ...[...directly].map((session) => session.close())]);
    },
  };
}

/** `setting` is where the URL comes from. */
function whyUnreachable(error: unknown, url: string, setting: string): string {
  const { code, message } = error as { code?: string; message: string };
  const target = describe(url) ?? `the address in ${setting}`;
  // PgBouncer has one code for all it says.
  const isRefusal = code === '08P01' && /\b(?:user|password|auth\w*)\b/i.test(message);
  switch (isRefusal ? '28000' : code) {
    case '28P01':
    case '28000':
      return `PostgreSQL at ${target} refused the user or password of ${setting} (${message}).`;
    case '3D000':
      return `PostgreSQL at ${target} has no such database: create it, or correct ${setting} (${message}).`;
    case '53300':
      return `PostgreSQL at ${target} has no connection left (${message}).`;
    default:
      return `PostgreSQL at ${target} cannot be reached: ${message || code}.`;
  }
}

/** Host, port and database of a URL: never its user or password. */
function describe(url: string): string | undefined {
  try {
    const { host, pathname } = new URL(url);
    return `${host || 'localhost'}${pathname}`;
  } catch {
    return undefined;
  }
}
