import { type SQL, sql } from 'drizzle-orm';
import { NOW } from '../../db/reading.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, insertSelect, pick, type RowOf, recordset, under } from '../../db/typed-sql.ts';
import { newId } from '../../kernel/ids.ts';
import { inTurns, runsOf, Turns } from '../../kernel/turns.ts';
import { compare } from '../../model/finding/compare.ts';
import { knownStatement } from '../../model/finding/read.ts';
import type { Nomination, Statement } from '../../model/finding/statement.ts';
import { contradictions } from '../../tables/contradiction.ts';
import { findingKind, findings } from '../../tables/finding.ts';
import type { WrittenMemory } from '../memory/new-memory.ts';
import { candidatesOf, type Found } from './candidates.ts';
import { MOST_COMPARED, withContents } from './contents.ts';
import { noteFound } from './events.ts';

/** What scores less is not shown. */
export const LEAST_SCORE = 0.5;
/** What scores at least so much is kept where a chat model confirms it; it is not shown before. */
const LEAST_CANDIDATE = 0.3;
/** How many findings one memory makes, the likeliest. */
export const MOST_FINDINGS = 5;
/** How many bytes of the texts of new memories are compared at once. */
const MOST_HELD = 256 * 1024;

const c = under(contradictions, 'c');

/** A memory that was written. */
export interface Written extends Omit<WrittenMemory, 'context'> {
  /** Who says it, as its context names them. */
  speaker: string | null;
}

export interface DetectOptions {
  /** What scores less is not shown. */
  least?: number;
  /** The memories have just been written: what may be shown once a chat model has confirmed it is kept, too. */
  isWrite?: boolean;
  /** A contradiction is opened where a chat model confirms one. */
  opens?: boolean;
  /** When both have to hold. Default: now. */
  at?: SQL | Date;
}

/**
 * Looks for older memories of the same companion and user that the given ones seem to repeat, update or deny, and keeps
 * what it finds, in two statements, or three where contents are long. Returns the keys of what was found for each, the
 * likeliest first. Not raised: a pair of one lineage, or of one slot, whose times do not overlap, that has a
 * contradiction, or of which something was found before. `at`: when the older ones hold; what a transaction has just
 * written does not yet at its `now()`.
 */
export async function detectFindings(
  tx: WriteTransaction,
  written: readonly Written[],
  { least = LEAST_SCORE, isWrite = false, opens = false, at = NOW }: DetectOptions = {},
): Promise<Map<string, string[]>> {
  if (written.length === 0) return new Map();
  const leastKept = isWrite && tx.confirmsFindings ? Math.min(least, LEAST_CANDIDATE) : least;
  const kept: Kept[] = [];
  // What is read of texts takes many times their bytes: it is held of so many at once, usually of all.
  for (const some of runsOf(written, MOST_HELD, ({ content }) => Math.min(content.length, MOST_COMPARED))) {
    kept.push(...(await nominate(tx, some, leastKept, at)));
  }
  return keep(tx, kept, { least, opens });
}

interface Kept {
  memory: Written;
  older: Found;
  nomination: Nomination;
}

/** What memories seem to say of older ones: of each the likeliest. */
async function nominate(
  tx: WriteTransaction,
  written: readonly Written[],
  least: number,
  at: SQL | Date,
): Promise<Kept[]> {
  const statements = await inTurns(written, ({ content, speaker }) =>
    knownStatement(content, tx.textSearchConfig, speaker ?? undefined),
  );
  const pairs = (await candidatesOf(tx, written, statements, at)).filter((older) =>
    mayConflict(older, written[older.place] as Written),
  );
  const own = new Map(written.map(({ id }, place) => [id, statements[place] as Statement]));
  const nominated: Kept[][] = written.map(() => []);
  const turns = new Turns();
  // Each older one is read once, for all that it is a candidate of.
  for await (const [same, content] of withContents(tx, pairs)) {
    const [{ id, speaker }] = same;
    await turns.next();
    const statement = own.get(id) ?? knownStatement(content, tx.textSearchConfig, speaker ?? undefined);
    for (const older of same) {
      await turns.next();
      const nomination = compare(statement, statements[older.place] as Statement);
      if (!nomination || nomination.score < least) continue;
      nominated[older.place]?.push({ memory: written[older.place] as Written, older, nomination });
    }
  }
  return nominated.flatMap((of) =>
    of
      .sort((a, b) => b.nomination.score - a.nomination.score || (a.older.id < b.older.id ? 1 : -1))
      .slice(0, MOST_FINDINGS),
  );
}

