import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, fenced } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { names, under } from '../../db/typed-sql.ts';
import { companionIdSql } from '../../model/companion/ref.ts';
import { type MemoryColumns, type MemoryRow, pickMemory, selectMemory } from '../../model/memory/columns.ts';
import type { Position } from '../../model/paging/cursor.ts';
import { type Scored, scoreOf, type Weights } from '../../model/recall/score.ts';
import { type Candidate, spread } from '../../model/recall/spread.ts';
import { type Span, spanOfEvent } from '../../model/recall/times.ts';
import { userIdSql } from '../../model/user/ref.ts';
import { memoryEmbeddings } from '../../tables/embedding.ts';
import { memories } from '../../tables/memory.ts';
import { vectorText } from '../embedding/vector-text.ts';
import { filterConditions, type MemoryFilter } from '../memory/filter.ts';
import { type Analysis, MAX_HITS, MAX_HITS_WIDE, type Term } from './analysis.ts';
import { cuesOf } from './cues.ts';
import { MAX_MENTIONED, MAX_MENTIONED_WIDE, type Mentioning } from './mentioned.ts';
import { aroundSql, beginningOf, found, type PartsRow, partsFields, similaritySql } from './parts.ts';
import type { Searched } from './searched.ts';
import { commonTables, findSources, HIGHEST, isSelective } from './sources.ts';
import { nearestRows, nearestSql, type QueryVector } from './vectors.ts';

const candidate = under(memories, 'candidate');
const e = under(memoryEmbeddings, 'e');
const m = under(memories, 'm');
const nearest = nearestRows('nearest');

/**
 * How many memories are scored: the most relevant by words, and as many by vectors. No others are listed.
 */
export const MAX_RELEVANT = 100;
/** How many candidates by words are read to find as many that pass the filter. */
const MAX_CANDIDATES = 1_000;
/** How many are read first if the filter has nothing but statuses: most pass then. */
const FEW_CANDIDATES = 250;
/** If words find fewer candidates, vectors made of words add some. */
const MIN_CANDIDATES = 50;

/** What to search for, where, and with which weights. */
export interface Search extends Searched {
  filter: MemoryFilter;
  /** The words; null: words do not take part. */
  analysis: Analysis | null;
  /** The vector; null: vectors do not take part. */
  vector: QueryVector | null;
  weights: Weights;
  /** How widely an index of vectors is searched; undefined: all of them are compared. */
  width?: number | undefined;
  /**
   * The least similarity of a memory's vector. Null: the vector's `floor`, and none for memories that have words of the
   * question, or are near a memory that has.
   */
  least: number | null;
  /** How many of the nearest by vector are scored. */
  nearest: number;
  /** The vectors of what comes before and after a memory count, too. */
  blends: boolean;
}

/** A memory that was found, with everything that its score is made of. */
export interface Recalled extends Scored {
  memory: MemoryRow;
  /** The candidate by its own words and those around it; null if words do not take part. */
  candidate: Candidate | null;
  /** `context.conversationId`. */
  conversation: string | null;
  validFrom: Date;
  /** Its content, at least the beginning. */
  said: string;
}

/** How the first page of a list searched: later pages search the same way. */
export interface Manner {
  /** It read all postings, not only those of rare terms. */
  isWide: boolean;
  /** Vectors added candidates. */
  proposes: boolean;
  /** The time before or after the event that the question names; null: no event, or its time is not known. */
  eventSpan: Span | null;
}

/** What was found, best first, and how it was searched. */
export interface Found extends Manner {
  recalled: Recalled[];
}

/**
 * The memories that fit best. It reads the postings of rare terms first; if that leaves some out and finds too few, it
 * reads all.
 */
export async function search(
  tx: Transaction,
  reading: Reading,
  given: Search,
  asOf: Date | undefined,
  columns: MemoryColumns,
  manner?: Manner,
): Promise<Found> {
  const result = await lookFor(tx, reading, given, asOf, columns, manner ?? { isWide: false });
  const isShort = !manner && given.analysis?.isCut === true && result.recalled.length < MAX_RELEVANT;
  const { recalled, ...how } = isShort ? await lookFor(tx, reading, given, asOf, columns, { isWide: true }) : result;
  return { ...how, recalled: recalled.filter((each) => isListed(each, given)) };
}

