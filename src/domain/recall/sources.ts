import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, moment, texts } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, type RowOf, under } from '../../db/typed-sql.ts';
import { withPolicies } from '../../model/decay/importance.ts';
import { LENGTH_SLOPE, PASSAGE_FACTOR, SHORT } from '../../model/recall/length.ts';
import {
  bestPassagesSql,
  beyondAllSql,
  countHits,
  type Hit,
  passageSql,
  placesSql,
} from '../../model/recall/passages.ts';
import type { Source } from '../../model/recall/spread.ts';
import { memories, memoriesHistory } from '../../tables/memory.ts';
import { neighborhoods, postings } from '../../tables/recall.ts';
import { filterConditions, type MemoryFilter } from '../memory/filter.ts';
import type { Term } from './analysis.ts';
import { type Mentioning, mentionedSql } from './mentioned.ts';
import { postingsOf, wholePosting } from './postings.ts';
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
const placed = under(memories, 'placed');

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
 * length of the content, `lengthFactor`, or is that of a passage, divided by `lengthDivisor`.
 */
const saturation = ({
  frequency,
  length,
  passage,
  inside,
}: Record<'frequency' | 'length' | 'passage' | 'inside', SQL>): SQL => {
  const times = sql`(${length}::float8 / ${float(SHORT)})`;
  const highest = float(HIGHEST);
  return sql`case when ${length} <= ${sql.raw(String(SHORT))} then ${highest} * ${frequency} / (${frequency} + 1)
    else (case when ${passage} < 0 then ${highest} * ${frequency} / (${frequency} + sqrt(${times}))
      else ${highest} * ${inside} / (${inside} + ${float(PASSAGE_FACTOR)}) end) / (1 + ${float(LENGTH_SLOPE)} * ln(${times})) end`;
};

/** A name of an entity counts as if it stood in the memory once, with every passage. */
const ONCE = { frequency: sql`1`, passage: sql`-1`, inside: sql`1` };

/** What a statement with common tables of its own begins with. */
export const commonTables = (needsPolicies: boolean, reading: Reading): SQL =>
  needsPolicies ? sql`${withPolicies(reading)},` : sql`with`;

/** The postings that a term `l` has, as they are. */
const postingsNow = (searched: Searched, workspaceId: string): SQL =>
  postingsOf(sql`l.lexeme`, searched, workspaceId, wholePosting);

