import { type Database, DatabaseUnavailable, type Session } from './database.ts';
import { DatabaseGone } from './outage.ts';
import { PostgresqlSession, type Target } from './postgresql-session.ts';
import { SessionQueue } from './session-queue.ts';

export interface PostgresqlOptions {
  /** A `postgres://` URL. */
  url: string;
  /** Where what needs a session goes, past any pooler in `url`. Default: the same. */
  directUrl?: string | undefined;
  /** Prepare statements once a session. Default true. */
  prepare?: boolean;
  /** The most connections held at once. */
  poolSize: number;
  /** Several workspaces are served: a quarter of the connections is kept from any one. Default true. */
  isShared?: boolean;
  /** How long anybody waits for a connection. Default 5000. */
  poolWaitMs?: number | undefined;
  textSearchConfig?: string;
}

/** What is kept of the pool for the other workspaces: none holds more than the rest of it. */
const reserveOf = (poolSize: number) => Math.max(1, Math.floor(poolSize / 4));

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
  const target: Target = { url, prepare };
  const direct: Target = { url: directUrl ?? url, prepare };
  const sessions = new Set<PostgresqlSession>();
  const idle: PostgresqlSession[] = [];
  /** Sessions being closed, by their closing: each counts until it is gone. */
  const leaving = new Set<Promise<void>>();
  const queue = new SessionQueue<PostgresqlSession>(
    isShared ? Math.max(1, poolSize - reserveOf(poolSize)) : poolSize,
    poolWaitMs,
  );
  let opening = 0;
  let isClosed = false;
  let sent = 0;
  const closed = () => new DatabaseGone('The database has been closed.');

  /** Hands out what is idle, and opens more where more is needed and there is room. */
  function serve(): void {
    while (idle.length > 0 && queue.give(idle.at(-1) as PostgresqlSession)) idle.pop();
    const hasRoom = () => sessions.size + leaving.size + opening < poolSize;
    for (let missing = queue.eligible - opening; missing > 0 && hasRoom(); missing--) void open();
  }

  /** Opens one for whose turn it is then: who it was meant for may be gone. */
  async function open(): Promise<void> {
    opening++;
    try {
      const session = await PostgresqlSession.open(target, onLost);
      if (isClosed) return void session.close();
      sessions.add(session);
      idle.push(session);
    } catch (error) {
      queue.refuse(error as Error);
    } finally {
      opening--;
      serve();
    }
  }

  function onLost(session: PostgresqlSession): void {
    if (!sessions.delete(session)) return;
    const index = idle.indexOf(session);
    if (index >= 0) idle.splice(index, 1);
    serve();
  }

  function retire(session: PostgresqlSession): void {
    sessions.delete(session);
    const left = session
      .close()
      .catch(() => {})
      .then(() => {
        leaving.delete(left);
        serve();
      });
    leaving.add(left);
  }

  async function take(holder: string | undefined): Promise<PostgresqlSession> {
    if (isClosed) throw closed();
    if (idle.length > 0 && queue.enter(holder)) return idle.pop() as PostgresqlSession;
    const session = queue.wait(holder);
    serve();
    return session;
  }

  let isPooled: boolean;
  try {
    const first = await PostgresqlSession.open(target, onLost);
    ({ isPooled } = first);
    sessions.add(first);
    idle.push(first);
  } catch (error) {
    throw new DatabaseUnavailable(whyUnreachable(error, url, 'DATABASE_URL'), { cause: error });
  }
  const directly = new Set<PostgresqlSession>();
  return {
    kind: 'postgresql',
    textSearchConfig,
    keepsSessions: directUrl !== undefined || !isPooled,
    async connect(holder): Promise<Session> {
      const session = await take(holder);
      let isHeld = true;
      const release = () => {
        if (!isHeld) return;
        isHeld = false;
        queue.leave(holder);
        if (sessions.has(session)) {
          if (session.hasPreparedEnough) retire(session);
          else idle.push(session);
        }
        serve();
      };
      return {
        query(text, params, mode = 'objects') {
          sent++;
          return session.query(text, params, mode);
        },
        script(text) {
          sent++;
          return session.script(text);
        },
        release,
        finish() {
          sent++;
          session.finish();
          release();
        },
      };
    },
    stats: () => ({ open: sessions.size, idle: idle.length, most: poolSize, waiting: queue.length, sent }),
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
      isClosed = true;
      queue.refuseAll(closed());
      await Promise.all([...leaving, ...[...sessions, ...directly].map((session) => session.close())]);
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