/** Whether a memory is similar enough to be listed. */
function isListed({ candidate, similarity }: Recalled, { vector, least }: Search): boolean {
  if (!vector) return true;
  if (least !== null) return (similarity ?? -1) >= least;
  return candidate !== null || (similarity ?? -1) >= vector.floor;
}

async function lookFor(
  tx: Transaction,
  reading: Reading,
  given: Search,
  asOf: Date | undefined,
  columns: MemoryColumns,
  { isWide, proposes: proposed, eventSpan: kept }: Pick<Manner, 'isWide'> & Partial<Manner>,
): Promise<Found> {
  const then = reading.asOf(asOf);
  const { analysis, filter, vector, weights } = given;
  const terms = analysis ? (isWide ? analysis.terms : analysis.terms.slice(0, analysis.rare)) : [];
  const mentioning = mentioningOf(given, terms, isWide);
  const maxHits = isWide ? MAX_HITS_WIDE : MAX_HITS;
  const sources = await findSources(tx, then, given, terms, filter, maxHits, asOf, mentioning);
  const spreadOut = spread(sources);
  const candidates = (mayHoldTwice(filter) ? spreadOut : oncePerLineage(spreadOut)).slice(0, MAX_CANDIDATES);
  const best = terms.reduce((total, { weight }) => total + weight * HIGHEST, 0);
  // A vector made of words finds what words find: it is needed only if they find little.
  const proposes = proposed ?? (!vector?.isLexical || !analysis || candidates.length < MIN_CANDIDATES);
  const looked = { analysis, mayHaveEnded: mayHoldTwice(filter) };
  const read = (among: readonly Candidate[]) => {
    const branches = analysis ? [byWordsSql(given, then, among)] : [];
    if (vector && proposes) branches.push(byVectorSql(given, vector, then));
    return tx.rows<PartsRow>(sql`
      ${commonTables(filter.minImportance != null, then)} found as (${sql.join(branches, sql` union all `)})
      select ${vector ? similaritySql(vector, then) : sql`null::float8`} as similarity,
        ${vector && given.blends ? sql`${aroundSql(vector, then)} as around,` : sql.empty()} ${partsFields(then, columns, looked)},
        ${selectMemory(columns, asOf ? m : found, reading, 'm.')}
      from found ${asOf ? reading.lookUp(m, sql`${m.id} = ${found.id}`) : sql.empty()}`);
  };
  const few = proposes || isSelective(filter) ? candidates : candidates.slice(0, FEW_CANDIDATES);
  const foundAmongFew = await read(few);
  const isComplete = few.length === candidates.length || foundAmongFew.length >= MAX_RELEVANT;
  const rows = isComplete ? foundAmongFew : await read(candidates);
  const byId = new Map(candidates.map((candidate) => [candidate.id ?? candidate.lineageId, candidate]));
  const known = rows.map((row) => {
    const memory = pickMemory(columns, row, 'm.');
    return { row, memory, candidate: byId.get(memory.id) ?? byId.get(memory.lineageId) ?? null };
  });
  const eventSpan = kept === undefined ? analysis && dateEvent(analysis, terms.length, known) : kept;
  const recalled = new Map<string, Recalled>();
  for (const { row, memory, candidate } of known) {
    const { similarity, conversation, validFrom } = row;
    const said = row.beginning ?? beginningOf(memory.content);
    const parts = {
      similarity,
      around: similarity === null || row.around === undefined ? similarity : row.around,
      lexical: best > 0 && candidate ? candidate.score / best : 0,
      length: row.length,
      cues: cuesOf(analysis && { ...analysis, span: analysis.span ?? eventSpan ?? undefined }, {
        ...row,
        content: said,
      }),
      ageDays: row.age,
      importance: row.importance / 10,
      confidence: row.confidence,
    };
    recalled.set(memory.id, { memory, candidate, conversation, validFrom, said, ...scoreOf(parts, weights, best) });
  }
  const inOrder = [...recalled.values()].sort((x, y) => comparePositions(positionOf(y), positionOf(x)));
  return { recalled: inOrder, isWide, proposes, eventSpan };
}

/**
 * The time of the event that a question names, by the memories found that have all its words; null: not known.
 * `followed`: how many of the question's terms were looked for.
 */