/** The postings that a term `l` had when a list began: of what has come since none, of what has changed the former. */
const postingsThen = (searched: Searched, workspaceId: string): SQL => sql`
  select * from (${postingsNow(searched, workspaceId)}) p where not exists (select from changed where ${changed.id} = ${p.memoryId})
  union all
  select ${changed.id}, coalesce(cardinality(t.positions), 1)::smallint, ${lengthSql(changed.content)},
    ${placesSql({ positions: sql`t.positions`, weights: sql`t.weights`, length: lengthSql(changed.content) })}
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
 * The common tables `hit`: which memories have which of the terms, by number, in which passages, and what each scores;
 * and `best`: what memories score by their own words, in their best passage. `mentioned` are those that have terms by the
 * names of entities alone, with a frequency of 0, see {@link mentionedSql}.
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
  const counted = {
    frequency: sql`max(p.frequency)`,
    length: sql`max(${p.length})`,
    passage: passageSql(sql`p.place`),
    inside: sql`count(*)`,
  };
  const found = sql`
      select ${p.memoryId}, p.number, ${counted.passage} as passage, ${counted.frequency} as frequency, ${counted.inside} as inside,
        max(p.weight) * (${saturation(counted)}) as own
      from (
        select l.number, l.weight, ${p.memoryId}, p.frequency, ${p.length}, unnest(coalesce(p.places, '{0}')) as place
        from (select unnest(${`{${lexemes.map(({ index }) => index).join(',')}}`}::int[]) as number,
          unnest(${texts(lexemes.map(({ lexeme }) => lexeme))}) as lexeme,
          unnest(${`{${lexemes.map(({ weight }) => weight).join(',')}}`}::float8[]) as weight) l
        cross join lateral (
          select * from (${asOf ? postingsThen(searched, workspaceId) : postingsNow(searched, workspaceId)}) p
          order by ${p.memoryId} desc limit ${maxHits}) p
      ) p
      group by ${p.memoryId}, p.number, passage`;
  if (!mentioned) return sql`hit as materialized (${found}), best as materialized (${bestPassagesSql(sql`hit`)})`;
  return sql`said as materialized (${found}), hit as materialized (
      select ${hit.memoryId}, hit.number, hit.passage, max(hit.frequency) as frequency, max(hit.inside) as inside, max(hit.own) as own
      from (select * from said union all ${mentioned}) hit group by ${hit.memoryId}, hit.number, hit.passage
    ), best as materialized (${bestPassagesSql(beyondAllSql(sql`hit`))})`;
}

/** The length of a content as postings have it. */
export const lengthSql = (content: SQL): SQL<number> => sql<number>`least(octet_length(${content}) / 10, 32767)`;

const float = (value: number): SQL => sql.raw(`${value}::float8`);

/** What is long of the versions of lineages that lie around those in `placed`: each is looked up once. */
const longAround = (workspaceId: string, asOf: Date | undefined): SQL => sql`
  select null, ${around.lineageId}, null, null, null, ${lengthSql(around.content)} from ${aliased(around)}
  where ${around.workspaceId} = ${workspaceId}
    and ${around.lineageId} = any(array(select distinct unnest(placed.near) from placed))
    and ${lengthSql(around.content)} > ${sql.raw(String(SHORT))}
    ${asOf ? sql`and ${around.recordedAt} <= ${moment(asOf)}` : sql.empty()}`;

/**
 * A source as it is read: lists as text, which costs a third of what JSON does. Without an id it is no source, but a
 * lineage around some that is long.
 */
const sourceFields = fields({
  id: sql<string | null>`placed.id`,
  lineageId: placed.lineageId,
  matched: sql<string>`placed.matched`,
  near: sql<string | null>`placed.near::text`,
  hops: sql<string | null>`placed.hops::text`,
  length: sql<number | null>`null::int`,
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
    (weight) => sql`${weight} * (${saturation({ ...ONCE, length: lengthSql(m.content) })})`,
  );
  const rows = await tx.rows<RowOf<typeof sourceFields>>(sql`
    ${commonTables(filter.minImportance != null, reading)}
    ${asOf ? changedSql(searched, workspaceId, asOf) : sql.empty()}
    ${hitSql(searched, workspaceId, terms, maxHits, asOf, mentioned)},
    chosen as materialized (${sql.join(branches, sql` union `)}), matched as materialized (
      select ${chosen.id}, string_agg(concat_ws(' ', hit.number, hit.passage, hit.own, hit.frequency, hit.inside), ','
        order by hit.number, hit.passage) as matched
      from chosen join hit on ${hit.memoryId} = ${chosen.id} group by ${chosen.id}
    ), placed as materialized (
      select chosen.*, matched.matched, n.* from chosen join matched on ${matched.id} = ${chosen.id}
      left join lateral (
        select ${n.near}, ${n.hops} from ${aliased(n)}
        where ${n.workspaceId} = ${workspaceId} and ${n.lineageId} = ${chosen.lineageId} limit 1
      ) n on true
    )
    select ${sourceFields} from placed union all ${longAround(workspaceId, asOf)}`);
  const lengths = new Map<string, number>();
  for (const { id, lineageId, length } of rows) {
    if (id === null) lengths.set(lineageId, Math.max(length ?? 0, lengths.get(lineageId) ?? 0));
  }
  return rows.flatMap(({ id, lineageId, matched, near, hops }) => {
    if (id === null) return [];
    const around = elements(near);
    const lengthsAround = around.map((lineage) => lengths.get(lineage) ?? 0);
    const counted = countHits(matched.split(',').map(hitOf));
    return { id, lineageId, ...counted, near: around, hops: elements(hops).map(Number), lengths: lengthsAround };
  });
}

/** A hit as `matched` lists them. */
function hitOf(text: string): Hit {
  const [term, passage, own, frequency, inPassage] = text.split(' ').map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { term, passage, own, frequency, inPassage };
}
