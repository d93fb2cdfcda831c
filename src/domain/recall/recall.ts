import { z } from 'zod';
import { readOnce } from '../../db/read-transaction.ts';
import type { Reading } from '../../db/reading.ts';
import type { Tenant, Transaction } from '../../db/transaction.ts';
import { EmbeddingUnavailable, InvalidInput } from '../../kernel/errors.ts';
import type { CompanionRef } from '../../model/companion/ref.ts';
import { type Outdating, outdatedAmong } from '../../model/finding/outdated.ts';
import type { MemoryColumns } from '../../model/memory/columns.ts';
import { moment, notCursor } from '../../model/paging/cursor.ts';
import type { Page } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { orderAskedFor, type RecallOrder } from '../../model/recall/enumeration.ts';
import { NOW_FACTOR, type Weights } from '../../model/recall/score.ts';
import { asksForNow } from '../../model/recall/times.ts';
import { findCompanion } from '../companion/companions.ts';
import type { QuestionVector } from '../embedding/embeddings.ts';
import type { VectorIndexes } from '../embedding/vector-index.ts';
import { searchWidely } from '../embedding/vector-index-sql.ts';
import type { MemoryFilter } from '../memory/filter.ts';
import { type Analysis, analyse, parseJson, questionOf } from './analysis.ts';
import { type Kept, packed, unpacked } from './kept.ts';
import { comparing, inOrder, type Ordering, orderingOf } from './order.ts';
import { type Manner, positionOf, type Recalled, readContents, search } from './search.ts';
import type { Searched } from './searched.ts';
import { MAX_RELEVANT } from './statement.ts';

export const recallModes = ['HYBRID', 'SEMANTIC', 'LEXICAL'] as const;
export type RecallMode = (typeof recallModes)[number];

/** The weights that a caller can set. */
export type GivenWeights = Pick<Weights, 'relevance' | 'recency' | 'importance' | 'confidence'>;

/** Relevance decides; among memories of similar relevance, recency, importance and confidence. */
export const defaultWeights: GivenWeights = { relevance: 1, recency: 0.05, importance: 0.05, confidence: 0.05 };

/** What is looked for, where, and how. */
export interface RecallRequest extends Searched {
  query: string | null;
  mode: RecallMode;
  filter: MemoryFilter;
  /** Null: the default ones. */
  weights: GivenWeights | null;
  minSimilarity: number | null;
  /** Only memories that score at least this. */
  minScore: number | null;
  /** The order of the list; null: as the query asks. */
  order: RecallOrder | null;
  /** Which memories a score has come from is said. */
  explains?: boolean;
  /** What updates an older memory comes before it; false: they are listed as they score. Default: true. */
  newerFirst?: boolean;
  /** A digest of the input: a cursor is valid only for the same input. */
  digest: string;
}

/** A page of a recall, and how it was made. */
export interface RecallResult extends Page<Recalled> {
  /** The kinds of search that took part. */
  mode: RecallMode;
  weights: Weights;
  /** The order of the list. */
  order: RecallOrder;
  ordering: Ordering;
  analysis: Analysis | null;
  /** What later pages need of the first one. */
  state: string;
}

/** Recall's name for its order in cursors. */
export const RECALL_ORDER = 'SCORE DESC';

/**
 * The memories that fit a question best, by words, by vector or by both. If `question` is null there is no vector, and
 * words alone decide. Throws EmbeddingUnavailable if there are no words either. Memories in `reranked` come first, in its
 * order. If the question asks for a list, the order is another one, and what updates an older memory comes before it: see
 * {@link orderingOf}. Later pages keep the order.
 */
