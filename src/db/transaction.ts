import { type AnyRelations, type SQL, sql } from 'drizzle-orm';
import { drizzle, type PgRemoteDatabase } from 'drizzle-orm/pg-proxy';
import type { EmbeddingModel } from '../kernel/embedding-model.ts';
import { Unauthenticated } from '../kernel/errors.ts';
import type { Restriction } from '../kernel/principal.ts';
import type { ByteBudget } from './byte-budget.ts';
import { COMPANIONS_SETTING, USERS_SETTING, WORKSPACE_SETTING } from './columns.ts';
import type { Database, RowMode, Session } from './database.ts';
import type { Statement } from './internals/one-message.ts';
import { type Place, restricted } from './place.ts';
import { presentOf } from './present.ts';
import { CLOCK, toQuery } from './sql.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whose rows, and where they are. */
export interface Tenant {
  readonly database: Database;
  readonly workspaceId: string;
  /** Who acts, as events name them. */
  readonly actor: string;
  /** The session that the request named, as events keep it. */
  readonly sessionId?: string;
  /** The model that memories get vectors of; none: they get none. */
  readonly embedding?: EmbeddingModel | null;
  /** A chat model confirms what is found as memories are written. */
  readonly confirmsFindings?: boolean;
  /** What of the workspace is seen, and may be changed; null or absent: all. */
  readonly restriction?: Narrowing | null;
  /** Who writes may not read: what they are answered must not depend on what was there. */
  readonly isBlind?: boolean;
  /** How long one statement of a read may take. Default: as long as it does. */
  readonly statementTimeoutMs?: number;
  /** Hears of a mutation whose stamp is so much ahead of the database's clock that it is not waited for. */
  readonly onClockBehind?: (ms: number) => void;
  /** How much reads may take from the database. Default: as much as there is. */
  readonly budget?: ByteBudget;
}

/** A restriction, and how it narrows statements. */
export interface Narrowing extends Restriction {
  /**
   * The statement as it reads only what is seen: the condition on its rows, beside row-level security. One that writes
   * or locks stays as it is.
   */
  narrow(text: string, params: readonly unknown[]): { text: string; params: unknown[] };
  /** Adds a key to those that are seen. */
  admit(what: 'companions' | 'users', id: string): void;
}

/** One transaction of one workspace: what operations and loaders take. Row-level security is in force within it. */
export interface Transaction {
  readonly workspaceId: string;
  /** The text search configuration that words are stemmed by. */
  readonly textSearchConfig: string;
  /** What of the workspace is seen, and may be changed; null: all. */
  readonly restriction: Restriction | null;
  /** Drizzle's query builder on this transaction, with the relations its relational queries may follow. */
  drizzle<Relations extends AnyRelations>(relations: Relations): PgRemoteDatabase<Relations>;
  /** Runs one statement; rows are objects keyed by the names the statement gives its columns. */
  rows<Row>(statement: SQL): Promise<Row[]>;
}

/** A transaction that may change rows. */
export interface WriteTransaction extends Transaction {
  /** Who acts, as events name them. */
  readonly actor: string;
  /** Key of the session that the request named, as events keep it. */
  readonly sessionId: string | null;
  /** The model that memories get vectors of. */
  readonly embedding: EmbeddingModel | null;
  /** A chat model confirms what is found as memories are written. */
  readonly confirmsFindings: boolean;
  /** Who writes may not read: what they are answered must not depend on what was there. */
  readonly isBlind: boolean;
  /**
   * The moment this mutation's changes become known: the database's clock, at least 1 ms after `replacing`, the
   * latest `knownFrom` of the rows it is about to change, and after all stamps before it where the clock is behind them.
   * Call it once, after every lock is taken; later calls answer the same. Rows are stamped with it by the history
   * trigger.
   */
  stamp(replacing?: Date): Promise<Date>;
  /** Says that the stamp is being kept as the workspace's latest; else that is done right before the commit. */
  stampIsKept(): void;
  /**
   * Runs this after the operation and right before the commit, in the order given: for locks that must be held briefly.
   */
  beforeCommit(last: () => Promise<void>): void;
  /** Says that events are written: those who follow the workspace are woken when it has been committed. */
  announceAfterCommit(): void;
  /**
   * Runs what keeps the workspace right as a whole, such as what is believed, which entities there are, and events: as
   * if nothing were restricted. What the caller asks for has been found and permitted before. One at a time.
   */
  unrestricted<T>(operation: () => Promise<T>): Promise<T>;
  /**
   * Lets what an unrestricted operation has just made be seen from its end on, by all that has the same restriction.
   * Nothing else has the key if the transaction comes to nothing.
   */
  admit(what: 'companions' | 'users', id: string): void;
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

/** The moment it is within a transaction: the database's clock, or later where that is behind. */
export async function momentIn(tx: Transaction): Promise<Date> {
  const [row] = await tx.rows<{ moment: Date }>(sql`select ${CLOCK} as moment`);
  return (row as { moment: Date }).moment;
}

/** What both kinds of transaction can do. */
export abstract class BaseTransaction implements Transaction {
  readonly workspaceId: string;
  readonly textSearchConfig: string;
  readonly restriction: Narrowing | null;
  readonly #drizzle = new WeakMap<AnyRelations, unknown>();

