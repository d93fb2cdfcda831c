import { sql } from 'drizzle-orm';
import { Reading } from '../../db/reading.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, insertSelect, pick, type RowOf, recordset, typed, under } from '../../db/typed-sql.ts';
import { newId } from '../../kernel/ids.ts';
import { theNow } from '../../kernel/point.ts';
import { Turns } from '../../kernel/turns.ts';
import { candidateTerms } from '../../model/finding/candidates.ts';
import { compare } from '../../model/finding/compare.ts';
import { readStatement } from '../../model/finding/read.ts';
import type { Nomination, Statement } from '../../model/finding/statement.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { contradictions } from '../../tables/contradiction.ts';
import { findingKind, findings } from '../../tables/finding.ts';
import { memories } from '../../tables/memory.ts';
import { postings } from '../../tables/recall.ts';
import type { WrittenMemory } from '../memory/new-memory.ts';
import { postingColumns } from '../recall/postings.ts';

/** What scores less is not shown. */
export const LEAST_SCORE = 0.5;
/** What scores at least so much is kept where a chat model confirms it; it is not shown before. */
const LEAST_CANDIDATE = 0.3;
/** How many findings one memory makes, the likeliest. */
export const MOST_FINDINGS = 5;
/** How many older memories each new one is compared with, those first that share what is rare. */
const MOST_CANDIDATES = 20;
/** How many memories of a term are looked at: of a term that so many have, any; it says little. */
const MOST_POSTINGS = 200;
/** How rare a term is, is measured against so many memories: how many there are makes little difference to the order. */
const MANY = 1_000;

const c = under(contradictions, 'c');
const m = under(memories, 'm');

type Written = WrittenMemory;

const termShape = {
  place: typed<number>('int'),
  number: typed<number>('int'),
  lexeme: typed<string>('text'),
  weight: typed<number>('float8'),
  companion_id: memories.companionId,
  user_id: postings.userId,
};

const found = fields({
  ...pick(m, 'id', 'lineageId', 'content', 'slot', 'validFrom', 'validUntil', 'recordedAt'),
  place: sql<number>`best.place`,
});
type Found = RowOf<typeof found>;

export interface DetectOptions {
  /** What scores less is not shown. */
  least?: number;
  /** The memories have just been written: what may be shown once a chat model has confirmed it is kept, too. */
  isWrite?: boolean;
  /** A contradiction is opened where a chat model confirms one. */
  opens?: boolean;
}

/**
 * Looks what older memories of the same companion and user the given ones seem to speak to, and keeps what it finds, in
 * two statements. Returns the keys of what was found for each, the likeliest first. Not raised: a pair of one lineage, or
 * of one slot, whose times do not overlap, that has a contradiction, or of which something was found before.
 */
export async function detectFindings(
  tx: WriteTransaction,
  written: readonly Written[],
  { least = LEAST_SCORE, isWrite = false, opens = false }: DetectOptions = {},
): Promise<Map<string, string[]>> {
  if (tx.isBlind || written.length === 0) return new Map();
  const leastKept = isWrite && tx.confirmsFindings ? Math.min(least, LEAST_CANDIDATE) : least;
  const turns = new Turns();
  const statements: Statement[] = [];
  for (const { content } of written) {
    await turns.next();
    statements.push(readStatement(content, tx.textSearchConfig));
  }
  const candidates = await candidatesOf(tx, written, statements);
  const kept: Kept[] = [];
  for (const [place, memory] of written.entries()) {
    const nominated: Kept[] = [];
    for (const older of candidates.get(place) ?? []) {
      await turns.next();
      if (!mayConflict(older, memory)) continue;
      const statement = readStatement(older.content, tx.textSearchConfig);
      const nomination = compare(statement, statements[place] as Statement);
      if (nomination && nomination.score >= leastKept) nominated.push({ memory, older, nomination });
    }
    nominated.sort((a, b) => b.nomination.score - a.nomination.score);
    kept.push(...nominated.slice(0, MOST_FINDINGS));
  }
  return keep(tx, kept, { least, opens });
}

interface Kept {
  memory: Written;
  older: Found;
  nomination: Nomination;
}

/** Whether the other is older, and nothing that is stated says already what holds. */
function mayConflict(older: Found, memory: Written): boolean {
  const apart = older.recordedAt.getTime() - memory.recordedAt.getTime();
  // Keys of what is recorded in one go are in its order.
  if (apart > 0 || (apart === 0 && older.id >= memory.id)) return false;
  if (older.lineageId === memory.lineageId) return false;
  if (older.slot !== null && older.slot === memory.slot) return false;
  if (older.validUntil && older.validUntil <= memory.validFrom) return false;
  return !memory.validUntil || memory.validUntil > older.validFrom;
}

/** For each memory, by its place, the older ones that share what is rare with it: at most {@link MOST_CANDIDATES}. */
async function candidatesOf(
  tx: WriteTransaction,
  written: readonly Written[],
  statements: readonly Statement[],
): Promise<Map<number, Found[]>> {
  const terms = written.flatMap(({ companionId, userId }, place) =>
    candidateTerms(statements[place] as Statement).flatMap(({ lexemes, weight }, number) =>
      lexemes.map((lexeme) => ({
        place,
        number,
        lexeme,
        weight,
        companion_id: companionId,
        user_id: userId ?? NOBODY,
      })),
    ),
  );
  if (terms.length === 0) return new Map();
  const x = recordset('x', termShape, terms);
  const reading = new Reading(tx.workspaceId, theNow);
  const having = sql.join(
    postingColumns.map(
      ({ row, term }) => sql`select ${row.memoryId} as memory_id from ${aliased(row)}
        where ${row.workspaceId} = ${tx.workspaceId} and ${row.companionId} = ${x.companion_id}
          and ${row.userId} = ${x.user_id} and ${term} = ${x.lexeme} collate "C"`,
    ),
    sql` union all `,
  );
  const rows = await tx.rows<Found>(sql`
    with hit as materialized (
      select ${x.place}, ${x.number}, max(${x.weight}) as weight, p.memory_id
      from ${aliased(x)} cross join lateral (select * from (${having}) p limit ${sql.raw(String(MOST_POSTINGS))}) p
      group by ${x.place}, ${x.number}, p.memory_id
    ), weighed as (
      select place, memory_id, weight * ln(1 + ${sql.raw(String(MANY))}::float8 / count(*) over (partition by place, number)) as weight
      from hit
    ), scored as (
      select place, memory_id, row_number() over (partition by place order by sum(weight) desc, memory_id desc) as rank
      from weighed group by place, memory_id
    )
    select ${found} from scored best
    cross join lateral (
      select * from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = best.memory_id limit 1) m
    where best.rank <= ${sql.raw(String(MOST_CANDIDATES + 1))} and ${presentSql(m, reading.validAt)}
    order by best.place, best.rank`);
  return Map.groupBy(rows, ({ place }) => place);
}

/** What postings say where a memory is about nobody. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

const findingShape = {
  ...pick(findings, 'id', 'memoryLineageId', 'byLineageId', 'memoryId', 'byId', 'kind', 'score', 'reason'),
  ...pick(findings, 'memoryText', 'byText'),
};

const keptFields = fields(pick(under(findings, 'findings'), 'id', 'byId', 'score'));

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
  return new Map(
    [...Map.groupBy(shown, ({ byId }) => byId)].map(([byId, of]) => [byId, of.map(({ id }) => id)] as const),
  );
}
