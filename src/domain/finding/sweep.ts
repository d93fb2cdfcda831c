import { sql } from 'drizzle-orm';
import { BatchSize } from '../../db/batches.ts';
import { NOW } from '../../db/reading.ts';
import { all } from '../../db/sql.ts';
import type { Tenant, WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { write } from '../../db/write.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { changeableSql } from '../../model/restriction/allowed.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import { memories } from '../../tables/memory.ts';
import { detectFindings, LEAST_SCORE } from './detect.ts';

/** How many memories one transaction compares at most, and at first. */
const CHUNK = 500;
const FIRST = 50;

const m = under(memories, 'm');

/** Which memories are compared with older ones; a part left out lets all through. */
export interface SweepRange {
  companion: CompanionRef;
  user?: UserRef | null | undefined;
  /** Those recorded since. */
  since?: Date | null | undefined;
  /** 0.3–1: findings of less are not kept. */
  minScore?: number | null | undefined;
}

export type Sweep = { examined: number; findingCount: number };

const examined = fields({
  ...pick(m, 'id', 'lineageId', 'companionId', 'userId', 'content', 'slot', 'validFrom', 'validUntil', 'recordedAt'),
  speaker: sql<string | null>`${m.context} ->> 'speaker'`,
});
type Examined = RowOf<typeof examined>;

/**
 * Compares FACT, PREFERENCE and INSTRUCTION memories that are ACTIVE or DISPUTED with older ones, as they would have been
 * when they were written, the oldest first. A chunk is a transaction: what an interruption leaves, the next call finds,
 * since a pair is raised once.
 */
export async function sweepFindings(tenant: Tenant, range: SweepRange): Promise<Sweep> {
  const sizes = new BatchSize(CHUNK, { first: FIRST });
  const sweep = { examined: 0, findingCount: 0 };
  for (let last: Examined | undefined; ; ) {
    const { rows, found, isLast } = await sizes.run((size, timeoutMs) =>
      write(
        tenant,
        async (tx) => {
          const rows = await nextOf(tx, range, last, size);
          const made = await detectFindings(tx, rows, { least: range.minScore ?? LEAST_SCORE });
          const found = [...made.values()].reduce((sum, { length }) => sum + length, 0);
          return { rows, found, isLast: rows.length < size };
        },
        { timeoutMs },
      ),
    );
    sweep.examined += rows.length;
    sweep.findingCount += found;
    last = rows.at(-1);
    if (isLast) return sweep;
  }
}

/** The next memories of a range, by when they were recorded. */
function nextOf(
  tx: WriteTransaction,
  { companion, user, since }: SweepRange,
  last: Examined | undefined,
  size: number,
): Promise<Examined[]> {
  const conditions = [
    sql`${m.workspaceId} = ${tx.workspaceId}`,
    sql`${m.companionId} = ${companionIdSql(companion, tx.workspaceId)}`,
    presentSql(m, NOW),
    sql`${m.type} in ('FACT', 'PREFERENCE', 'INSTRUCTION')`,
    ...(user ? [sql`${m.userId} = ${userIdSql(user, tx.workspaceId)}`] : []),
    ...(since ? [sql`${m.recordedAt} >= ${since.toISOString()}::timestamptz`] : []),
    ...changeableSql(tx.restriction ?? null, m),
    ...(last
      ? [sql`(${m.recordedAt}, ${m.id}) > (${last.recordedAt.toISOString()}::timestamptz, ${last.id}::uuid)`]
      : []),
  ];
  return tx.rows<Examined>(sql`
    select ${examined} from ${aliased(m)} where ${all(conditions)} order by ${m.recordedAt}, ${m.id} limit ${size}`);
}
