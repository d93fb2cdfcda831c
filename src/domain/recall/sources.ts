import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, moment, texts } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { withPolicies } from '../../model/decay/importance.ts';
import { LENGTH_SLOPE, SHORT } from '../../model/recall/length.ts';
import type { Source } from '../../model/recall/spread.ts';
import { memories, memoriesHistory } from '../../tables/memory.ts';
import { neighborhoods, postings } from '../../tables/recall.ts';
import { filterConditions, type MemoryFilter } from '../memory/filter.ts';
import type { Term } from './analysis.ts';
import { type Mentioning, mentionedSql } from './mentioned.ts';
import { type Searched, searchedSql } from './searched.ts';

const around = under(memories, 'around');
const best = under(postings, 'best');
const changed = under(memories, 'changed');
const chosen = under(memories, 'chosen');
const h = under(memoriesHistory, 'h');
const hit = under(postings, 'hit');
const m = under(memories, 'm');
const matched = under(memories, 'matched');
const n = under(neighborhoods, 'n');
const p = under(postings, 'p');

/** The highest that a term scores, in its weight: BM25's k1 + 1, where k1 is 1. */
export const HIGHEST = 2;
/** How many memories, the best by their own words, let their scores spread. */
const MAX_SOURCES = 100;
/** How many memories that pass a filter are looked for by their own words. */
const MAX_MATCHING = 150;

/** True of a filter that says more than which statuses pass. */
export const isSelective = ({ statuses: _, ...others }: MemoryFilter): boolean =>
  Object.values(others).some((value) => value != null);

/**
 * What a term scores that a memory has once, twice …, in its weight: BM25's saturation with a k1 that grows with the
 * length of the content, `lengthFactor`, divided by `lengthDivisor`.
 */
const saturation = (frequency: SQL, length: SQL): SQL => {
  const times = sql`(${length}::float8 / ${float(SHORT)})`;
  const long = sql`${float(HIGHEST)} * ${frequency} / (${frequency} + sqrt(${times})) / (1 + ${float(LENGTH_SLOPE)} * ln(${times}))`;
  return sql`case when ${length} <= ${sql.raw(String(SHORT))} then ${float(HIGHEST)} * ${frequency} / (${frequency} + 1) else ${long} end`;
};

/** What a statement with common tables of its own begins with. */
export const commonTables = (needsPolicies: boolean, reading: Reading): SQL =>
  needsPolicies ? sql`${withPolicies(reading)},` : sql`with`;

/** The postings that a term `l` has, as they are. */
const postingsNow = (searched: Searched, workspaceId: string): SQL => sql`
  select ${p.memoryId}, ${p.frequency}, ${p.length} from ${aliased(p)}
  where ${searchedSql(p, searched, workspaceId)} and ${p.term} = l.lexeme collate "C"`;

/** The postings that a term `l` had when a list began: of what has come since none, of what has changed the former. */
const postingsThen = (searched: Searched, workspaceId: string): SQL => sql`
  (${postingsNow(searched, workspaceId)} and not exists (select from changed where ${changed.id} = ${p.memoryId}))
  union all
  select ${changed.id}, coalesce(cardinality(t.positions), 1)::smallint, ${lengthSql(changed.content)}
  from changed cross join lateral unnest(${changed.search}) t
  where t.lexeme = l.lexeme`;

/**
 * The common table `changed`: memories that have come or changed since a list began, and what they were found by then.
 */
const changedSql = (searched: Searched, workspaceId: string, asOf: Date): SQL => sql`changed as materialized (
    select ${h.id}, ${h.search}, ${h.content} from ${aliased(h)}
    where ${searchedSql(h, searched, workspaceId)} and ${h.knownUntil} > ${moment(asOf)} and ${h.knownFrom} <= ${moment(asOf)}
    union all
    select ${m.id}, null, null from ${aliased(m)}
    where ${searchedSql(m, searched, workspaceId)} and ${m.recordedAt} > ${moment(asOf)}
  ), `;

/**
 * The common table `hit`: which memories have which of the terms, by number, and what each scores of its own words; where
 * only names of entities that it mentions have it, its frequency is 0. `mentioned` are those, see {@link mentionedSql}.
 */
