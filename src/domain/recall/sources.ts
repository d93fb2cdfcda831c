import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, moment, texts } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { withPolicies } from '../../model/decay/importance.ts';
import type { Source } from '../../model/recall/spread.ts';
import { memories, memoriesHistory } from '../../tables/memory.ts';
import { neighborhoods, postings } from '../../tables/recall.ts';
import { filterConditions, type MemoryFilter } from '../memory/filter.ts';
import { type Searched, searchedSql, type Term } from './analysis.ts';

const best = under(postings, 'best');
const changed = under(memories, 'changed');
const chosen = under(memories, 'chosen');
const h = under(memoriesHistory, 'h');
const hit = under(postings, 'hit');
const m = under(memories, 'm');
const matched = under(memories, 'matched');
const n = under(neighborhoods, 'n');
const p = under(postings, 'p');

/** BM25's k1; its b is 0: that a memory is long says nothing against it. */
export const K1 = 1.4;
/** How many memories, the best by their own words, let their scores spread. */
const MAX_SOURCES = 100;
/** How many memories that pass a filter are looked for by their own words. */
const MAX_MATCHING = 150;

/** True of a filter that says more than which statuses pass. */
export const isSelective = ({ statuses: _, ...others }: MemoryFilter): boolean =>
  Object.values(others).some((value) => value != null);

/** What a term scores that a memory has once, twice …: BM25's saturation, times the term's weight. */
export const termScore = (weight: SQL, frequency: SQL): SQL =>
  sql`${weight} * ${float(K1 + 1)} * ${frequency} / (${frequency} + ${float(K1)})`;

/** What a statement with common tables of its own begins with. */
export const commonTables = (needsPolicies: boolean, reading: Reading): SQL =>
  needsPolicies ? sql`${withPolicies(reading)},` : sql`with`;

/** The postings that a term `l` has, as they are. */
const postingsNow = (searched: Searched, workspaceId: string): SQL => sql`
  select ${p.memoryId}, ${p.frequency} from ${aliased(p)}
  where ${searchedSql(p, searched, workspaceId)} and ${p.term} = l.lexeme collate "C"`;

/** The postings that a term `l` had when a list began: of what has come since none, of what has changed the former. */
const postingsThen = (searched: Searched, workspaceId: string): SQL => sql`
  (${postingsNow(searched, workspaceId)} and not exists (select from changed where ${changed.id} = ${p.memoryId}))
  union all
  select ${changed.id}, coalesce(cardinality(t.positions), 1)::smallint
  from changed cross join lateral unnest(${changed.search}) t
  where t.lexeme = l.lexeme`;

/**
 * The common table `changed`: memories that have come or changed since a list began, and what they were found by then.
 */
const changedSql = (searched: Searched, workspaceId: string, asOf: Date): SQL => sql`changed as materialized (
    select ${h.id}, ${h.search} from ${aliased(h)}
    where ${searchedSql(h, searched, workspaceId)} and ${h.knownUntil} > ${moment(asOf)} and ${h.knownFrom} <= ${moment(asOf)}
    union all
    select ${m.id}, null from ${aliased(m)}
    where ${searchedSql(m, searched, workspaceId)} and ${m.recordedAt} > ${moment(asOf)}
  ), `;

/** The common table `hit`: which memories have which of the terms, by number, and what each scores of its own words. */
function hitSql(
  searched: Searched,
  workspaceId: string,
  terms: readonly Term[],
  maxHits: number,
  asOf: Date | undefined,
): SQL {
  const lexemes = terms.flatMap((term, index) =>
    term.lexemes.map((lexeme) => ({ index, lexeme, weight: term.weight })),
  );
  return sql`hit as materialized (
      select ${p.memoryId}, l.number, max(${termScore(sql`l.weight`, p.frequency)}) as own
      from (select unnest(${`{${lexemes.map(({ index }) => index).join(',')}}`}::int[]) as number,
        unnest(${texts(lexemes.map(({ lexeme }) => lexeme))}) as lexeme,
        unnest(${`{${lexemes.map(({ weight }) => weight).join(',')}}`}::float8[]) as weight) l
      cross join lateral (
        select * from (${asOf ? postingsThen(searched, workspaceId) : postingsNow(searched, workspaceId)}) p
        order by ${p.memoryId} desc limit ${maxHits}) p
      group by ${p.memoryId}, l.number
    )`;
}

const float = (value: number): SQL => sql.raw(`${value}::float8`);

/** A source as it is read: lists as text, which costs a third of what JSON does. */
const sourceFields = fields({
  ...pick(chosen, 'id', 'lineageId'),
  terms: sql<string>`matched.numbers`,
  owns: sql<string>`matched.owns`,
  near: sql<string | null>`${n.near}::text`,
  hops: sql<string | null>`${n.hops}::text`,
});

/** The elements of an array as PostgreSQL writes it, of what needs no quotes; of null none. */
const elements = (array: string | null): string[] => (array && array !== '{}' ? array.slice(1, -1).split(',') : []);

/**
 * The memories that have the question's terms, in one statement: the best by their own words among those of the
 * filter's statuses, from which scores spread, and, where the filter says more, the best among those that pass it. At
 * most `maxHits` postings of a term are followed. A reading of the past finds what held then, by today's index.
 */
export async function findSources(
  tx: Transaction,
  reading: Reading,
  searched: Searched,
  terms: readonly Term[],
  filter: MemoryFilter,
  maxHits: number,
  asOf: Date | undefined,
): Promise<Source[]> {
  if (terms.length === 0) return [];
  const { workspaceId } = tx;
  const bestOf = (conditions: readonly SQL[], limit: number) => sql`(
    select ${m.id}, ${m.lineageId} from (select * from best order by score desc, ${best.memoryId} desc) best
    cross join lateral (
      select ${m.id}, ${m.lineageId} from ${reading.from(m)}
      where ${all([sql`${m.workspaceId} = ${workspaceId}`, sql`${m.id} = ${best.memoryId}`, ...conditions])} limit 1) m
    limit ${sql.raw(String(limit))})`;
  const branches = [bestOf(filterConditions({ statuses: filter.statuses }, reading), MAX_SOURCES)];
  if (isSelective(filter)) branches.push(bestOf(filterConditions(filter, reading), MAX_MATCHING));
  const rows = await tx.rows<RowOf<typeof sourceFields>>(sql`
    ${commonTables(filter.minImportance != null, reading)}
    ${asOf ? changedSql(searched, workspaceId, asOf) : sql.empty()}
    ${hitSql(searched, workspaceId, terms, maxHits, asOf)}, best as materialized (
      select ${hit.memoryId}, sum(own order by number) as score from hit group by ${hit.memoryId}
    ), chosen as materialized (${sql.join(branches, sql` union `)}), matched as materialized (
      select ${chosen.id}, string_agg(hit.number::text, ',' order by hit.number) as numbers,
        string_agg(hit.own::text, ',' order by hit.number) as owns
      from chosen join hit on ${hit.memoryId} = ${chosen.id} group by ${chosen.id}
    )
    select ${sourceFields} from chosen join matched on ${matched.id} = ${chosen.id}
    left join lateral (
      select ${n.near}, ${n.hops} from ${aliased(n)}
      where ${n.workspaceId} = ${workspaceId} and ${n.lineageId} = ${chosen.lineageId} limit 1
    ) n on true`);
  return rows.map(({ id, lineageId, terms, owns, near, hops }) => ({
    id,
    lineageId,
    terms: terms.split(',').map(Number),
    owns: owns.split(',').map(Number),
    near: elements(near),
    hops: elements(hops).map(Number),
  }));
}
