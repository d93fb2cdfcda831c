import type { Database, Session } from '../../../src/db/database.ts';
import { asSuperuser } from '../tables.ts';

/** What a statement took. */
export interface Measured {
  text: string;
  /** Pages of tables and indexes it asked for, in memory or not; those of its triggers and foreign keys, too. */
  pages: number;
  /** What it was about: the keys or rows it was given, those it answered, and those it wrote; at least 1. */
  rows: number;
}

/** Plans for the values a statement comes with, or once for all values. */
export type Planning = 'custom' | 'generic';

export interface MeasuredDatabase extends Database {
  /** What has been measured since it was last emptied, in the order sent. */
  measured: Measured[];
  planning: Planning;
}

/**
 * The pages the transaction has asked for, and the rows it has written, by the backend's own count. That counts the
 * statement itself, with the plan it has, where EXPLAIN would run another; and knows nothing of the machine's speed.
 */
const COUNTED = `
  select sum(pg_stat_get_xact_blocks_fetched(oid))::float8 as pages,
    sum(pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
      + pg_stat_get_xact_tuples_deleted(oid))::float8 as written
  from pg_class
  where relkind in ('r', 'i', 't') and relnamespace in (current_schema()::regnamespace, 'pg_toast'::regnamespace)`;

/** What reads have no limit for by themselves: a plan that went wrong ends here, and fails the test. */
const LIMIT_MS = 20_000;

/** The same database, with the pages counted that each statement of a transaction touches, as the role it runs as. */
export function measureStatements(database: Database): MeasuredDatabase {
  const measuring: MeasuredDatabase = {
    ...database,
    measured: [],
    planning: 'custom',
    connect: async (...who) => measuredConnection(await database.connect(...who), measuring),
  };
  return measuring;
}

function measuredConnection(connection: Session, measuring: MeasuredDatabase): Session {
  /** Statements of a transaction are sent before those ahead of them are answered: here they wait. */
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const turn = last.then(run, run);
    last = turn.catch(() => {});
    return turn;
  };
  const count = async () => {
    const [row] = await connection.query(COUNTED, []);
    return row as { pages: number; written: number };
  };
  return {
    query: (text, params, mode) =>
      inTurn(async () => {
        const before = await count();
        const answer = await connection.query(text, params, mode);
        const after = await count();
        const rows = given(params) + answered(answer) + after.written - before.written;
        measuring.measured.push({ text, pages: after.pages - before.pages, rows: Math.max(1, rows) });
        return answer;
      }),
    script: (text) =>
      inTurn(() =>
        connection.script(text.replace(OWN_PLANNING, '').replace(/^begin[^;]*;/, `$& ${settings(measuring)}`)),
      ),
    release: () => connection.release(),
    finish: () => void inTurn(async () => connection.finish()),
  };
}

/** How a transaction that writes has its statements planned. */
const OWN_PLANNING = /set local plan_cache_mode = \w+; /;

const settings = ({ planning }: MeasuredDatabase) =>
  `set local statement_timeout = ${LIMIT_MS}; set local plan_cache_mode = force_${planning}_plan;`;

/** How many keys or rows the longest list among the parameters has: a PostgreSQL array, or JSON; vectors are none. */
const given = (params: readonly unknown[]): number => Math.max(0, ...params.map(lengthOf));

function lengthOf(param: unknown): number {
  if (typeof param !== 'string') return 0;
  if (/^\{[^"{}]+\}$/.test(param)) return param.split(',').length;
  if (!param.startsWith('[{') && !param.startsWith('["')) return 0;
  return (JSON.parse(param) as unknown[]).length;
}

/** How many rows there are in an answer, those within rows included: these are JSON, arrays of values and of rows. */
const answered = (rows: readonly unknown[]): number =>
  rows.reduce<number>((sum, row) => {
    const { row: text } = row as { row?: unknown };
    return sum + (typeof text === 'string' && text.startsWith('[') ? rowsWithin(JSON.parse(text)) : 1);
  }, 0);

function rowsWithin(value: unknown): number {
  if (!Array.isArray(value)) return 0;
  const isList = value.every((each) => Array.isArray(each));
  return value.reduce<number>((sum, each) => sum + rowsWithin(each), isList ? 0 : 1);
}

/** How many pages the table with the most has, with its indexes: what reading a table through once costs at most. */
export async function pagesOfLargest(database: Database): Promise<number> {
  const [row] = (await asSuperuser(database, (connection) =>
    connection.script(`select max(pg_total_relation_size(oid)) / current_setting('block_size')::int as pages
      from pg_class where relkind = 'r' and relnamespace = current_schema()::regnamespace`),
  )) as [{ pages: string }];
  return Number(row.pages);
}
