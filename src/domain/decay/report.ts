import { type SQL, sql } from 'drizzle-orm';
import { NOW, Reading } from '../../db/reading.ts';
import { all, texts } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, derived, fields, nullable, pick, type RowFrom, under } from '../../db/typed-sql.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { archiveBelowSql, importanceSql, withPolicies } from '../../model/decay/importance.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import { type MemoryType, memories } from '../../tables/memory.ts';

const m = under(memories, 'm');

const judgedColumns = {
  ...pick(m, 'id', 'recordedAt', 'knownFrom'),
  before: m.importance,
  after: m.importance,
  archiveBelow: nullable(m.importance),
};
/** The rows of {@link judgedSql} under the alias `judged`. */
export const judged = derived('judged', judgedColumns);
/** True of those below their policy's `archiveBelow`. */
export const isFaded = sql`${judged.after} < ${judged.archiveBelow}`;

/** Which memories are examined, and when; a part left out lets all through. */
export interface DecayRange {
  companion?: CompanionRef | null | undefined;
  user?: UserRef | null | undefined;
  types?: readonly MemoryType[] | null | undefined;
  /** The moment importance is judged at. */
  until: Date;
}

/** Counts in the ten bands [0,1), [1,2) … [9,10]. */
export interface ImportanceHistogram {
  bands: number[];
  /** 0 where nothing was counted. */
  mean: number;
}

export interface DecayReport {
  /** Memories ACTIVE or DISPUTED now. */
  examined: number;
  /** Of these, those whose importance has fallen below the stored one. */
  decayed: number;
  /** Those that went into the archive; of a preview, that would. */
  archived: number;
  importanceBefore: ImportanceHistogram;
  importanceAfter: ImportanceHistogram;
  /** The first 100 of `archived`, lowest first. */
  archivedIds: string[];
}

const fadedColumns = pick(judged, 'id', 'before', 'after');
/** A memory below its policy's `archiveBelow`. */
export type Faded = RowFrom<typeof fadedColumns>;

const last = derived('last', pick(judged, 'recordedAt', 'id'));
/** How far a scan has come, most recently recorded first. */
export type Place = RowFrom<typeof last>;

interface Band {
  before: number;
  after: number;
  count: number;
  decayed: number;
  sumBefore: number;
  sumAfter: number;
}

interface Chunk {
  bands: Band[];
  faded: Faded[];
  /** Where the next chunk begins; null: this was the last. */
  next: Place | null;
}

/** Memories examined by one statement. */
const CHUNK = 5_000;
/** Memories that a report names. */
const NAMED = 100;

/** What decay judges, for statements that begin with {@link withPolicies}: memories that count now, and what they fade to. */
export function judgedSql(workspaceId: string, range: DecayRange, conditions: readonly SQL[]): SQL {
  const { companion, user, types } = range;
  const which = [
    sql`${m.workspaceId} = ${workspaceId}`,
    presentSql(m, NOW),
    ...(companion ? [sql`${m.companionId} = ${companionIdSql(companion, workspaceId)}`] : []),
    ...(user ? [sql`${m.userId} = ${userIdSql(user, workspaceId)}`] : []),
    ...(types ? [sql`${m.type} = any(${texts(types)}::memory_type[])`] : []),
    ...conditions,
  ];
  const after = importanceSql(m, readingOf(workspaceId, range), 'policies');
  return sql`
    select ${fields({ ...judgedColumns, after, archiveBelow: archiveBelowSql(m) })}
    from ${aliased(m)} where ${all(which)}`;
}

/** The reading that importance is judged at. */
export const readingOf = (workspaceId: string, { until }: DecayRange) => new Reading(workspaceId, { validAt: until });