export async function recall(
  tx: Transaction,
  reading: Reading,
  request: RecallRequest,
  question: QuestionVector | null,
  indexes: VectorIndexes,
  window: Window,
  columns: MemoryColumns,
  reranked: Kept | null = null,
): Promise<RecallResult> {
  const { query, filter, companion, user, minSimilarity } = request;
  const { after } = window;
  if (after && (typeof after.value !== 'number' || window.state === undefined)) throw notCursor('after');
  const kept = window.state === undefined ? undefined : readState(window.state, request.digest);
  const mode = kept?.mode ?? modeOf(request, question);
  if (mode !== 'LEXICAL' && !question) throw new EmbeddingUnavailable();
  const analysis =
    query === null
      ? null
      : await analyse(tx, reading.asOf(window.asOf), request, query, momentOf(reading, window), kept?.statistics);
  if (analysis === undefined) throw notCursor('after');
  const vector = mode === 'LEXICAL' || !question ? null : question;
  const weights = { ...sidesOf(mode, question), ...(request.weights ?? weightsFor(query)) };
  const order = orderOf(request, reranked, kept?.ordering);
  const comparesVectors = vector !== null && (mode === 'SEMANTIC' || !vector.isLexical);
  const known = await identified(tx, companion, analysis, comparesVectors);
  const asked = {
    companion: known,
    user,
    filter,
    // With vectors alone, the nearest are listed however far they are.
    least: minSimilarity ?? (mode === 'SEMANTIC' ? -1 : null),
    weights,
    analysis: mode === 'SEMANTIC' ? null : analysis,
    width: comparesVectors && 'id' in known ? indexes.widthsIn(tx.workspaceId).get(known.id) : undefined,
    nearest: !after && order === 'RELEVANCE' && isPure(mode, weights) ? window.limit + 1 : MAX_RELEVANT,
    // If nothing else has a weight, the order is that of the vectors themselves.
    blends: vector !== null && !vector.isLexical && !isPure(mode, weights),
    explains: request.explains ?? false,
    looksFar: order !== 'RELEVANCE',
    asksForFindings: !kept && order !== 'TIME' && request.newerFirst !== false,
    vector: vector && { ...vector, values: await vector.valuesOf(analysis?.withoutNames || (query ?? '')) },
  };
  if (asked.width) await searchWidely(tx, asked.width);
  const { recalled, isWide, proposes, eventSpan, mayHaveFindings } = await search(
    tx,
    reading,
    asked,
    window.asOf,
    columns,
    kept,
  );
  const listed = recalled.filter(({ score }) => request.minScore === null || score >= request.minScore);
  const updates = mayHaveFindings ? await updatesAmong(tx, reading.asOf(window.asOf), listed) : [];
  const ordering = kept?.ordering ?? orderingOf(listed, order, reranked, updates);
  const compare = comparing(ordering);
  const rest = inOrder(listed, ordering).filter((each) => !after || compare(after, positionOf(each)) < 0);
  const items = rest.slice(0, window.limit).map((row) => ({ row, position: positionOf(row) }));
  if (columns.has('content'))
    await readContents(
      tx,
      reading,
      items.map(({ row }) => row.memory),
    );
  const state = stateOf(request.digest, mode, analysis, { isWide, proposes, eventSpan }, ordering);
  const hasNextPage = rest.length > window.limit;
  return { items, hasNextPage, hasPreviousPage: after !== undefined, mode, weights, order, ordering, analysis, state };
}

/** Which of the memories found update others of them. */
const updatesAmong = (tx: Transaction, reading: Reading, found: readonly Recalled[]): Promise<Outdating[]> =>
  outdatedAmong(
    tx,
    reading,
    found.map(({ memory }) => memory),
    { isAmong: true },
  );

/**
 * The order of a list: the one given, or the one that the query asks for. A reranked list is not rearranged for
 * variety, and a later page keeps the order of the first.
 */
function orderOf({ query, order }: RecallRequest, reranked: Kept | null, kept: Ordering | undefined): RecallOrder {
  const asked = order ?? (query === null ? 'RELEVANCE' : orderAskedFor(query));
  if (kept ? !kept.arranged : asked === 'VARIETY' && reranked) return 'RELEVANCE';
  return asked;
}

/** The moment that is asked about; if it is now, by this process's clock. */
const momentOf = ({ point }: Reading, { asOf }: Window): Date => point.validAt ?? point.knownAt ?? asOf ?? new Date();

/** The default weights for a question. */
const weightsFor = (query: string | null): GivenWeights =>
  query !== null && asksForNow(query)
    ? { ...defaultWeights, recency: defaultWeights.recency * NOW_FACTOR }
    : defaultWeights;

