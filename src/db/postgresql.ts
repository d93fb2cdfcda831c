import { type Connection, type Database, DatabaseUnavailable } from './database.ts';
import { Session } from './postgresql-session.ts';

export interface PostgresqlOptions {
  /** A `postgres://` URL. */
  url: string;
  /** The most connections held at once. */
  poolSize: number;
  textSearchConfig?: string;
}

/** Opens a pool and makes sure that the server answers. Throws {@link DatabaseUnavailable}. */
export async function openPostgresql({
  url,
  poolSize,
  textSearchConfig = 'english',
}: PostgresqlOptions): Promise<Database> {
  const sessions = new Set<Session>();
  const idle: Session[] = [];
  /** Who waits for a session, in order. */
  const waiting: ((session: Session | Promise<Session>) => void)[] = [];
  let opening = 0;
  let isClosed = false;
  let sent = 0;
  const hasRoom = () => sessions.size + opening < poolSize;

  async function open(): Promise<Session> {
    opening++;
    try {
      if (isClosed) throw new Error('The database has been closed.');
      const session = await Session.open(url, onLost);
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

  try {
    giveBack(await open());
  } catch (error) {
    throw new DatabaseUnavailable(whyUnreachable(error, url), { cause: error });
  }
  return {
    kind: 'postgresql',
    textSearchConfig,
    async connect(): Promise<Connection> {
      const session = await take();
      return {
        query(text, params, mode = 'objects') {
          sent++;
          return session.query(text, params, mode);
        },
        script(text) {
          sent++;
          return session.script(text);
        },
        release: () => giveBack(session),
        finish() {
          sent++;
          session.finish();
          giveBack(session);
        },
      };
    },
    stats: () => ({ open: sessions.size, idle: idle.length, most: poolSize, waiting: waiting.length, sent }),
    async close() {
      isClosed = true;
      await Promise.all([...sessions].map((session) => session.close()));
    },
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