function dateEvent(
  { event, terms }: Analysis,
  followed: number,
  known: readonly { row: PartsRow; candidate: Candidate | null }[],
): Span | null {
  const named = terms.flatMap(({ lexemes }, term) =>
    event?.lexemes.some((each) => lexemes.includes(each)) ? [term] : [],
  );
  if (!event || named.length === 0 || named.some((term) => term >= followed)) return null;
  const speaking = known.filter(({ candidate }) => named.every((term) => candidate?.ownTerms.includes(term)));
  return (
    spanOfEvent(
      event.side,
      speaking.map(({ row }) => row.validFrom),
    ) ?? null
  );
}

/** What is looked for of mentions of the entities that a question names. */
function mentioningOf({ analysis, user }: Search, terms: readonly Term[], isWide: boolean): Mentioning {
  const { entities = [], isMentionedOften = false } = analysis ?? {};
  const [most, mostOfEach] = isWide ? [MAX_MENTIONED_WIDE, MAX_MENTIONED_WIDE] : [MAX_MENTIONED, MAX_HITS];
  return { entities, terms, most, mostOfEach, alsoOfBest: isMentionedOften || user ? MAX_HITS : 0 };
}

/** True of a filter that may let several versions of one memory through. */
const mayHoldTwice = ({ statuses }: MemoryFilter): boolean =>
  statuses.some((status) => status !== 'ACTIVE' && status !== 'DISPUTED');

/** Without what stands for any version, where the one there is has words of its own. */
function oncePerLineage(candidates: readonly Candidate[]): Candidate[] {
  const named = new Set(candidates.flatMap(({ id, lineageId }) => (id ? [lineageId] : [])));
  return candidates.filter(({ id, lineageId }) => id !== null || !named.has(lineageId));
}

/** Where a memory stands in a recall's list. */
export const positionOf = ({ score, memory }: Recalled): Position & { value: number } => ({
  value: score,
  id: memory.id,
});

/** Negative where the first has the lower score, or among equals the lower key. */
export function comparePositions(a: Position, b: Position): number {
  if (a.value !== b.value) return Number(a.value) - Number(b.value);
  return a.id === b.id ? 0 : a.id < b.id ? -1 : 1;
}

/** The candidates by words that pass the filter, rows of `memories`: the best, until there are enough. */
function byWordsSql({ companion, user, filter }: Search, reading: Reading, candidates: readonly Candidate[]): SQL {
  const { workspaceId } = reading;
  const conditions = [
    sql`(${candidate.id} is null or ${m.id} = ${candidate.id})`,
    sql`${m.companionId} = ${companionIdSql(companion, workspaceId)}`,
    ...(user ? [sql`${m.userId} = ${userIdSql(user, workspaceId)}`] : []),
    ...filterConditions(filter, reading),
  ];
  // By lineage and nothing else: without statistics the planner would rather read all the companion has.
  const versions = fenced(sql`
    select * from ${reading.from(m)} where ${m.workspaceId} = ${workspaceId} and ${m.lineageId} = ${candidate.lineageId}`);
  return sql`(
    select m.* from unnest(
      ${`{${candidates.map(({ id }) => id ?? 'null').join(',')}}`}::uuid[],
      ${`{${candidates.map(({ lineageId }) => lineageId).join(',')}}`}::uuid[]
    ) with ordinality candidate (${names(memories, 'id', 'lineageId')}, place)
    cross join lateral ${versions} m
    where ${all(conditions)}
    order by candidate.place limit ${sql.raw(String(MAX_RELEVANT))})`;
}

/** The nearest by their vectors that pass the filter, rows of `memories`. */
function byVectorSql(
  { companion, user, filter, width, nearest: limit }: Search,
  vector: QueryVector,
  reading: Reading,
): SQL {
  const { workspaceId } = reading;
  const vectors = nearestSql({
    to: sql`${vectorText(vector.values)}`,
    model: vector,
    among: [
      sql`${e.workspaceId} = ${workspaceId}`,
      sql`${e.companionId} = ${companionIdSql(companion, workspaceId)}`,
      ...(user ? [sql`${e.userId} = ${userIdSql(user, workspaceId)}`] : []),
    ],
    memory: {
      from: reading.from(m),
      passes: [
        sql`${m.workspaceId} = ${workspaceId}`,
        sql`${m.id} = ${e.memoryId}`,
        ...filterConditions(filter, reading),
      ],
    },
    limit,
    // As a recall lists them: then a list that begins with the nearest goes on where it left off.
    ties: 'highest first',
    width: user ? undefined : width,
  });
  return sql`(select m.* from (${vectors}) nearest ${reading.lookUp(m, sql`${m.id} = ${nearest.id}`)})`;
}
