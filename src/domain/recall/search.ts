import { sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { json, keyRows } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { type MemoryColumns, type MemoryRow, pickMemory } from '../../model/memory/columns.ts';
import type { Position } from '../../model/paging/cursor.ts';
import { type Counted, readCounted } from '../../model/recall/passages.ts';
import { type Scored, scoreOf, type Weights } from '../../model/recall/score.ts';
import { type Span, spanOfEvent } from '../../model/recall/times.ts';
import { memories } from '../../tables/memory.ts';
import type { MemoryFilter } from '../memory/filter.ts';
import { type Analysis, MAX_HITS, MAX_HITS_WIDE, type Term } from './analysis.ts';
import { cuesOf } from './cues.ts';
import { MAX_MENTIONED, MAX_MENTIONED_WIDE, type Mentioning } from './mentioned.ts';
import type { PartsRow } from './parts.ts';
import type { Searched } from './searched.ts';
import { HIGHEST } from './sources.ts';
import { hasProposed, MAX_RELEVANT, searchSql, type WordsRow } from './statement.ts';
import type { QueryVector } from './vectors.ts';

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
  /** Which memories a score has come from is said. */
  explains: boolean;
  /** Contents are compared with each other: more of each is looked at. */
  looksFar: boolean;
  /** Whether anything may be found of what was found is said. */
  asksForFindings: boolean;
}

/** What words say of a memory: its own, and those of memories nearby. */
export interface Candidate extends Counted {
  /** Term by term the higher of what its own words and what a memory nearby scores; the part that is not `own` has spread to it. */
  score: number;
  /** The memories nearby that have a part in it; none where that was not asked for. */
  sources: readonly string[];
  /** What has spread to it was divided by this: how many times longer than a short content it is. */
  spreadDivisor: number;
}

/** A memory that was found, with everything that its score is made of. */
export interface Recalled extends Scored {
  /** Without its content where that is long: see {@link readContents}. */
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
  /** Findings may wait for a verdict: there are some, or that is not known. */
  mayHaveFindings: boolean;
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

const m = under(memories, 'm');
const contentFields = fields(pick(m, 'id', 'content'));

/** Reads the contents of those of the memories that were found without. */
export async function readContents(tx: Transaction, reading: Reading, found: readonly MemoryRow[]): Promise<void> {
  const without = new Map(found.flatMap((memory) => (memory.content === undefined ? [[memory.id, memory]] : [])));
  if (without.size === 0) return;
  const rows = await tx.rows<RowOf<typeof contentFields>>(sql`
    select ${contentFields} from ${keyRows(json([...without.keys()]))} wanted ${reading.lookUp(m, sql`${m.id} = wanted.id`)}`);
  for (const { id, content } of rows) (without.get(id) as MemoryRow).content = content;
}

async function lookFor(
  tx: Transaction,
  reading: Reading,
  given: Search,
  asOf: Date | undefined,
  columns: MemoryColumns,
  { isWide, proposes: proposed, eventSpan: kept }: Pick<Manner, 'isWide'> & Partial<Manner>,
): Promise<Found> {
  const { analysis } = given;
  const terms = analysis ? (isWide ? analysis.terms : analysis.terms.slice(0, analysis.rare)) : [];
  const mentioning = mentioningOf(given, terms, isWide);
  const maxHits = isWide ? MAX_HITS_WIDE : MAX_HITS;
  // Whoever sees a part of them would look through all of them: it is cheaper to ask of what was found.
  const countsFindings = given.asksForFindings && !tx.restriction && !reading.asOf(asOf).known;
  const way = { terms, maxHits, mentioning, proposes: proposed, explains: given.explains, countsFindings, asOf };
  // Most of what is found is on no page: a content that is long is read where it is.
  const others = columns.difference(new Set(['content']));
  const rows = await tx.rows<PartsRow & WordsRow>(searchSql(given, reading.asOf(asOf), reading, others, way));
  const known = rows.map((row): Known => {
    const memory = pickMemory(others, row, 'm.');
    if (row.isWhole) memory.content = row.beginning;
    return { row, memory, candidate: candidateOf(row) };
  });
  const eventSpan = kept === undefined ? analysis && dateEvent(analysis, terms.length, known) : kept;
  const best = terms.reduce((total, { weight }) => total + weight * HIGHEST, 0);
  const dated = analysis && { ...analysis, span: analysis.span ?? eventSpan ?? undefined };
  const recalled = known.map((each) => scored(each, dated, given.weights, best));
  const inOrder = recalled.sort((x, y) => comparePositions(positionOf(y), positionOf(x)));
  const mayHaveFindings = given.asksForFindings && rows[0] !== undefined && (rows[0].mayHaveFindings ?? true);
  return { recalled: inOrder, isWide, proposes: hasProposed(given, way, rows), eventSpan, mayHaveFindings };
}

/** A memory as it was found. */
interface Known {
  row: PartsRow & WordsRow;
  memory: MemoryRow;
  candidate: Candidate | null;
}

/** What words say of a memory; null if they do not take part, or have nothing to do with it. */
function candidateOf({ words, times, terms, own, passage, sources }: WordsRow): Candidate | null {
  if (words == null) return null;
  const counted = readCounted(terms ?? null, own ?? null, passage ?? null);
  return { ...counted, score: words, sources: elements(sources ?? null), spreadDivisor: times ?? 1 };
}

function scored(
  { row, memory, candidate }: Known,
  analysis: Analysis | null,
  weights: Weights,
  best: number,
): Recalled {
  const { similarity, conversation, validFrom } = row;
  const said = row.beginning;
  const parts = {
    similarity,
    around: similarity === null || row.around === undefined ? similarity : row.around,
    lexical: best > 0 && candidate ? candidate.score / best : 0,
    length: row.length,
    cues: cuesOf(analysis, { ...row, content: said }),
    ageDays: row.age,
    importance: row.importance / 10,
    confidence: row.confidence,
  };
  return { memory, candidate, conversation, validFrom, said, ...scoreOf(parts, weights, best) };
}

/** The elements of an array as PostgreSQL writes it, of what needs no quotes; of null none. */
const elements = (array: string | null): string[] => (array && array !== '{}' ? array.slice(1, -1).split(',') : []);

/**
 * The time of the event that a question names, by the memories found that have all its words; null: not known.
 * `followed`: how many of the question's terms were looked for.
 */
function dateEvent({ event, terms }: Analysis, followed: number, known: readonly Known[]): Span | null {
  const named = terms.flatMap(({ lexemes }, term) =>
    event?.lexemes.some((each) => lexemes.includes(each)) ? [term] : [],
  );
  if (!event || named.length === 0 || named.some((term) => term >= followed)) return null;
  const speaking = known.filter(({ candidate }) => named.every((term) => candidate?.terms.includes(term)));
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
