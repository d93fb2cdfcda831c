import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, fenced, moment } from '../../db/sql.ts';
import { aliased, fields, pick, under } from '../../db/typed-sql.ts';
import { companionIdSql } from '../../model/companion/ref.ts';
import { anyOpenSql } from '../../model/finding/outdated.ts';
import { type MemoryColumns, selectMemory } from '../../model/memory/columns.ts';
import { SHORT } from '../../model/recall/length.ts';
import { countedSql } from '../../model/recall/passages.ts';
import { inOrderSql, rankedSql, sourcesOfSql, spreadSql } from '../../model/recall/spread.ts';
import { userIdSql } from '../../model/user/ref.ts';
import { memoryEmbeddings } from '../../tables/embedding.ts';
import { memories } from '../../tables/memory.ts';
import { vectorText } from '../embedding/vector-text.ts';
import { filterConditions, type MemoryFilter } from '../memory/filter.ts';
import type { Term } from './analysis.ts';
import type { Mentioning } from './mentioned.ts';
import { aroundSql, found, partsFields, similaritySql } from './parts.ts';
import type { Search } from './search.ts';
import { searchedSql } from './searched.ts';
import { commonTables, isSelective, lengthSql, MAX_SOURCES, sourcesSql } from './sources.ts';
import { distancesSql, nearestRows, nearestSql, type QueryVector } from './vectors.ts';

const around = under(memories, 'around');
const e = under(memoryEmbeddings, 'e');
const m = under(memories, 'm');
const nearest = nearestRows('nearest');
const near = under(memories, 'near');

/**
 * How many memories are scored: the most relevant by words, and as many by vectors. No others are listed.
 */
export const MAX_RELEVANT = 100;
/** How many candidates by words are read to find as many that pass the filter. */
const MAX_CANDIDATES = 1_000;
/** If words find fewer candidates, vectors made of words add some. */
const MIN_CANDIDATES = 50;

/** How a search goes about it. */
export interface Way {
  terms: readonly Term[];
  /** How many postings of a term are followed at most. */
  maxHits: number;
  mentioning: Mentioning;
  /** Vectors add candidates; undefined: if words find few. */
  proposes: boolean | undefined;
  /** Where a memory has its score from is said. */
  explains: boolean;
  /** Whether the workspace has findings that wait for a verdict is said. */
  countsFindings: boolean;
  /** When the list began. */
  asOf: Date | undefined;
}

/** What words say of a memory that was found; null where they do not take part, or have nothing to do with it. */
export interface WordsRow {
  /** How many candidates there are, where that decides whether vectors add some. */
  candidates?: number;
  words?: number | null;
  /** How many times longer than a short content it is, where that divides what has come to it. */
  times?: number | null;
  /** Its own terms: see countedSql. */
  terms?: string | null;
  own?: number | null;
  passage?: number | null;
  /** The memories that its score has come from, besides itself. */
  sources?: string | null;
  /** Whether anything in the workspace waits for a verdict, where that is asked. */
  mayHaveFindings?: boolean;
}

/** True of a filter that may let several versions of one memory through. */
export const mayHoldTwice = ({ statuses }: MemoryFilter): boolean =>
  statuses.some((status) => status !== 'ACTIVE' && status !== 'DISPUTED');

/** Whether vectors add candidates, as far as that is known before. */
const proposesBefore = ({ analysis, vector }: Search, { proposes }: Way): boolean | undefined =>
  proposes ?? (vector?.isLexical && analysis ? undefined : true);

/** Whether vectors added candidates to what was found. */
export const hasProposed = (given: Search, way: Way, [row]: readonly WordsRow[]): boolean =>
  proposesBefore(given, way) ?? (row?.candidates ?? 0) < MIN_CANDIDATES;

/**
 * The statement of a search: `then` is its reading, `reading` that at which what was found is shown. All is done in one: what
 * is found by words, what spreads from that, the nearest vectors, and what the scores of all these depend on.
 */
