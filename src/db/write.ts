import type { AnyRelations, SQL } from 'drizzle-orm';
import type { PgRemoteDatabase } from 'drizzle-orm/pg-proxy';
import type { EmbeddingModel } from '../kernel/embedding-model.ts';
import { LimitExceeded } from '../kernel/errors.ts';
import { STAMP_SETTING } from './columns.ts';
import type { Session } from './database.ts';
import { acquire, isOutage, outcomeUnknown, UNPREPARED, unavailable } from './outage.ts';
import {
  BaseTransaction,
  enter,
  enterAny,
  hasCode,
  type Tenant,
  timedOut,
  type WriteTransaction,
  whyNotEntered,
} from './transaction.ts';

/** How long a mutation may take from its stamp to its commit; a read of an older past never changes its answer. */
export const MUTATION_TIMEOUT_MS = 5_000;
const ATTEMPTS = 5;

/**
 * SQLSTATEs of what another transaction did: serialisation failure, deadlock, foreign key to a row it deleted; and of a
 * pooler that does not follow prepared statements.
 */
const transient = new Set(['40001', '40P01', '23503', UNPREPARED]);

class OpenWriteTransaction extends BaseTransaction implements WriteTransaction {
  readonly actor: string;
  readonly embedding: EmbeddingModel | null;
  readonly isPast = false;
  readonly #session: Session;
  readonly #last: (() => Promise<void>)[] = [];
  #stamp: Promise<Date> | undefined;
  #stampedAt: number | undefined;

  constructor(tenant: Tenant, session: Session) {
    super(tenant);
    this.actor = tenant.actor;
    this.embedding = tenant.embedding ?? null;
    this.#session = session;
  }

  protected async session() {
    return this.#session;
  }

  beforeCommit(last: () => Promise<void>): void {
    this.#last.push(last);
  }

  /** Runs what is to be done last. */
  async finish(): Promise<void> {
    for (const last of this.#last) await last();
  }

  async stamp(replacing?: Date): Promise<Date> {
    this.#stamp ??= this.#takeStamp(replacing);
    const stamp = await this.#stamp;
    // Locked after the stamp was taken, and changed by another meanwhile: all over again, with a later stamp.
    if (replacing && replacing > stamp) throw Object.assign(new Error('the stamp is too old'), { code: '40001' });
    return stamp;
  }

  async #takeStamp(replacing?: Date): Promise<Date> {
    this.#stampedAt = performance.now();
    const clock = `date_trunc('milliseconds', clock_timestamp())`;
    const [row] = (await this.#session.query(
      `select stamp, set_config('${STAMP_SETTING}', stamp::text, true),
         extract(epoch from stamp - clock_timestamp())::float8 as ahead
       from (select greatest(${clock}, $1::timestamptz + interval '1 millisecond') as stamp) taken`,
      [replacing ?? null],
    )) as [{ stamp: Date; ahead: number }];
    // A row changed within the same millisecond puts the stamp ahead of the clock: wait, so that reads see it as past.
    if (row.ahead > 0) await this.#session.query('select pg_sleep($1::float8)', [row.ahead]);
    return row.stamp;
  }

  async asOf<T>(moment: Date, operation: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    const result = await operation(new PastTransaction(this, moment));
    await this.setStamp(await this.#stamp);
    return result;
  }

  async setStamp(stamp: Date | undefined): Promise<void> {
    await this.#session.query(`select set_config('${STAMP_SETTING}', $1, true)`, [stamp?.toISOString() ?? '']);
  }

  /** Milliseconds since the stamp; 0 without one. */
  get sinceStamp(): number {
    return this.#stampedAt === undefined ? 0 : Math.round(performance.now() - this.#stampedAt);
  }
}

/** A transaction as an operation of the past sees it. */
class PastTransaction implements WriteTransaction {
  readonly workspaceId: string;
  readonly embedding: EmbeddingModel | null;
  readonly textSearchConfig: string;
  readonly actor: string;
  readonly isPast = true;
  readonly #open: OpenWriteTransaction;
  readonly #moment: Date;
  #stamp: Date | undefined;

  constructor(open: OpenWriteTransaction, moment: Date) {
    this.workspaceId = open.workspaceId;
    this.textSearchConfig = open.textSearchConfig;
    this.actor = open.actor;
    this.embedding = open.embedding;
    this.#open = open;
    this.#moment = moment;
  }

  drizzle<Relations extends AnyRelations>(relations: Relations): PgRemoteDatabase<Relations> {
    return this.#open.drizzle(relations);
  }

  rows<Row>(statement: SQL): Promise<Row[]> {
    return this.#open.rows<Row>(statement);
  }

  async stamp(replacing?: Date): Promise<Date> {
    // What was written at the very same moment may have been written with it.
    this.#stamp ??= new Date(Math.max(this.#moment.getTime(), replacing?.getTime() ?? 0));
    await this.#open.setStamp(this.#stamp);
    return this.#stamp;
  }

  beforeCommit(last: () => Promise<void>): void {
    this.#open.beforeCommit(last);
  }

  asOf<T>(moment: Date, operation: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    return this.#open.asOf(moment, operation);
  }
}

/**
 * Runs an operation in a transaction of its own: all of it, or nothing. A deadlock or serialisation failure is tried
 * again, and so is one that found what it refers to forgotten meanwhile, to find that out; so an operation must not
 * have effects outside the database. Throws LimitExceeded where it takes longer than a mutation may, Unavailable where
 * the database is, and Unauthenticated where there is no such workspace, or it is being deleted, unless
 * `mayBeUnused`: for what makes workspaces and deletes them.
 */
export async function write<T>(
  tenant: Tenant,
  operation: (tx: WriteTransaction) => Promise<T>,
  { mayBeUnused = false } = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await writeOnce(tenant, operation, mayBeUnused);
    } catch (error) {
      if (attempt >= ATTEMPTS || !hasCode(error, transient)) throw error;
    }
  }
}

async function writeOnce<T>(
  tenant: Tenant,
  operation: (tx: WriteTransaction) => Promise<T>,
  mayBeUnused: boolean,
): Promise<T> {
  const { database } = tenant;
  const session = await acquire(database, tenant.workspaceId);
  let isCommitting = false;
  try {
    const tx = new OpenWriteTransaction(tenant, session);
    await session.script(
      `begin; set local statement_timeout = ${MUTATION_TIMEOUT_MS}; set local ` +
        `idle_in_transaction_session_timeout = ${2 * MUTATION_TIMEOUT_MS}; ` +
        `${mayBeUnused ? enterAny(tenant) : enter(tenant)}`,
    );
    const result = await operation(tx);
    await tx.finish();
    // The embedded database has one session: nobody can have read the past that this changes.
    if (database.kind === 'postgresql' && tx.sinceStamp > MUTATION_TIMEOUT_MS) throw tookTooLong(tx.sinceStamp);
    isCommitting = true;
    await session.script('commit');
    return result;
  } catch (error) {
    await session.script('rollback').catch(() => {});
    if (isOutage(error)) throw isCommitting ? outcomeUnknown(error) : unavailable(error);
    throw hasCode(error, timedOut) ? tookTooLong(MUTATION_TIMEOUT_MS) : whyNotEntered(error);
  } finally {
    session.release();
  }
}

const tookTooLong = (ms: number) =>
  new LimitExceeded(
    'Milliseconds that a mutation may take: send less at once, or try again later',
    MUTATION_TIMEOUT_MS,
    ms,
  );