function hitSql(
  searched: Searched,
  workspaceId: string,
  terms: readonly Term[],
  maxHits: number,
  asOf: Date | undefined,
  mentioned: SQL | undefined,
): SQL {
  const lexemes = terms.flatMap((term, index) =>
    term.lexemes.map((lexeme) => ({ index, lexeme, weight: term.weight })),
  );
  const found = sql`
      select ${p.memoryId}, l.number, max(l.weight * ${saturation(p.frequency, p.length)}) as own, max(${p.frequency}) as frequency
      from (select unnest(${`{${lexemes.map(({ index }) => index).join(',')}}`}::int[]) as number,
        unnest(${texts(lexemes.map(({ lexeme }) => lexeme))}) as lexeme,
        unnest(${`{${lexemes.map(({ weight }) => weight).join(',')}}`}::float8[]) as weight) l
      cross join lateral (
        select * from (${asOf ? postingsThen(searched, workspaceId) : postingsNow(searched, workspaceId)}) p
        order by ${p.memoryId} desc limit ${maxHits}) p
      group by ${p.memoryId}, l.number`;
  if (!mentioned) return sql`hit as materialized (${found})`;
  return sql`said as materialized (${found}), hit as materialized (
      select ${hit.memoryId}, hit.number, max(hit.own) as own, max(${hit.frequency}) as frequency
      from (select * from said union all ${mentioned}) hit group by ${hit.memoryId}, hit.number
    )`;
}

/** The length of a content as postings have it. */
export const lengthSql = (content: SQL): SQL<number> => sql<number>`least(octet_length(${content}) / 10, 32767)`;

const float = (value: number): SQL => sql.raw(`${value}::float8`);

/** The lengths of what lies around a lineage, that of the longest version of each. */
const lengthsAround = (workspaceId: string, asOf: Date | undefined): SQL => sql`array(
  select coalesce((
    select max(${lengthSql(around.content)}) from ${aliased(around)}
    where ${around.workspaceId} = ${workspaceId} and ${around.lineageId} = near.id
      ${asOf ? sql`and ${around.recordedAt} <= ${moment(asOf)}` : sql.empty()}
  ), 0) from unnest(${n.near}) with ordinality near (id, place) order by near.place)`;

/** A source as it is read: lists as text, which costs a third of what JSON does. */
const sourceFields = fields({
  ...pick(chosen, 'id', 'lineageId'),
  terms: sql<string>`matched.numbers`,
  owns: sql<string>`matched.owns`,
  frequencies: sql<string>`matched.frequencies`,
  near: sql<string | null>`${n.near}::text`,
  hops: sql<string | null>`${n.hops}::text`,
  lengths: sql<string | null>`n.lengths::text`,
});

/** The elements of an array as PostgreSQL writes it, of what needs no quotes; of null none. */
const elements = (array: string | null): string[] => (array && array !== '{}' ? array.slice(1, -1).split(',') : []);

/**
 * The memories that have the question's terms, in one statement: the best by their own words among those of the filter's
 * statuses, from which scores spread, and, where the filter says more, the best among those that pass it. At most
 * `maxHits` postings of a term are followed. What mentions an entity has the terms of its names. A reading of the past
 * finds what held then, by today's index.
 */
export async function findSources(
  tx: Transaction,
  reading: Reading,
  searched: Searched,
  terms: readonly Term[],
  filter: MemoryFilter,
  maxHits: number,
  asOf: Date | undefined,
  mentioning: Mentioning,
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
  const mentioned = mentionedSql(
    searched,
    reading,
    mentioning,
    (weight) => sql`${weight} * ${saturation(sql`1`, lengthSql(m.content))}`,
  );
  const rows = await tx.rows<RowOf<typeof sourceFields>>(sql`
    ${commonTables(filter.minImportance != null, reading)}
    ${asOf ? changedSql(searched, workspaceId, asOf) : sql.empty()}
    ${hitSql(searched, workspaceId, terms, maxHits, asOf, mentioned)}, best as materialized (
      select ${hit.memoryId}, sum(own order by number) as score from hit group by ${hit.memoryId}
    ), chosen as materialized (${sql.join(branches, sql` union `)}), matched as materialized (
      select ${chosen.id}, string_agg(hit.number::text, ',' order by hit.number) as numbers,
        string_agg(hit.own::text, ',' order by hit.number) as owns,
        string_agg(hit.frequency::text, ',' order by hit.number) as frequencies
      from chosen join hit on ${hit.memoryId} = ${chosen.id} group by ${chosen.id}
    )
    select ${sourceFields} from chosen join matched on ${matched.id} = ${chosen.id}
    left join lateral (
      select ${n.near}, ${n.hops}, ${lengthsAround(workspaceId, asOf)} as lengths from ${aliased(n)}
      where ${n.workspaceId} = ${workspaceId} and ${n.lineageId} = ${chosen.lineageId} limit 1
    ) n on true`);
  return rows.map(({ id, lineageId, terms, owns, frequencies, near, hops, lengths }) => ({
    id,
    lineageId,
    terms: terms.split(',').map(Number),
    owns: owns.split(',').map(Number),
    near: elements(near),
    hops: elements(hops).map(Number),
    frequencies: frequencies.split(',').map(Number),
    lengths: elements(lengths).map(Number),
  }));
}