export function searchSql(given: Search, then: Reading, reading: Reading, columns: MemoryColumns, way: Way): SQL {
  const { analysis, vector, filter } = given;
  const { asOf, explains, countsFindings } = way;
  const proposes = vector ? proposesBefore(given, way) : false;
  // Compared once, for all that is asked of them.
  const distances = vector && proposes && !widthOf(given) ? sql`distances` : undefined;
  const conditions = filterConditions(filter, then);
  const tables: SQL[] = [];
  if (analysis) tables.push(wordsTables(given, then, way));
  if (vector && distances) {
    tables.push(sql`distances as materialized (${distancesSql(vector, amongSql(given, then))})`);
  }
  if (vector && proposes !== false) tables.push(nearestTable(given, vector, then, conditions, { proposes, distances }));
  if (analysis) tables.push(rankedTables(given, then, way, conditions, proposes !== false));
  tables.push(foundTable(analysis !== null, proposes !== false));
  const blends = vector && given.blends;
  if (blends) tables.push(aroundSql(vector, then, distances));
  const looked = { analysis, mayHaveEnded: mayHoldTwice(filter), looksFar: given.looksFar };
  return sql`
    ${commonTables(filter.minImportance != null, then)} ${sql.join(tables, sql`, `)}
    select ${vector ? similaritySql(vector, then, distances) : sql`null::float8`} as similarity,
      ${blends ? sql`beside.similarity as around,` : sql.empty()} ${partsFields(then, looked)},
      ${analysis ? sql`${wordsFields(explains, proposes === undefined)}, ` : sql.empty()}
      ${countsFindings ? sql`${fields({ mayHaveFindings: anyOpenSql(then.workspaceId) })}, ` : sql.empty()}
      ${selectMemory(columns, asOf ? m : found, reading, 'm.')}
    from found ${asOf ? reading.lookUp(m, sql`${m.id} = ${found.id}`) : sql.empty()}
    ${distances ? sql`left join distances on ${distance.memoryId} = ${found.id}` : sql.empty()}
    ${blends ? sql`left join beside on beside.id = ${found.id}` : sql.empty()}
    ${
      analysis
        ? sql`left join ranked on ranked.lineage = ${found.lineageId} and ${standsFor(found.id, filter)}
    left join spoken on spoken.id = ranked.id`
        : sql.empty()
    }`;
}

/**
 * Whether a candidate stands for a memory of its lineage: for the one that it names, or for the one that has no words itself. If
 * only one version of each lineage can be found, none that has words is found beside one of the others.
 */
const standsFor = (id: SQL, filter: MemoryFilter, of = sql.raw('ranked')): SQL =>
  mayHoldTwice(filter)
    ? sql`(${of}.id = ${id} or ${of}.id is null and ${id} not in (select spoken.id from spoken))`
    : sql`(${of}.id is null or ${of}.id = ${id})`;

const distance = under(memoryEmbeddings, 'distances');

/** How widely an index is searched; undefined: all vectors are compared. Those about one user are few. */
const widthOf = ({ user, width }: Search): number | undefined => (user ? undefined : width);

/**
 * The vectors `e` of what is searched. If all are compared, the companion is a literal, for the planner: how many it has decides how
 * they are best read.
 */
const amongSql = (given: Search, { workspaceId }: Reading): SQL[] =>
  given.vector?.isLexical
    ? [searchedSql(e, given, workspaceId)]
    : [
        sql`${e.workspaceId} = ${workspaceId}`,
        sql`${e.companionId} = ${companionIdSql(given.companion, workspaceId)}`,
        ...(given.user ? [sql`${e.userId} = ${userIdSql(given.user, workspaceId)}`] : []),
      ];

/** What is found by words, and what spreads from it: `candidate`. */
const wordsTables = (given: Search, then: Reading, { terms, maxHits, mentioning, explains, asOf }: Way): SQL => sql`
  ${sourcesSql(given, then, terms, given.filter, maxHits, asOf, mentioning)}, ${countedSql},
    ${spreadSql({ explains, mayHoldTwice: mayHoldTwice(given.filter) })}`;

