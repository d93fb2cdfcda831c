import type { ByteBudget } from './byte-budget.ts';
import type { Statement } from './internals/one-message.ts';
import type { Place } from './place.ts';
import type { WakeUps } from './wake-ups.ts';

/** Rows as objects keyed by column name; timestamps are Dates, JSON is parsed, uuids and bigints are strings. */
export type Row = Record<string, unknown>;

/** How a driver hands rows over: objects by column name, or arrays in the order of the columns. */
export type RowMode = 'objects' | 'arrays';

/** A statement that is the only one of its transaction. */
export interface LoneRead {
  /** What the transaction begins with: it answers one row. */
  readonly enter: Statement;
  readonly statement: Statement;
  readonly mode: RowMode;
  /** How long it may take, in milliseconds; undefined: any time. `enter` sees to it that the database ends it. */
  readonly limitMs: number | undefined;
  readonly budget: ByteBudget | undefined;
}

export interface LoneAnswer {
  /** The row of `enter`. */
  readonly began: Row;
  readonly rows: unknown[];
}

/** One database session, held by nobody else until it is released. Statements run in the order they are given. */
export interface Session {
  /**
   * One parameterised statement. Where its rows are more than `budget` has left, it rejects with the budget's refusal,
   * and the session may be lost.
   */
  query(text: string, params: unknown[], mode?: RowMode, budget?: ByteBudget): Promise<unknown[]>;
  /** Several statements without parameters in one message; resolves to the rows of the last. */
  script(text: string): Promise<unknown[]>;
  /**
   * A transaction of one statement, in one message; at the end of it nothing of it is left on the session. Absent: the
   * database takes one statement a message.
   */
  readAlone?(read: LoneRead): Promise<LoneAnswer>;
  release(): void;
  /** Ends a transaction that has only read, without anybody waiting for it, and releases the session. */
  finish(): void;
}

/** What a database is doing now. */
export interface DatabaseStats {
  /** Sessions held open, including those at work. */
  open: number;
  /** Sessions that nobody uses. */
  idle: number;
  /** The most sessions held at once. */
  most: number;
  /** How many wait for a session; background work is not counted. */
  waiting: number;
  /** Messages sent to it since it was opened: begin and commit are one each. */
  sent: number;
}

/** Whether somebody waits for what is done with a session. */
export type Urgency = 'request' | 'background';

/** An open database, embedded or not: the rest of the code knows no difference. */
export interface Database {
  readonly kind: 'embedded' | 'postgresql';
  /** Where its tables are. Names without a schema are looked up there, in every session. */
  readonly place: Place;
  /** The text search configuration that words are stemmed by. */
  readonly textSearchConfig: string;
  /**
   * Waits for a session of its own; `holder` is the workspace it is for, none: the service itself. Rejects where none
   * becomes free in time, see {@link SessionQueue}, or the database is gone. Requests come before background work, which
   * waits for as long as it takes.
   */
  connect(holder?: string, urgency?: Urgency): Promise<Session>;
  /**
   * A session of its own right at the server, past any pooler: for what outlives a transaction, such as the locks and
   * settings of a session, and for what takes minutes. Nothing else may use it: the pool does not count it.
   */
  connectDirect(): Promise<Session>;
  /** False where even that leads through a pooler: then nothing can outlive a transaction. */
  readonly keepsSessions: boolean;
  /** Wakes those who follow what is written. */
  readonly wakeUps: WakeUps;
  stats(): DatabaseStats;
  close(): Promise<void>;
}

/** The database cannot be used; `message` is one plain sentence for the operator. */
export class DatabaseUnavailable extends Error {
  override name = 'DatabaseUnavailable';
  readonly code = 'UNAVAILABLE';
}