/** True if nothing but vectors has a weight: then the nearest are the best. */
const isPure = (mode: RecallMode, { recency, importance, confidence }: Weights): boolean =>
  mode === 'SEMANTIC' && recency === 0 && importance === 0 && confidence === 0;

/**
 * A companion by its id: the planner needs it, because the number of its vectors decides how they are best compared. It
 * was read with the question, if there is one. An unknown companion is returned unchanged; it has no vectors.
 */
async function identified(
  tx: Transaction,
  companion: CompanionRef,
  analysis: Analysis | null,
  isNeeded: boolean,
): Promise<CompanionRef> {
  if ('id' in companion) return companion;
  const id = analysis ? analysis.companionId : isNeeded ? await findCompanion(tx, companion) : null;
  return id ? { id, given: companion.key } : companion;
}

function modeOf({ query, mode }: RecallRequest, question: QuestionVector | null): RecallMode {
  if (query === null) return 'SEMANTIC';
  return question ? mode : 'LEXICAL';
}

/** The weights of vectors and words in relevance. */
function sidesOf(mode: RecallMode, question: QuestionVector | null): Pick<Weights, 'vector' | 'lexical'> {
  if (mode === 'LEXICAL' || !question) return { vector: 0, lexical: 1 };
  return mode === 'SEMANTIC' ? { vector: 1, lexical: 0 } : question.weights;
}

/**
 * The question as an embedding model gets it, see {@link questionOf}, read in a view of its own: the vector is made before
 * the recall begins its view. `state` is that of a later page's cursor, which keeps the names found by the first page.
 */
export const questionText = (tenant: Tenant, searched: Searched, query: string, state?: string): Promise<string> => {
  const kept = state === undefined ? undefined : keptState.safeParse(parseJson(state));
  return readOnce(tenant, (tx) => questionOf(tx, searched, query, kept?.data?.[4]));
};

const keptState = z.tuple([
  z.string(),
  z.enum(recallModes),
  z.boolean(),
  z.boolean(),
  z.string(),
  z.string().default(''),
  z.string().default(''),
  z.object({ from: moment.optional(), until: moment.optional() }).nullable().default(null),
  z.string().default(''),
]);

/** What a cursor keeps of a page; see {@link readState}. */
const stateOf = (
  digest: string,
  mode: RecallMode,
  analysis: Analysis | null,
  { isWide, proposes, eventSpan }: Manner,
  { reranked, arranged, moved }: Ordering,
): string =>
  JSON.stringify([
    ...[digest, mode, isWide, proposes, analysis?.statistics ?? ''],
    ...[packed(reranked), packed(arranged), eventSpan, packed(moved)],
  ]);

/** What a cursor keeps of the first page. Throws InvalidInput if it is not valid, or belongs to another recall. */
function readState(state: string, digest: string) {
  const kept = keptState.safeParse(parseJson(state));
  if (!kept.success) throw notCursor('after');
  const [made, mode, isWide, proposes, statistics, reranked, arranged, span, moved] = kept.data;
  if (made !== digest) {
    const message =
      'This cursor belongs to a recall with a different input: send the same input, or start from the first page.';
    throw new InvalidInput([{ path: ['after'], message }]);
  }
  const ordering: Ordering = { reranked: unpacked(reranked), arranged: unpacked(arranged), moved: unpacked(moved) };
  const eventSpan = span && { from: span.from, until: span.until };
  return { mode, isWide, proposes, eventSpan, statistics, ordering };
}

/** Throws InvalidInput if there is nothing to search for, or only what the mode leaves out. */
export function checkAsked(query: string | null, hasEmbedding: boolean, mode: RecallMode): void {
  if (query === null && !hasEmbedding) {
    throw new InvalidInput([
      { path: ['input', 'query'], message: 'There is nothing to search for: give a query, an embedding, or both.' },
    ]);
  }
  if (mode === 'LEXICAL' && query === null) {
    throw new InvalidInput([{ path: ['input', 'mode'], message: 'LEXICAL searches for words: give a query.' }]);
  }
}
