import type { AnyRelations, SQL } from 'drizzle-orm';
import { drizzle, type PgRemoteDatabase } from 'drizzle-orm/pg-proxy';
import type { EmbeddingModel } from '../kernel/embedding-model.ts';
import { Unauthenticated } from '../kernel/errors.ts';
import { appRole, WORKSPACE_SETTING } from './columns.ts';
import type { Database, RowMode, Session } from './database.ts';
import { toQuery } from './sql.ts';

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
  /**
   * Runs this after the operation and right before the commit, in the order given: for locks that must be held briefly.
   */
  beforeCommit(last: () => Promise<void>): void;
  /**
   * True within {@link asOf}: what is done now was decided once before, when things stood as they did then. What only
   * matters to a new decision is not asked again.
   */
  readonly isPast: boolean;
  /**
   * Runs an operation as of a moment in the past: its stamp is that moment, or that of what it replaces if that is
   * later. For imports alone, which bring a past along.
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

/** Enters the workspace, whether there is one or not; see {@link enter}. */
export const enterAny = ({ workspaceId, database }: Tenant, check = '') =>
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

/** SQLSTATE of a statement that ran into its timeout. */
export const timedOut = new Set(['57014']);

export function hasCode(error: unknown, codes: ReadonlySet<string>): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { code?: string };
    if (code && codes.has(code)) return true;
  }
  return false;
}
