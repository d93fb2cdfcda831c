import { getColumns, getTableName, type SQL, sql } from 'drizzle-orm';
import { formatPoint, type PointInTime } from '../kernel/point.ts';
import { contradictions, decayPolicies, decisions, entities, memories, mentions, relations } from '../tables/all.ts';

/** The tables that change in place, each with a `…_history` twin that holds what its rows were. */
const historic = { memories, relations, entities, mentions, decisions, contradictions, decayPolicies };

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

  /** Tells apart statements for readings of different points. */
  get key(): string {
    return `${formatPoint(this.point)} ${this.#knownAt?.getTime() ?? ''}`;
  }

  /** The earlier moment that rows are read as they stood at; undefined: as they stand. */
  get known(): SQL | undefined {
    return this.#knownAt && sql`${this.#knownAt.toISOString()}::timestamptz`;
  }

  /** What goes behind FROM: the table as it stands, or its rows as they stood. Read it under an alias. */
  from(table: keyof typeof historic): SQL {
    const [live, ...past] = this.branches(table);
    return past.length === 0 ? (live as SQL) : sql`(${sql.join([live, ...past], sql` union all `)})`;
  }

  /**
   * The same in parts, which together are its rows: one now; two in the past, where a list is ordered and cut in each,
   * because through their union no index leads.
   */
  branches(table: keyof typeof historic): SQL[] {
    const name = sql.identifier(getTableName(historic[table]));
    if (!this.known) return [sql`${name}`];
    const columns = sql.join(
      Object.values(getColumns(historic[table])).map((column) => sql.identifier(column.name)),
      sql`, `,
    );
    const twin = sql.identifier(`${getTableName(historic[table])}_history`);
    const known = sql`workspace_id = ${this.workspaceId} and known_from <= ${this.known}`;
    return [
      sql`(select ${columns} from ${name} where ${known})`,
      sql`(select ${columns} from ${twin} where ${known} and known_until > ${this.known})`,
    ];
  }

  /**
   * Joins the one row of a table, under `alias`, that fulfils a condition an index serves. The limit makes it a look-up
   * for each row before it, whatever the planner believes: of a table without statistics, as after an import and on
   * PGlite ever, it believes that a workspace has a row or two, and would read them all each time.
   */
  lookUp(table: keyof typeof historic, alias: SQL, condition: SQL): SQL {
    return sql`cross join lateral (
      select * from ${this.from(table)} ${alias} where ${alias}.workspace_id = ${this.workspaceId} and ${condition} limit 1) ${alias}`;
  }
}
