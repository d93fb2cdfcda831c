import { sql } from 'drizzle-orm';
import { LRUCache } from 'lru-cache';
import type { Database } from '../../db/database.ts';
import { readOnce } from '../../db/read-transaction.ts';
import { momentIn, type Tenant, type WriteTransaction } from '../../db/transaction.ts';
import { aliased, pick, recordset, set, under } from '../../db/typed-sql.ts';
import { write } from '../../db/write.ts';
import { NotFound } from '../../kernel/errors.ts';
import { parseId } from '../../kernel/ids.ts';
import { noPeers, type Peers } from '../../kernel/peers.ts';
import { sessions } from '../../tables/session.ts';
import { findSession } from './sessions.ts';

/** How often the activity of sessions is written down: of a session at most so often. */
const EVERY_MS = 60_000;
const MINUTE_MS = 60_000;
/** How often peers get a message about one session at most, and for how many sessions that is kept. */
const TELL_EVERY_MS = 1_000;
const MAX_TOLD = 100_000;

const s = under(sessions, 's');

/** Notes which sessions requests name, beside the requests: nothing of it waits for a write. */
export interface SessionUses {
  /**
   * Finds the session that a request names by its id or externalId, notes that it is active, and returns its key.
   * Throws NotFound where there is none that the caller sees, or it is over.
   */
  use(tenant: Tenant, named: string): Promise<string>;
  /** Writes down what has been noted. What cannot be, as in a database that is read-only, is forgotten. */
  flush(): Promise<void>;
  /** Writes down what has been noted, and stops. */
  stop(): Promise<void>;
}

/** By workspace and session: when it was last active. */
type Noted = Map<string, Map<string, Date>>;

interface Use {
  workspaceId: string;
  id: string;
  /** When, in milliseconds since 1970. */
  at: number;
}

/** Notes uses in a database. A failure is told to `log` and nobody else. */
export function noteSessionUses(
  database: Database,
  log: (text: string) => void,
  everyMs = EVERY_MS,
  peers: Peers = noPeers,
): SessionUses {
  /** What peers have noted and may not have written down yet. */
  const elsewhere = new LRUCache<string, Date>({ max: MAX_TOLD, ttl: 2 * everyMs });
  const told = new LRUCache<string, true>({ max: MAX_TOLD, ttl: TELL_EVERY_MS });
  const channel = peers.channel<Use>('session');
  channel.listen(({ workspaceId, id, at }) => elsewhere.set(`${workspaceId} ${id}`, new Date(at)));
  let noted: Noted = new Map();
  /** What is just being written down still counts. */
  let beingWritten: Noted = new Map();
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();
  const lastSeen = (workspaceId: string, id: string) => {
    const here = noted.get(workspaceId)?.get(id) ?? beingWritten.get(workspaceId)?.get(id);
    const there = elsewhere.get(`${workspaceId} ${id}`);
    return here && there ? new Date(Math.max(+here, +there)) : (here ?? there);
  };
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(async () => {
      beingWritten = noted;
      noted = new Map();
      for (const [workspaceId, used] of beingWritten) {
        await writeUses(database, workspaceId, used).catch((error) => {
          log(`The activity of sessions could not be written: ${error}`);
        });
      }
      beingWritten = new Map();
    });
    return writing;
  };
  return {
    async use(tenant, named) {
      const { session, now } = await look(tenant, named);
      const { workspaceId } = tenant;
      const seen = lastSeen(workspaceId, session.id);
      const until = Math.max(+session.expiresAt, seen ? +seen + session.expiresAfter * MINUTE_MS : 0);
      if (session.endedAt || until <= +now) throw isOver(named, session.endedAt ? 'was ended' : 'has expired');
      const used = noted.get(workspaceId) ?? new Map<string, Date>();
      noted.set(workspaceId, used);
      const key = `${workspaceId} ${session.id}`;
      if (!told.has(key)) {
        told.set(key, true);
        channel.tell({ workspaceId, id: session.id, at: +now });
      }
      used.set(session.id, now);
      timer ??= setTimeout(flush, everyMs).unref();
      return session.id;
    },
    flush,
    stop: flush,
  };
}

const isOver = (named: string, why: string) =>
  new NotFound('session', [named], `The session ${named} ${why}: start another one with startSession.`);

/** By the database's clock, which sessions are started by. */
const look = (tenant: Tenant, named: string) =>
  readOnce(tenant, async (tx) => {
    const id = parseId(named);
    const session = await findSession(
      tx,
      id?.type === 'Session' ? { id: id.uuid, given: named } : { externalId: named },
    );
    const unknown = `There is no session ${named}: start one with startSession, and name it by its id or externalId.`;
    if (!session) throw new NotFound('session', [named], unknown);
    return { session, now: await momentIn(tx) };
  });

async function writeUses(database: Database, workspaceId: string, used: ReadonlyMap<string, Date>): Promise<void> {
  await write({ database, workspaceId, actor: 'system:sessions' }, async (tx) => {
    const [state] = await tx.rows<{ isReadOnly: boolean }>(
      sql`select current_setting('transaction_read_only') = 'on' as "isReadOnly"`,
    );
    if (!state?.isReadOnly) await noteActivity(tx, used);
  });
}

/** Moves the activity and the expiry of sessions; what was ended meanwhile stays ended. */
async function noteActivity(tx: WriteTransaction, used: ReadonlyMap<string, Date>): Promise<void> {
  const given = recordset(
    'given',
    pick(sessions, 'id', 'lastActivityAt'),
    [...used].map(([id, lastActivityAt]) => ({ id, lastActivityAt })),
  );
  const moved = {
    lastActivityAt: sql`greatest(${s.lastActivityAt}, ${given.lastActivityAt})`,
    expiresAt: sql`greatest(${s.expiresAt}, ${given.lastActivityAt} + ${s.expiresAfter} * interval '1 minute')`,
  };
  await tx.rows(sql`
    update ${aliased(s)} set ${set(sessions, moved)} from ${aliased(given)}
    where ${s.workspaceId} = ${tx.workspaceId} and ${s.id} = ${given.id} and ${s.endedAt} is null`);
}
