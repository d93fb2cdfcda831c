import { sql } from 'drizzle-orm';
import { Reading } from '../../db/reading.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, insertSelect, pick, type RowOf, recordset, typed, under } from '../../db/typed-sql.ts';
import { newId } from '../../kernel/ids.ts';
import { theNow } from '../../kernel/point.ts';
import { inTurns, runsOf, Turns } from '../../kernel/turns.ts';
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
import { contentColumns, MOST_COMPARED, withContents } from './contents.ts';

/** What scores less is not kept. */
export const LEAST_SCORE = 0.5;
/** How many findings one memory makes, the likeliest. */
export const MOST_FINDINGS = 5;
/** How many older memories each new one is compared with, those first that share what is rare. */
const MOST_CANDIDATES = 20;
/** How many memories of a term are looked at: of a term that so many have, any; it says little. */
const MOST_POSTINGS = 200;
/** How many bytes of the texts of new memories are compared at once. */
const MOST_HELD = 256 * 1024;
/** So many new memories get the contents of candidates along with their keys. */
const FEW = 10;
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

const found = (isWithContent: boolean) =>
  fields({
    ...pick(m, 'id', 'lineageId', 'slot', 'validFrom', 'validUntil', 'recordedAt'),
    place: sql<number>`best.place`,
    ...contentColumns(m, isWithContent),
  });
type Found = RowOf<ReturnType<typeof found>>;

/**
 * Looks what older memories of the same companion and user the given ones seem to speak to, and keeps what it finds, in
 * two statements. Returns the keys of what was found for each, the likeliest first. Not raised: a pair of one lineage, or
 * of one slot, whose times do not overlap, that has a contradiction, or of which something was found before.
 */
export async function detectFindings(
  tx: WriteTransaction,
  written: readonly Written[],
  { least = LEAST_SCORE }: { least?: number } = {},
): Promise<Map<string, string[]>> {
  if (written.length === 0) return new Map();
  const kept: Kept[] = [];
  // What is read of texts takes many times their bytes: it is held of so many at once, usually of all.
  for (const some of runsOf(written, MOST_HELD, ({ content }) => Math.min(content.length, MOST_COMPARED))) {
    kept.push(...(await nominate(tx, some, least)));
  }
  return keep(tx, kept);
}

interface Kept {
  memory: Written;
  older: Found;
  nomination: Nomination;
}

/** What memories seem to say of older ones: of each the likeliest. */
async function nominate(tx: WriteTransaction, written: readonly Written[], least: number): Promise<Kept[]> {
  const statements = await inTurns(written, ({ content }) => readStatement(content, tx.textSearchConfig));
  const pairs = (await candidatesOf(tx, written, statements)).filter((older) =>
    mayConflict(older, written[older.place] as Written),
  );
  const own = new Map(written.map(({ id }, place) => [id, statements[place] as Statement]));
  const nominated: Kept[][] = written.map(() => []);
  const turns = new Turns();
  // Each older one is read once, for all that it is a candidate of.
  for await (const [same, content] of withContents(tx, pairs)) {
    const [{ id }] = same;
    await turns.next();
    const statement = own.get(id) ?? readStatement(content, tx.textSearchConfig);
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
  // Keys of what is recorded in one go are in its order.
  if (apart > 0 || (apart === 0 && older.id >= memory.id)) return false;
  if (older.lineageId === memory.lineageId) return false;
  if (older.slot !== null && older.slot === memory.slot) return false;
  if (older.validUntil && older.validUntil <= memory.validFrom) return false;
  return !memory.validUntil || memory.validUntil > older.validFrom;
}

/** The memories that share what is rare with each, by its place, the rarest first: at most {@link MOST_CANDIDATES}. */
async function candidatesOf(
  tx: WriteTransaction,
  written: readonly Written[],
  statements: readonly Statement[],
): Promise<Found[]> {
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
  if (terms.length === 0) return [];
  const x = recordset('x', termShape, terms);
  const reading = new Reading(tx.workspaceId, theNow);
  const having = sql.join(
    postingColumns.map(
      ({ row, term }) => sql`select ${row.memoryId} as candidate from ${aliased(row)}
        where ${row.workspaceId} = ${tx.workspaceId} and ${row.companionId} = ${x.companion_id}
          and ${row.userId} = ${x.user_id} and ${term} = ${x.lexeme} collate "C"`,
    ),
    sql` union all `,
  );
  return tx.rows<Found>(sql`
    with hit as materialized (
      select ${x.place}, ${x.number}, max(${x.weight}) as weight, p.candidate
      from ${aliased(x)} cross join lateral (select * from (${having}) p limit ${sql.raw(String(MOST_POSTINGS))}) p
      group by ${x.place}, ${x.number}, p.candidate
    ), weighed as (
      select place, candidate, weight * ln(1 + ${sql.raw(String(MANY))}::float8 / count(*) over (partition by place, number)) as weight
      from hit
    ), scored as (
      select place, candidate, row_number() over (partition by place order by sum(weight) desc, candidate desc) as rank
      from weighed group by place, candidate
    )
    select ${found(written.length <= FEW)} from scored best
    cross join lateral (
      select * from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = best.candidate limit 1) m
    where best.rank <= ${sql.raw(String(MOST_CANDIDATES + 1))} and ${presentSql(m, reading.validAt)}
      and octet_length(${m.content}) <= ${sql.raw(String(MOST_COMPARED))}
    order by best.place, best.rank`);
}

/** What postings say where a memory is about nobody. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

const findingShape = {
  ...pick(findings, 'id', 'memoryLineageId', 'byLineageId', 'memoryId', 'byId', 'kind', 'score', 'reason'),
  ...pick(findings, 'memoryText', 'byText'),
};

const keptFields = fields(pick(under(findings, 'findings'), 'id', 'byId', 'score'));

/** Keeps findings, but for pairs that are known, and returns the keys of those kept for each newer memory. */
async function keep(tx: WriteTransaction, kept: readonly Kept[]): Promise<Map<string, string[]>> {
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
    },
    sql`from ${aliased(x)} where not exists (
      select from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId}
        and least(${c.memoryLineageId}, ${c.byLineageId}) = least(${x.memoryLineageId}, ${x.byLineageId})
        and greatest(${c.memoryLineageId}, ${c.byLineageId}) = greatest(${x.memoryLineageId}, ${x.byLineageId}))`,
  );
  const made = await tx.unrestricted(() =>
    tx.rows<RowOf<typeof keptFields>>(sql`${insert} on conflict do nothing returning ${keptFields}`),
  );
  made.sort((a, b) => b.score - a.score);
  return new Map(
    [...Map.groupBy(made, ({ byId }) => byId)].map(([byId, of]) => [byId, of.map(({ id }) => id)] as const),
  );
}
