import { getColumns, getTableName, type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { formatPoint, type PointInTime } from '../kernel/point.ts';
import { aliasOf, nameOf, names, tableOf, type Under } from './typed-sql.ts';

/** A table that changes in place: it has a `…_history` twin that holds what its rows were, each until `known_until`. */
export type Historic = PgTable & { workspaceId: PgColumn; knownFrom: PgColumn };

/** The column of a history twin that its table lacks. */
const KNOWN_UNTIL = sql.identifier('known_until');

/** The moment a read is made at, by the database's clock. */
export const NOW = sql`now()`;

/**
 * What a statement reads: a point in time, and, for later pages of a list, the moment its first page was read at.
 * SQL built from it needs no clock but the database's.
 */
export class Reading {
  readonly workspaceId: string;
  readonly point: PointInTime;
  /** The moment of the world asked about: for comparisons with what is kept, to the millisecond. */
  readonly validAt: SQL;
  /** The same, to the millisecond: for what is computed from it. */
  readonly instant: SQL;
  readonly #knownAt: Date | undefined;

  constructor(workspaceId: string, point: PointInTime, asOf?: Date) {
    this.workspaceId = workspaceId;
    this.point = point;
    this.#knownAt = point.knownAt ?? asOf;
    const validAt = point.validAt ?? this.#knownAt;
    this.validAt = validAt ? sql`${validAt.toISOString()}::timestamptz` : NOW;
    this.instant = validAt ? this.validAt : sql`date_trunc('milliseconds', ${NOW})`;
  }

  /** The same point, as a list that began at `asOf` sees it. */
  asOf(asOf: Date | undefined): Reading {
    return new Reading(this.workspaceId, this.point, asOf);
  }

  /** True where the world is asked about as it was before what the rows say may have been stated. */
  get looksBack(): boolean {
    const { validAt } = this.point;
    return validAt !== undefined && (this.#knownAt === undefined || validAt < this.#knownAt);
  }

  /** Distinguishes statements for readings of different points. */
  get key(): string {
    return `${formatPoint(this.point)} ${this.#knownAt?.getTime() ?? ''}`;
  }

  /** The earlier moment that rows are read as they stood at; undefined: as they stand. */
  get known(): SQL | undefined {
    return this.#knownAt && sql`${this.#knownAt.toISOString()}::timestamptz`;
  }

  /** What goes behind FROM: the table as it stands, or its rows as they stood, and the alias. */
  from<T extends Historic>(aliased: Under<T>): SQL {
    const parts = this.#parts(tableOf(aliased));
    return sql`${parts.length === 1 ? parts[0] : sql`(${sql.join(parts, sql` union all `)})`} ${aliasOf(aliased)}`;
  }

  /**
   * The same in parts, each with the alias, which together are its rows: one now; two in the past, where a list is
   * ordered and cut in each, because through their union no index leads.
   */
  branches<T extends Historic>(aliased: Under<T>): SQL[] {
    return this.#parts(tableOf(aliased)).map((part) => sql`${part} ${aliasOf(aliased)}`);
  }

  /**
   * Joins the one row of a table that fulfils a condition an index serves. The limit forces a look-up for each row
   * before it. Without statistics, as after an import and always on PGlite, the planner believes that a workspace has a
   * row or two, and would read all of them each time.
   */
  lookUp<T extends Historic>(aliased: Under<T>, condition: SQL): SQL {
    const { workspaceId } = aliased as unknown as Under<Historic>;
    return sql`cross join lateral (
      select * from ${this.from(aliased)} where ${workspaceId} = ${this.workspaceId} and ${condition} limit 1) ${aliasOf(aliased)}`;
  }

  #parts(table: Historic): SQL[] {
    if (!this.known) return [nameOf(table)];
    const columns = names(table, ...(Object.keys(getColumns(table)) as ('workspaceId' | 'knownFrom')[]));
    const twin = sql.identifier(`${getTableName(table)}_history`);
    const known = sql`${names(table, 'workspaceId')} = ${this.workspaceId} and ${names(table, 'knownFrom')} <= ${this.known}`;
    return [
      sql`(select ${columns} from ${nameOf(table)} where ${known})`,
      sql`(select ${columns} from ${twin} where ${known} and ${KNOWN_UNTIL} > ${this.known})`,
    ];
  }
}
