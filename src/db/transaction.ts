import type { AnyRelations, SQL } from 'drizzle-orm';
import { drizzle, type PgRemoteDatabase } from 'drizzle-orm/pg-proxy';
import type { EmbeddingModel } from '../kernel/embedding-model.ts';
import { LimitExceeded, Unauthenticated } from '../kernel/errors.ts';
import { appRole, STAMP_SETTING, WORKSPACE_SETTING } from './columns.ts';
import type { Database, RowMode, Session } from './database.ts';
import { acquire, isOutage, outcomeUnknown, UNPREPARED, unavailable } from './outage.ts';
import { toQuery } from './sql.ts';

/** How long a mutation may take from its stamp to its commit; a read of an older past never changes its answer. */
export const MUTATION_TIMEOUT_MS = 5_000;
const ATTEMPTS = 5;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whose rows, and where they are. */
export interface Tenant {
  readonly database: Database;
  readonly workspaceId: string;
  /** Who acts, as events name them. */
  readonly actor: string;
  /** The model that memories get vectors of; none: they get none. */
  readonly embedding?: EmbeddingModel | null;
  /** How long one statement of a read may take. Default: as long as it does. */
  readonly statementTimeoutMs?: number;
}

/** One transaction of one workspace: what operations and loaders take. Row-level security is in force within it. */
export interface Transaction {
  readonly workspaceId: string;
  /** The text search configuration that words are stemmed by. */
  readonly textSearchConfig: string;
  /** Drizzle's query builder on this transaction, with the relations its relational queries may follow. */
  drizzle<Relations extends AnyRelations>(relations: Relations): PgRemoteDatabase<Relations>;
  /** Runs one statement; rows are objects keyed by the names the statement gives its columns. */
  rows<Row>(statement: SQL): Promise<Row[]>;
}

/** A transaction that may change rows. */
export interface WriteTransaction extends Transaction {
  /** Who acts, as events name them. */
  readonly actor: string;
  /** The model that memories get vectors of. */
  readonly embedding: EmbeddingModel | null;
  /**
   * The moment this mutation's changes become known: the database's clock, at least 1 ms after `replacing`, the
   * latest `knownFrom` of the rows it is about to change. Call it once, after every lock is taken; later calls answer
   * the same. Rows are stamped with it by the history trigger.
   */
  stamp(replacing?: Date): Promise<Date>;
  /** Runs this after the operation and right before the commit, in the order given: for what locks must not be held long. */
  beforeCommit(last: () => Promise<void>): void;
  /**
   * Runs an operation as of a moment in the past: its stamp is that moment, or 1 ms after what it replaces. For imports
   * alone, which bring a past along.
   */
  asOf<T>(moment: Date, operation: (tx: WriteTransaction) => Promise<T>): Promise<T>;
}

/** What both kinds of transaction can do. */
export abstract class BaseTransaction implements Transaction {
  readonly workspaceId: string;
  readonly textSearchConfig: string;
  readonly #drizzle = new WeakMap<AnyRelations, unknown>();

  constructor({ workspaceId, database }: Tenant) {
    if (!UUID.test(workspaceId)) throw new TypeError(`not a workspace id: ${workspaceId}`);
    this.workspaceId = workspaceId;
    this.textSearchConfig = database.textSearchConfig;
  }

  protected abstract session(): Promise<Session>;

  drizzle<Relations extends AnyRelations>(relations: Relations): PgRemoteDatabase<Relations> {
    const known = this.#drizzle.get(relations);
    if (known) return known as PgRemoteDatabase<Relations>;
    const made = drizzle(
      async (text, params, method) => ({
        rows: await this.query(text, params, method === 'all' ? 'arrays' : 'objects'),
      }),
      { relations },
    );
    this.#drizzle.set(relations, made);
    return made;
  }

  async rows<Row>(statement: SQL): Promise<Row[]> {
    const { sql, params } = toQuery(statement);
    return (await this.query(sql, params)) as Row[];
  }

  protected async query(text: string, params: unknown[], mode?: RowMode): Promise<unknown[]> {
    const session = await this.session();
    return session.query(text, params, mode);
  }
}

class OpenWriteTransaction extends BaseTransaction implements WriteTransaction {
  readonly actor: string;
  readonly embedding: EmbeddingModel | null;
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
    this.#stamp ??= new Date(Math.max(this.#moment.getTime(), (replacing?.getTime() ?? 0) + 1));
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

/** Enters the workspace, whether there is one or not; see {@link enter}. */
const enterAny = ({ workspaceId, database }: Tenant, check = '') =>
  `select set_config('role', '${appRole.name}', true), set_config('${WORKSPACE_SETTING}', ` +
  `'${workspaceId}', true), set_config('default_text_search_config', '${database.textSearchConfig}', ` +
  `true), set_config('jit', 'off', true), set_config('max_parallel_workers_per_gather', '0', true), ` +
  `${check}date_trunc('milliseconds', now()) as now`;

/**
 * Enters the workspace, if it is in use: from here on row-level security lets its rows through and no others. No
 * statement is worth compiling or spreading over processes, and estimates of skewed workspaces would have it done.
 */
export const enter = (tenant: Tenant) => enterAny(tenant, `refuse_unless_in_use('${tenant.workspaceId}'), `);

/** The failure of a transaction that tried to enter a workspace: Unauthenticated where that was not in use. */
export const whyNotEntered = (error: unknown): unknown =>
  hasCode(error, notInUse)
    ? new Unauthenticated('The workspace of this credential has been deleted: use a credential of another one.')
    : error;

/** SQLSTATE of refuse_unless_in_use. */
const notInUse = new Set(['WSOFF']);

/**
 * SQLSTATEs of what another transaction did: serialisation failure, deadlock, foreign key to a row it deleted; and of a
 * pooler that does not follow prepared statements.
 */
const transient = new Set(['40001', '40P01', '23503', UNPREPARED]);

/** SQLSTATE of a statement that ran into its timeout. */
export const timedOut = new Set(['57014']);

export function hasCode(error: unknown, codes: ReadonlySet<string>): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { code?: string };
    if (code && codes.has(code)) return true;
  }
  return false;
}
