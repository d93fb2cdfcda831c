import { type Connection, type Database, DatabaseUnavailable } from './database.ts';
import { Session, type Target } from './postgresql-session.ts';

export interface PostgresqlOptions {
  /** A `postgres://` URL. */
  url: string;
  /** Where what needs a session goes, past any pooler in `url`. Default: the same. */
  directUrl?: string | undefined;
  /** Prepare statements once a session. Default true. */
  prepare?: boolean;
  /** The most connections held at once. */
  poolSize: number;
  textSearchConfig?: string;
}

/** Opens a pool and makes sure that the server answers. Throws {@link DatabaseUnavailable}. */
export async function openPostgresql({
  url,
  directUrl,
  prepare = true,
  poolSize,
  textSearchConfig = 'english',
}: PostgresqlOptions): Promise<Database> {
  const target: Target = { url, prepare };
  const direct: Target = { url: directUrl ?? url, prepare };
  const sessions = new Set<Session>();
  const idle: Session[] = [];
  /** Who waits for a session, in order. */
  const waiting: ((session: Session | Promise<Session>) => void)[] = [];
  let opening = 0;
  let isClosed = false;
  const hasRoom = () => sessions.size + opening < poolSize;

  async function open(): Promise<Session> {
    opening++;
    try {
      if (isClosed) throw new DatabaseUnavailable('The database has been closed.');
      const session = await Session.open(target, onLost);
      sessions.add(session);
      return session;
    } finally {
      opening--;
      openForNext();
    }
  }

  function openForNext(): void {
    if (waiting.length > 0 && hasRoom()) waiting.shift()?.(open());
  }

  function onLost(session: Session): void {
    if (!sessions.delete(session)) return;
    const index = idle.indexOf(session);
    if (index >= 0) idle.splice(index, 1);
    openForNext();
  }

  async function take(): Promise<Session> {
    return idle.pop() ?? (hasRoom() ? open() : new Promise((resolve) => waiting.push(resolve)));
  }

  function giveBack(session: Session): void {
    if (!sessions.has(session)) return;
    const next = waiting.shift();
    if (next) next(session);
    else idle.push(session);
  }

  let isPooled: boolean;
  try {
    const first = await open();
    ({ isPooled } = first);
    giveBack(first);
  } catch (error) {
    throw new DatabaseUnavailable(whyUnreachable(error, url, 'DATABASE_URL'), { cause: error });
  }
  const directly = new Set<Session>();
  return {
    kind: 'postgresql',
    textSearchConfig,
    keepsSessions: directUrl !== undefined || !isPooled,
    async connect(): Promise<Connection> {
      const session = await take();
      return {
        query: (text, params, mode = 'objects') => session.query(text, params, mode),
        script: (text) => session.script(text),
        release: () => giveBack(session),
        finish() {
          session.finish();
          giveBack(session);
        },
      };
    },
    async connectDirect(): Promise<Connection> {
      const setting = directUrl === undefined ? 'DATABASE_URL' : 'DIRECT_DATABASE_URL';
      const session = await Session.open(direct, (lost) => directly.delete(lost)).catch((error) => {
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
      await Promise.all([...sessions, ...directly].map((session) => session.close()));
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