  constructor({ workspaceId, database, restriction }: Tenant) {
    if (!UUID.test(workspaceId)) throw new TypeError(`not a workspace id: ${workspaceId}`);
    this.workspaceId = workspaceId;
    this.textSearchConfig = database.textSearchConfig;
    this.restriction = restriction ?? null;
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
    return session.query(...this.narrowed(text, params), mode);
  }

  /** The statement as it is sent. Plans are made for a role: those of the restricted one are kept beside the others. */
  protected narrowed(text: string, params: unknown[]): [text: string, params: unknown[]] {
    if (!this.restriction) return [text, params];
    const narrowed = this.restriction.narrow(text, params);
    return [`/* restricted */ ${narrowed.text}`, narrowed.params];
  }
}

/**
 * The time limits of a transaction, `ms` for each statement; undefined: none. All are said, or those would hold that
 * came with the session: of the role or the database, or left over by whoever had a pooler's session before.
 */
export const limits = (ms: number | undefined) =>
  `set local statement_timeout = ${ms ?? 0}; set local lock_timeout = 0; ` +
  `set local idle_in_transaction_session_timeout = ${ms === undefined ? 0 : Math.max(MIN_IDLE_MS, 2 * ms)}`;

/**
 * Statements that write look rows up by their keys, whatever the values: one plan a session does for all. PostgreSQL would
 * plan the larger ones each time, which takes longer than to run them: it compares what a plan for these values is to cost
 * with what one for all cost when it was planned, in a database that may have been empty.
 */
export const PLANNED_ONCE = 'set local plan_cache_mode = force_generic_plan';

/** A transaction that waits for this process alone is ended by the database only when something has gone wrong. */
const MIN_IDLE_MS = 10_000;

const settingOf = (ids: readonly string[] | null): string => {
  const unknown = ids?.find((id) => !UUID.test(id));
  if (unknown !== undefined) throw new TypeError(`not a key: ${unknown}`);
  return ids ? `{${ids.join(',')}}` : '*';
};

/** How a value is written into a statement: as it is, or as a parameter. All are plain identifiers, keys or numbers. */
type Write = (value: string) => string;
const asLiteral: Write = (value) => `'${value}'`;

/** Takes on the role that a restriction, or none, is enforced by, as items of a select list. */
export const asRole = (
  { role }: Place,
  restriction: Restriction | null | undefined,
  write: Write = asLiteral,
): string =>
  restriction
    ? `set_config('role', '${restricted(role)}', true), ` +
      `set_config('${COMPANIONS_SETTING}', ${write(settingOf(restriction.companions))}, true), ` +
      `set_config('${USERS_SETTING}', ${write(settingOf(restriction.users))}, true)`
    : `set_config('role', '${role}', true)`;

/**
 * Enters the workspace, whether there is one or not; see {@link enter}. The restriction holds from the end of it on: it
 * hides what tells whether the workspace is in use, and its present.
 */
export const enterAny = (tenant: Tenant) => `select ${entering(tenant, '', asLiteral)}`;

const entering = ({ workspaceId, database, restriction }: Tenant, check: string, write: Write) =>
  `${asRole(database.place, null)}, set_config('${WORKSPACE_SETTING}', ${write(workspaceId)}, true), ` +
  `set_config('default_text_search_config', '${database.textSearchConfig}', ` +
  `true), set_config('jit', 'off', true), set_config('max_parallel_workers_per_gather', '0', true), ` +
  // Only PostgreSQL 17 and later have it.
  `case when current_setting('transaction_timeout', true) <> '0' then set_config('transaction_timeout', '0', true) end, ` +
  `${check}${presentOf(write(workspaceId))}${restriction ? `, ${asRole(database.place, restriction, write)}` : ''}`;

/**
 * Enters the workspace, if it is in use: from here on row-level security lets its rows through and no others. No
 * statement is worth compiling or spreading over processes, and estimates of skewed workspaces would have it done.
 */
export const enter = (tenant: Tenant) => `select ${entering(tenant, inUse(tenant, asLiteral), asLiteral)}`;

const inUse = ({ workspaceId }: Tenant, write: Write) => `refuse_unless_in_use(${write(workspaceId)}), `;

/** The same with the time limit of a read, as one statement that all workspaces share. */
export function enterPrepared(tenant: Tenant): Statement {
  const params: string[] = [];
  const write: Write = (value) => `$${params.push(value)}`;
  const text =
    `select set_config('statement_timeout', ${write(String(tenant.statementTimeoutMs ?? 0))}, true), ` +
    `set_config('lock_timeout', '0', true), ${entering(tenant, inUse(tenant, write), write)}`;
  return { text, params };
}

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
