import { setTimeout as sleep } from 'node:timers/promises';
import type { AnyRelations, SQL } from 'drizzle-orm';
import type { PgRemoteDatabase } from 'drizzle-orm/pg-proxy';
import type { EmbeddingModel } from '../kernel/embedding-model.ts';
import { TookTooLong } from '../kernel/errors.ts';
import type { Restriction } from '../kernel/principal.ts';
import { STAMP_SETTING } from './columns.ts';
import type { RowMode, Session } from './database.ts';
import { acquire, BrokenOff, isBrokenOff, isOutage, outcomeUnknown, UNPREPARED, unavailable } from './outage.ts';
import type { Place } from './place.ts';
import { atPresent, type Begin, isBehind, momentAfter } from './present.ts';
import {
  asRole,
  BaseTransaction,
  enter,
  enterAny,
  hasCode,
  limits,
  PLANNED_ONCE,
  type Tenant,
  timedOut,
  type WriteTransaction,
  whyNotEntered,
} from './transaction.ts';

/** How long a mutation may take from its stamp to its commit; a read of an older past never changes its answer. */
export const MUTATION_TIMEOUT_MS = 5_000;
/** How long a mutation waits for a clock that is behind its stamp. */
const MAX_WAIT_S = 0.25;
const ATTEMPTS = 5;

/**
 * SQLSTATEs of a foreign key to a row that another transaction deleted, and of a pooler that does not follow prepared
 * statements.
 */
const transient = new Set(['23503', UNPREPARED]);
/** Transactions in each other's way are repeated apart: up to so many milliseconds later, more with each attempt. */
const APART_MS = 20;

class OpenWriteTransaction extends BaseTransaction implements WriteTransaction {
  readonly actor: string;
  readonly sessionId: string | null;
  readonly embedding: EmbeddingModel | null;
  readonly confirmsFindings: boolean;
  readonly isBlind: boolean;
  readonly isPast = false;
  readonly #session: Session;
  readonly #place: Place;
  readonly #isBehind: boolean;
  readonly #onClockBehind: ((ms: number) => void) | undefined;
  readonly #last: (() => Promise<void>)[] = [];
  #stamp: Promise<Date> | undefined;
  #isStampKept = false;
  #announces = false;
  #stampedAt: number | undefined;
  /** How many operations that nothing restricts are running within each other. */
  #lifted = 0;

  constructor(tenant: Tenant, session: Session, begin: Begin) {
    super(tenant);
    this.actor = tenant.actor;
    this.sessionId = tenant.sessionId ?? null;
    this.embedding = tenant.embedding ?? null;
    this.confirmsFindings = tenant.confirmsFindings ?? false;
    this.isBlind = tenant.isBlind ?? false;
    this.#session = session;
    this.#place = tenant.database.place;
    this.#isBehind = isBehind(begin);
    this.#onClockBehind = tenant.onClockBehind;
  }