/** Examines the next memories of a range, and names those that have faded. */
async function examine(tx: Transaction, range: DecayRange, from: Place | null): Promise<Chunk> {
  const after = from
    ? [sql`(${m.recordedAt}, ${m.id}) < (${from.recordedAt.toISOString()}::timestamptz, ${from.id}::uuid)`]
    : [];
  const { before, after: now } = judged;
  const [chunk] = await tx.rows<{ bands: Band[] | null; faded: Faded[] | null; count: number } & Place>(sql`
    ${withPolicies(readingOf(tx.workspaceId, range))}, judged as materialized (
      ${judgedSql(tx.workspaceId, range, after)} order by ${m.recordedAt} desc, ${m.id} desc limit ${CHUNK}
    ), banded as (
      select least(9, floor(${before}))::int as before, least(9, floor(${now}))::int as after, count(*)::int as count,
        (count(*) filter (where ${now} < ${before}))::int as decayed, sum(${before}) as "sumBefore", sum(${now}) as "sumAfter"
      from judged group by 1, 2
    ), faded as (
      select ${fields(fadedColumns)} from judged where ${isFaded} order by ${now}, ${judged.id}
    ), last as (
      select ${fields(pick(judged, 'recordedAt', 'id'))} from judged order by ${judged.recordedAt}, ${judged.id} limit 1
    )
    select (select json_agg(banded) from banded) as bands, (select json_agg(faded) from faded) as faded,
      (select count(*)::int from judged) as count, ${fields(last)} from last`);
  if (!chunk) return { bands: [], faded: [], next: null };
  const { bands, faded, count, recordedAt, id } = chunk;
  return { bands: bands ?? [], faded: faded ?? [], next: count < CHUNK ? null : { recordedAt, id } };
}

/** Counts that add up to a report. */
export class DecayTally {
  readonly #before = new Array<number>(10).fill(0);
  readonly #after = new Array<number>(10).fill(0);
  #examined = 0;
  #decayed = 0;
  #archived = 0;
  #sums = { before: 0, after: 0 };
  #lowest: Faded[] = [];

  examined(bands: readonly Band[]): void {
    for (const { before, after, count, decayed, sumBefore, sumAfter } of bands) {
      this.#examined += count;
      this.#decayed += decayed;
      this.#before[before] = (this.#before[before] ?? 0) + count;
      this.#after[after] = (this.#after[after] ?? 0) + count;
      this.#sums = { before: this.#sums.before + sumBefore, after: this.#sums.after + sumAfter };
    }
  }

  archived(faded: readonly Faded[]): void {
    this.#archived += faded.length;
    this.#lowest = [...this.#lowest, ...faded]
      .sort((a, b) => a.after - b.after || (a.id < b.id ? -1 : 1))
      .slice(0, NAMED);
  }

  report(): DecayReport {
    const mean = (sum: number) => (this.#examined === 0 ? 0 : sum / this.#examined);
    return {
      examined: this.#examined,
      decayed: this.#decayed,
      archived: this.#archived,
      importanceBefore: { bands: this.#before, mean: mean(this.#sums.before) },
      importanceAfter: { bands: this.#after, mean: mean(this.#sums.after) },
      archivedIds: this.#lowest.map(({ id }) => id),
    };
  }
}

/** Examines a whole range a chunk at a time; `visit` chooses the transaction that a chunk runs in. */
export async function judge(
  range: DecayRange,
  visit: (chunk: (tx: Transaction) => Promise<Chunk>, tally: DecayTally) => Promise<Chunk>,
): Promise<DecayReport> {
  const tally = new DecayTally();
  for (let from: Place | null = null, isLast = false; !isLast; isLast = from === null) {
    const begin: Place | null = from;
    const { bands, next } = await visit((tx) => examine(tx, range, begin), tally);
    tally.examined(bands);
    from = next;
  }
  return tally.report();
}

/** What decayImportance would report: nothing is written. */
export const previewDecay = (tx: Transaction, range: DecayRange): Promise<DecayReport> =>
  judge(range, async (examined, tally) => {
    const chunk = await examined(tx);
    tally.archived(chunk.faded);
    return chunk;
  });
