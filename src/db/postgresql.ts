import { type Database, DatabaseUnavailable, type Session } from './database.ts';
import { type Reach, readDatabaseUrl } from './database-url.ts';
import { defaultPlace, type Place } from './place.ts';
import type { OnNotified } from './postgresql-client.ts';
import { PostgresqlPool } from './postgresql-pool.ts';
import { PostgresqlSession, type Target } from './postgresql-session.ts';
import { PostgresqlWakeUps } from './postgresql-wake-ups.ts';

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
  /** Where the tables are. Default {@link defaultPlace}. */
  place?: Place;
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
  place = defaultPlace,
}: PostgresqlOptions): Promise<Database> {
  const reach = readDatabaseUrl(url, 'DATABASE_URL');
  const directReach = directUrl === undefined ? reach : readDatabaseUrl(directUrl, 'DIRECT_DATABASE_URL');
  const pool = new PostgresqlPool({ reach, prepare, place }, { poolSize, isShared, poolWaitMs });
  const isPooled = await pool.start().catch((error) => {
    throw new DatabaseUnavailable(whyUnreachable(error, reach, 'DATABASE_URL'), { cause: error });
  });
  const direct: Target = { reach: directReach, prepare, place };
  const directly = new Set<PostgresqlSession>();
  const openDirect = async (onNotified?: OnNotified, onLost?: () => void): Promise<Session> => {
    const setting = directUrl === undefined ? 'DATABASE_URL' : 'DIRECT_DATABASE_URL';
    const lost = (session: PostgresqlSession) => {
      directly.delete(session);
      onLost?.();
    };
    const session = await PostgresqlSession.open(direct, lost, onNotified).catch((error) => {
      throw new DatabaseUnavailable(whyUnreachable(error, directReach, setting), { cause: error });
    });
    directly.add(session);
    const release = () => void session.close();
    return {
      query: (text, params, mode = 'objects') => session.query(text, params, mode),
      script: (text) => session.script(text),
      release,
      finish: () => void session.script('commit').then(release, release),
    };
  };
  const keepsSessions = directUrl !== undefined || !isPooled;
  const wakeUps = new PostgresqlWakeUps(place, keepsSessions ? openDirect : undefined);
  return {
    kind: 'postgresql',
    place,
    textSearchConfig,
    keepsSessions,
    wakeUps,
    connect: (...who) => pool.connect(...who),
    stats: () => pool.stats(),
    connectDirect: () => openDirect(),
    async close() {
      await wakeUps.close();
      await Promise.all([pool.close(), ...[...directly].map((session) => session.close())]);
    },
  };
}

/** Certificates that Node refuses: the authority is unknown, or the date is wrong. */
const UNTRUSTED = /^(?:CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_)/;

/** `setting` is where the URL comes from. */
function whyUnreachable(error: unknown, { target, options }: Reach, setting: string): string {
  const { code = '', message } = error as { code?: string; message: string };
  const at = `PostgreSQL at ${target}`;
  if (UNTRUSTED.test(code))
    return `The certificate of ${at} is not trusted (${message}): name its authority by sslrootcert=FILE in ${setting}.`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `The certificate of ${at} is another host's (${message}): let ${setting} name the host that it names.`;
  if (/^no pg_hba\.conf entry.*(?:no encryption|SSL off)|try using `sslmode=require`|^SSL required/i.test(message))
    return `${at} wants an encrypted connection (${message}): add sslmode=verify-full to ${setting}, or sslmode=require.`;
  if (/before secure TLS connection/.test(message))
    return `${at} has no TLS, or ended its handshake: set ssl = on there, or leave sslmode out of ${setting}.`;
  if (code === 'CONNECTION_DESTROYED' && options.target_session_attrs)
    return `${at} can only be read, as a standby: let ${setting} name the primary.`;
  // PgBouncer has one code for all it says.
  const isRefusal = code === '08P01' && /\b(?:user|password|auth\w*)\b/i.test(message);
  if (code === '42704' || /startup parameter/.test(message))
    return `${at} does not know a parameter of ${setting} (${message}): take it out.`;
  switch (isRefusal ? '28000' : code) {
    case '28P01':
    case '28000':
      return `${at} refused the user or password of ${setting} (${message}).`;
    case '3D000':
      return `${at} has no such database: create it, or correct ${setting} (${message}).`;
    case '53300':
      return `${at} has no connection left (${message}).`;
    default:
      return `${at} cannot be reached: ${message || code}.`;
  }
}
