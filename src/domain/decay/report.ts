import { type SQL, sql } from 'drizzle-orm';
import { NOW, Reading } from '../../db/reading.ts';
import { all, textsAs } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, derived, fields, nullable, pick, type RowFrom, under } from '../../db/typed-sql.ts';
import type { Restriction } from '../../kernel/principal.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { archiveBelowSql, importanceSql, withPolicies } from '../../model/decay/importance.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { changeableSql } from '../../model/restriction/allowed.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import { type MemoryType, memories } from '../../tables/memory.ts';
import { type Band, type DecayReport, DecayTally } from './tally.ts';

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
  /** Only what a credential with this restriction may change. */
  changeableBy?: Restriction | null;
  /** The moment that importance decays to. */
  until: Date;
}

const fadedColumns = pick(judged, 'id', 'before', 'after');
/** A memory below its policy's `archiveBelow`. */
export type Faded = RowFrom<typeof fadedColumns>;

const last = derived('last', pick(judged, 'recordedAt', 'id'));
/** How far a scan has come, most recently recorded first. */
export type Place = RowFrom<typeof last>;

interface Chunk {
  bands: Band[];
  faded: Faded[];
  /** Where the next chunk begins; null: this was the last. */
  next: Place | null;
}

/** The most memories examined by one statement. */
export const CHUNK = 5_000;

/**
 * The ACTIVE and DISPUTED memories of a range, and what they decay to. The statement begins with {@link withPolicies}.
 */
export function judgedSql(workspaceId: string, range: DecayRange, conditions: readonly SQL[]): SQL {
  const { companion, user, types, changeableBy = null } = range;
  const which = [
    sql`${m.workspaceId} = ${workspaceId}`,
    presentSql(m, NOW),
    ...(companion ? [sql`${m.companionId} = ${companionIdSql(companion, workspaceId)}`] : []),
    ...(user ? [sql`${m.userId} = ${userIdSql(user, workspaceId)}`] : []),
    ...(types ? [sql`${m.type} = any(${textsAs(types, 'memory_type')})`] : []),
    ...changeableSql(changeableBy, m),
    ...conditions,
  ];
  const after = importanceSql(m, readingOf(workspaceId, range), 'policies');
  return sql`
    select ${fields({ ...judgedColumns, after, archiveBelow: archiveBelowSql(m) })}
    from ${aliased(m)} where ${all(which)}`;
}

/** The reading that importance is read at. */
export const readingOf = (workspaceId: string, { until }: DecayRange) => new Reading(workspaceId, { validAt: until });

/** Examines the next memories of a range, and names those that have faded. */
async function examine(tx: Transaction, range: DecayRange, from: Place | null, size: number): Promise<Chunk> {
  const after = from
    ? [sql`(${m.recordedAt}, ${m.id}) < (${from.recordedAt.toISOString()}::timestamptz, ${from.id}::uuid)`]
    : [];
  const { before, after: now } = judged;
  const [chunk] = await tx.rows<{ bands: Band[] | null; faded: Faded[] | null; count: number } & Place>(sql`
    ${withPolicies(readingOf(tx.workspaceId, range))}, judged as materialized (
      ${judgedSql(tx.workspaceId, range, after)} order by ${m.recordedAt} desc, ${m.id} desc limit ${size}
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
  return { bands: bands ?? [], faded: faded ?? [], next: count < size ? null : { recordedAt, id } };
}

/** Examines the next chunk of at most so many memories. */
type Examine = (tx: Transaction, size: number) => Promise<Chunk>;

/** Examines a whole range a chunk at a time; `visit` chooses how large a chunk is, and the transaction that it runs in. */
export async function judge(
  range: DecayRange,
  visit: (next: Examine, tally: DecayTally) => Promise<Chunk>,
): Promise<DecayReport> {
  const tally = new DecayTally();
  for (let from: Place | null = null, isLast = false; !isLast; isLast = from === null) {
    const begin: Place | null = from;
    const { bands, next } = await visit((tx, size) => examine(tx, range, begin, size), tally);
    tally.examined(bands);
    from = next;
  }
  return tally.report();
}

/** What decayImportance would report: nothing is written. */
export const previewDecay = (tx: Transaction, range: DecayRange): Promise<DecayReport> =>
  judge(range, async (examined, tally) => {
    const chunk = await examined(tx, CHUNK);
    tally.archived(chunk.faded);
    return chunk;
  });