/** Whether the other is older, and nothing that is stated says already what holds. */
function mayConflict(older: Found, memory: Written): boolean {
  const apart = older.recordedAt.getTime() - memory.recordedAt.getTime();
  // Keys of what one transaction records are in its order.
  if (apart > 0 || (apart === 0 && older.id >= memory.id)) return false;
  if (older.lineageId === memory.lineageId) return false;
  if (older.slot !== null && older.slot === memory.slot) return false;
  if (older.validUntil && older.validUntil <= memory.validFrom) return false;
  return !memory.validUntil || memory.validUntil > older.validFrom;
}

const findingShape = {
  ...pick(findings, 'id', 'memoryLineageId', 'byLineageId', 'memoryId', 'byId', 'companionId', 'userId', 'kind'),
  ...pick(findings, 'score', 'reason', 'memoryText', 'byText'),
};

const keptFields = fields(pick(under(findings, 'findings'), 'id', 'memoryId', 'byId', 'kind', 'score'));

/**
 * Keeps findings, but for pairs that are known, and returns the keys of those shown for each newer memory. All are kept to be
 * confirmed, where a chat model does so.
 */
async function keep(
  tx: WriteTransaction,
  kept: readonly Kept[],
  { least, opens }: Required<Pick<DetectOptions, 'least' | 'opens'>>,
): Promise<Map<string, string[]>> {
  if (kept.length === 0) return new Map();
  const rows = kept.map(({ memory, older, nomination: { kind, ...nomination } }) => ({
    id: newId(),
    memoryLineageId: older.lineageId,
    byLineageId: memory.lineageId,
    memoryId: older.id,
    byId: memory.id,
    companionId: memory.companionId,
    userId: memory.userId,
    ...nomination,
    kind: findingKind[kind],
  }));
  const x = recordset('x', findingShape, rows);
  const stamp = await tx.stamp();
  const insert = insertSelect(
    findings,
    {
      ...pick(
        x,
        'id',
        'memoryLineageId',
        'byLineageId',
        'memoryId',
        'byId',
        'companionId',
        'userId',
        'kind',
        'score',
        'reason',
        'memoryText',
        'byText',
      ),
      workspaceId: sql`${tx.workspaceId}`,
      foundAt: sql`${stamp.toISOString()}::timestamptz`,
      verdict: sql`null`,
      judgedAt: sql`null`,
      judgedBy: sql`null`,
      note: sql`null`,
      contradictionId: sql`null`,
      isHidden: sql`${x.score} < ${String(least)}::text::float8`,
      confirmedBy: sql`null`,
      confirmedAt: sql`null`,
      opens: sql`${opens}::boolean`,
      dueAt: tx.confirmsFindings ? sql`${stamp.toISOString()}::timestamptz` : sql`null`,
      claim: sql`null`,
    },
    sql`from ${aliased(x)} where not exists (
      select from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId}
        and least(${c.memoryLineageId}, ${c.byLineageId}) = least(${x.memoryLineageId}, ${x.byLineageId})
        and greatest(${c.memoryLineageId}, ${c.byLineageId}) = greatest(${x.memoryLineageId}, ${x.byLineageId}))`,
  );
  const made = await tx.unrestricted(() =>
    tx.rows<RowOf<typeof keptFields>>(sql`${insert} on conflict do nothing returning ${keptFields}`),
  );
  const shown = made.filter(({ score }) => score >= least);
  shown.sort((a, b) => b.score - a.score);
  noteFound(tx, shown);
  return new Map(
    [...Map.groupBy(shown, ({ byId }) => byId)].map(([byId, of]) => [byId, of.map(({ id }) => id)] as const),
  );
}