  protected override query(text: string, params: unknown[], mode?: RowMode): Promise<unknown[]> {
    return super.query(this.#isBehind ? atPresent(text) : text, params, mode);
  }

  protected async session() {
    return this.#session;
  }

  protected override narrowed(text: string, params: unknown[]): [string, unknown[]] {
    return this.#lifted > 0 ? [text, params] : super.narrowed(text, params);
  }

  async unrestricted<T>(operation: () => Promise<T>): Promise<T> {
    if (!this.restriction) return operation();
    if (this.#lifted === 0) await this.#takeOn(null);
    this.#lifted++;
    try {
      return await operation();
    } finally {
      this.#lifted--;
      // After a failure the transaction can only be rolled back: its role matters no more.
      if (this.#lifted === 0) await this.#takeOn(this.restriction).catch(() => {});
    }
  }

  admit(what: 'companions' | 'users', id: string): void {
    this.restriction?.admit(what, id);
  }

  async #takeOn(restriction: Restriction | null): Promise<void> {
    await this.#session.query(`select ${asRole(this.#place, restriction)}`, []);
  }

  beforeCommit(last: () => Promise<void>): void {
    this.#last.push(last);
  }

  announceAfterCommit(): void {
    this.#announces = true;
  }

  get announces(): boolean {
    return this.#announces;
  }

  stampIsKept(): void {
    this.#isStampKept = true;
  }

  /** Runs what is to be done last. */
  async finish(): Promise<void> {
    for (const last of this.#last) await last();
    if (!this.#stamp || this.#isStampKept) return;
    const kept = [this.workspaceId, await this.#stamp];
    await this.unrestricted(() => this.#session.query('select keep_stamp($1::uuid, $2::timestamptz)', kept));
  }

  async stamp(replacing?: Date): Promise<Date> {
    this.#stamp ??= this.#isBehind ? this.unrestricted(() => this.#takeStamp(replacing)) : this.#takeStamp(replacing);
    const stamp = await this.#stamp;
    // Locked after the stamp was taken, and changed by another meanwhile: all over again, with a later stamp.
    if (replacing && replacing > stamp) throw Object.assign(new Error('the stamp is too old'), { code: '40001' });
    return stamp;
  }

  async #takeStamp(replacing?: Date): Promise<Date> {
    this.#stampedAt = performance.now();
    const clock = this.#isBehind ? momentAfter(this.workspaceId) : `date_trunc('milliseconds', clock_timestamp())`;
    const [row] = (await this.#session.query(
      `select stamp, set_config('${STAMP_SETTING}', stamp::text, true),
         extract(epoch from stamp - clock_timestamp())::float8 as ahead
       from (select greatest(${clock}, $1::timestamptz + interval '1 millisecond') as stamp) taken`,
      [replacing ?? null],
    )) as [{ stamp: Date; ahead: number }];
    // A row changed within the same millisecond puts the stamp ahead of the clock: wait, so that reads see it as past.
    // A clock that was set back is not waited for: nobody could write meanwhile. The present is where the stamp is.
    if (row.ahead > MAX_WAIT_S) this.#onClockBehind?.(Math.round(row.ahead * 1_000));
    else if (row.ahead > 0) await this.#session.query('select pg_sleep($1::float8)', [row.ahead]);
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
  readonly confirmsFindings: boolean;
  readonly textSearchConfig: string;
  readonly actor: string;
  readonly sessionId: string | null;
  readonly restriction: Restriction | null;
  readonly isBlind: boolean;
  readonly isPast = true;
  readonly #open: OpenWriteTransaction;
  readonly #moment: Date;
  #stamp: Date | undefined;

  constructor(open: OpenWriteTransaction, moment: Date) {
    this.workspaceId = open.workspaceId;
    this.textSearchConfig = open.textSearchConfig;
    this.actor = open.actor;
    this.sessionId = open.sessionId;
    this.embedding = open.embedding;
    this.confirmsFindings = open.confirmsFindings;
    this.restriction = open.restriction;
    this.isBlind = open.isBlind;
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

  /** The moment of the past that is kept is not the transaction's own stamp, if that has one. */
  stampIsKept(): void {}

  unrestricted<T>(operation: () => Promise<T>): Promise<T> {
    return this.#open.unrestricted(operation);
  }

  admit(what: 'companions' | 'users', id: string): void {
    this.#open.admit(what, id);
  }

  beforeCommit(last: () => Promise<void>): void {
    this.#open.beforeCommit(last);
  }

  announceAfterCommit(): void {
    this.#open.announceAfterCommit();
  }

  asOf<T>(moment: Date, operation: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    return this.#open.asOf(moment, operation);
  }
}

interface WriteOptions {
  /** For what makes workspaces and deletes them: there may be none, or it may be being deleted. */
  mayBeUnused?: boolean | undefined;
  /** How long a statement may take, and all from the stamp on. Default: as long as a mutation may. */
  timeoutMs?: number | undefined;
}

/**
 * Runs an operation in a transaction of its own: all of it, or nothing. A deadlock or serialisation failure is tried
 * again, and so is one that found what it refers to forgotten meanwhile, to find that out; so an operation must not
 * have effects outside the database. Throws TookTooLong where it takes longer than a mutation may, Unavailable where
 * the database is, and Unauthenticated where there is no such workspace, or it is being deleted.
 */
export async function write<T>(
  tenant: Tenant,
  operation: (tx: WriteTransaction) => Promise<T>,
  options: WriteOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await writeOnce(tenant, operation, options);
    } catch (error) {
      const wasInTheWay = isBrokenOff(error);
      if (attempt >= ATTEMPTS) throw wasInTheWay ? new BrokenOff(error) : error;
      if (wasInTheWay) await sleep(Math.random() * attempt * APART_MS);
      else if (!hasCode(error, transient)) throw error;
    }
  }
}

async function writeOnce<T>(
  tenant: Tenant,
  operation: (tx: WriteTransaction) => Promise<T>,
  { mayBeUnused = false, timeoutMs = MUTATION_TIMEOUT_MS }: WriteOptions,
): Promise<T> {
  const { database } = tenant;
  const session = await acquire(database, tenant.workspaceId);
  let isCommitting = false;
  let announces = false;
  try {
    const [begin] = (await session.script(
      `begin; ${limits(timeoutMs)}; ${PLANNED_ONCE}; ${mayBeUnused ? enterAny(tenant) : enter(tenant)}`,
    )) as [Begin];
    const tx = new OpenWriteTransaction(tenant, session, begin);
    const result = await operation(tx);
    await tx.finish();
    // The embedded database has one session: nobody can have read the past that this changes.
    if (database.kind === 'postgresql' && tx.sinceStamp > timeoutMs) throw tookTooLong(timeoutMs, tx.sinceStamp);
    isCommitting = true;
    announces = tx.announces;
    await session.script('commit');
    return result;
  } catch (error) {
    await session.script('rollback').catch(() => {});
    if (isOutage(error)) throw isCommitting ? outcomeUnknown(error) : unavailable(error);
    throw hasCode(error, timedOut) ? tookTooLong(timeoutMs) : whyNotEntered(error);
  } finally {
    session.release();
    // Also where it is not known whether it was committed.
    if (announces) database.wakeUps.announce(tenant.workspaceId);
  }
}

const tookTooLong = (limit: number, ms = limit) =>
  new TookTooLong('Milliseconds that a mutation may take: send less at once, or try again later', limit, ms);