/** The nearest by their vectors that pass the filter, rows of `memories`. */
function nearestTable(
  given: Search,
  vector: QueryVector,
  then: Reading,
  conditions: readonly SQL[],
  { proposes, distances }: { proposes: boolean | undefined; distances: SQL | undefined },
): SQL {
  const { workspaceId } = then;
  const ifFew = sql`(select count(*) from candidate) < ${sql.raw(String(MIN_CANDIDATES))}`;
  const vectors = nearestSql({
    to: sql`${vectorText(vector.values)}`,
    model: vector,
    among: [...amongSql(given, then), ...(proposes === undefined ? [ifFew] : [])],
    distances,
    memory: {
      from: then.from(m),
      passes: [sql`${m.workspaceId} = ${workspaceId}`, sql`${m.id} = ${e.memoryId}`, ...conditions],
    },
    limit: given.nearest === MAX_RELEVANT ? sql.raw(String(MAX_RELEVANT)) : sql`${given.nearest}`,
    // As a recall lists them: then a list that begins with the nearest goes on where it left off.
    ties: 'highest first',
    width: widthOf(given),
  });
  return sql`near as materialized (
    select m.* from (${vectors}) nearest ${then.lookUp(m, sql`${m.id} = ${nearest.id}`)})`;
}

/**
 * The candidates by words in their order, `ranked`, and the best that pass the filter, rows of `memories`: `words`. Their
 * lengths are read only of those that may be among these or that vectors have found. What lets its scores spread passes
 * the filter if that says nothing but statuses: if there are enough of them, no other that scores less is listed.
 */
function rankedTables(
  given: Search,
  then: Reading,
  { asOf }: Way,
  conditions: readonly SQL[],
  hasNearest: boolean,
): SQL {
  const { workspaceId } = then;
  const { filter } = given;
  const inOrder = inOrderSql(MAX_CANDIDATES);
  const lengthOfAround = lengthSql(around.content);
  const passes = [
    standsFor(sql`${m.id}`, filter, sql.raw('candidate')),
    searchedSql(pick(m, 'companionId', 'userId'), given, workspaceId),
    ...conditions,
  ];
  // By lineage and nothing else: without statistics the planner would rather read all the companion has.
  const versions = fenced(sql`
    select * from ${then.from(m)} where ${m.workspaceId} = ${workspaceId} and ${m.lineageId} = candidate.lineage`);
  // Sums of the same parts may differ in their last digit.
  const least = sql`(select case when count(*) >= ${sql.raw(String(MAX_SOURCES))} then 0.999999 * min(own) else 0 end from spoken)`;
  return sql`long as materialized (
      select ${around.lineageId} as lineage, max(${lengthOfAround})::float8 / ${sql.raw(String(SHORT))} as times from ${aliased(around)}
      where ${around.workspaceId} = ${workspaceId} and ${around.lineageId} = any(array(
          select lineage from candidate ${isSelective(filter) ? sql.empty() : sql`where score >= ${least}`}
          ${hasNearest ? sql`union select ${near.lineageId} from near` : sql.empty()}))
        and ${lengthOfAround} > ${sql.raw(String(SHORT))} ${asOf ? sql`and ${around.recordedAt} <= ${moment(asOf)}` : sql.empty()}
      group by ${around.lineageId}
    ), ${rankedSql}, words as materialized (
      select m.* from ${inOrder.from} cross join lateral ${versions} m
      where ${all(passes)}
      order by ${inOrder.order} limit ${sql.raw(String(MAX_RELEVANT))})`;
}

/** What was found, rows of `memories`. */
function foundTable(hasWords: boolean, hasNearest: boolean): SQL {
  if (!hasWords) return sql`found as materialized (select * from near)`;
  if (!hasNearest) return sql`found as materialized (select * from words)`;
  return sql`found as materialized (
    select * from words union all select * from near where ${near.id} not in (select words.id from words))`;
}

/** A {@link WordsRow}. */
function wordsFields(explains: boolean, isCounted: boolean): SQL {
  return fields({
    words: sql`ranked.words`,
    times: sql`ranked.times`,
    terms: sql`spoken.terms`,
    own: sql`spoken.own`,
    passage: sql`spoken.passage`,
    ...(isCounted && { candidates: sql`(select count(*)::int from candidate)` }),
    ...(explains && {
      sources: sourcesOfSql,
    }),
  });
}
