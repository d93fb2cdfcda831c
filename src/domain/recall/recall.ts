import { z } from 'zod';
import { readOnce } from '../../db/read-transaction.ts';
import type { Reading } from '../../db/reading.ts';
import type { Tenant, Transaction } from '../../db/transaction.ts';
import { EmbeddingUnavailable, InvalidInput } from '../../kernel/errors.ts';
import type { CompanionRef } from '../../model/companion/ref.ts';
import type { MemoryColumns } from '../../model/memory/columns.ts';
import { notCursor } from '../../model/paging/cursor.ts';
import type { Page } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { NOW_FACTOR, type Weights } from '../../model/recall/score.ts';
import { asksForNow } from '../../model/recall/times.ts';
import { findCompanion } from '../companion/companions.ts';
import type { QuestionVector } from '../embedding/embeddings.ts';
import type { VectorIndexes } from '../embedding/vector-index.ts';
import { searchWidely } from '../embedding/vector-index-sql.ts';
import type { MemoryFilter } from '../memory/filter.ts';
import { type Analysis, analyse, parseJson, questionOf } from './analysis.ts';
import { comesAfter, inOrderOf, packed, type Reranked, unpacked } from './rerank.ts';
import { MAX_RELEVANT, positionOf, type Recalled, search } from './search.ts';
import type { Searched } from './searched.ts';

export const recallModes = ['HYBRID', 'SEMANTIC', 'LEXICAL'] as const;
export type RecallMode = (typeof recallModes)[number];

/** The weights that a caller can set. */
export type GivenWeights = Pick<Weights, 'relevance' | 'recency' | 'importance' | 'confidence'>;

/** What fits counts; among what fits alike, what is recent, important and sure. */
export const defaultWeights: GivenWeights = { relevance: 1, recency: 0.05, importance: 0.05, confidence: 0.05 };

/** What is looked for, where, and how. */
export interface RecallRequest extends Searched {
  query: string | null;
  mode: RecallMode;
  filter: MemoryFilter;
  /** Null: the default ones. */
  weights: GivenWeights | null;
  minSimilarity: number | null;
  /** Only what scores at least this. */
  minScore: number | null;
  /** A digest of all this, as it was asked: cursors belong to it. */
  digest: string;
}

/** A page of a recall, and how it came about. */
export interface RecallResult extends Page<Recalled> {
  /** The sides that took part. */
  mode: RecallMode;
  weights: Weights;
  analysis: Analysis | null;
  /** What a model said of the best; null: nothing. */
  reranked: Reranked | null;
  /** What later pages have to keep. */
  state: string;
}

/** The one order recall lists in. */
export const RECALL_ORDER = 'SCORE DESC';

/**
 * The memories that fit a question best, by its words, by its vector or by both. Where `question` is null there is
 * no vector, and words alone decide. Throws EmbeddingUnavailable where there are no words either. What `reranked` says of
 * comes first, in its order; later pages keep that of their first.
 */
export async function recall(
  tx: Transaction,
  reading: Reading,
  request: RecallRequest,
  question: QuestionVector | null,
  indexes: VectorIndexes,
  window: Window,
  columns: MemoryColumns,
  rerankedNow: Reranked | null = null,
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
  const comparesVectors = vector && (mode === 'SEMANTIC' || !vector.isLexical);
  const known = comparesVectors ? await identified(tx, companion) : companion;
  const asked = {
    companion: known,
    user,
    filter,
    // Who asks for vectors alone gets the nearest, however far they are.
    least: minSimilarity ?? (mode === 'SEMANTIC' ? -1 : null),
    weights,
    analysis: mode === 'SEMANTIC' ? null : analysis,
    width: comparesVectors && 'id' in known ? indexes.widthsIn(tx.workspaceId).get(known.id) : undefined,
    nearest: !after && isPure(mode, weights) ? window.limit + 1 : MAX_RELEVANT,
    // Where nothing but vectors weighs, the order asked for is theirs.
    blends: vector !== null && !vector.isLexical && !isPure(mode, weights),
    vector: vector && { ...vector, values: await vector.valuesOf(analysis?.withoutNames || (query ?? '')) },
  };
  if (asked.width) await searchWidely(tx, asked.width);
  const { recalled, isWide, proposes } = await search(tx, reading, asked, window.asOf, columns, kept);
  const reranked = kept ? kept.reranked : rerankedNow;
  const isAsked = (each: Recalled) =>
    (request.minScore === null || each.score >= request.minScore) &&
    (!after || comesAfter(reranked, positionOf(each), after));
  const rest = (reranked ? inOrderOf(reranked, recalled) : recalled).filter(isAsked);
  const items = rest.slice(0, window.limit).map((row) => ({ row, position: positionOf(row) }));
  const state = JSON.stringify([request.digest, mode, isWide, proposes, analysis?.statistics ?? '', packed(reranked)]);
  const hasNextPage = rest.length > window.limit;
  return { items, hasNextPage, hasPreviousPage: after !== undefined, mode, weights, analysis, reranked, state };
}

/** The moment that a reading asks about, by this process's clock where it is now. */
const momentOf = ({ point }: Reading, { asOf }: Window): Date => point.validAt ?? point.knownAt ?? asOf ?? new Date();

/** The default weights for a question. */
const weightsFor = (query: string | null): GivenWeights =>
  query !== null && asksForNow(query)
    ? { ...defaultWeights, recency: defaultWeights.recency * NOW_FACTOR }
    : defaultWeights;

/** True where the nearest are the best: nothing else weighs. */
const isPure = (mode: RecallMode, { recency, importance, confidence }: Weights): boolean =>
  mode === 'SEMANTIC' && recency === 0 && importance === 0 && confidence === 0;

/**
 * A companion by its id: how many vectors it has decides how they are best compared, and the planner has to know which
 * it is. One that is unknown stays as it is, and has none.
 */
async function identified(tx: Transaction, companion: CompanionRef): Promise<CompanionRef> {
  if ('id' in companion) return companion;
  const id = await findCompanion(tx, companion);
  return id ? { id, given: companion.key } : companion;
}

function modeOf({ query, mode }: RecallRequest, question: QuestionVector | null): RecallMode {
  if (query === null) return 'SEMANTIC';
  return question ? mode : 'LEXICAL';
}

/** How much the two sides of relevance weigh. */
function sidesOf(mode: RecallMode, question: QuestionVector | null): Pick<Weights, 'vector' | 'lexical'> {
  if (mode === 'LEXICAL' || !question) return { vector: 0, lexical: 1 };
  return mode === 'SEMANTIC' ? { vector: 1, lexical: 0 } : question.weights;
}

/**
 * What a model is given of a recall's question, see {@link questionOf}, in a view of its own: the vector is made before
 * the recall begins its view. `state` is that of a later page's cursor: it keeps the names of its first page.
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
]);

/** What a cursor keeps of its first page. Throws InvalidInput where it is none, or of another recall. */
function readState(state: string, digest: string) {
  const kept = keptState.safeParse(parseJson(state));
  if (!kept.success) throw notCursor('after');
  const [made, mode, isWide, proposes, statistics, reranked] = kept.data;
  if (made !== digest) {
    const message =
      'This cursor belongs to a recall with a different input: send the same input, or start from the first page.';
    throw new InvalidInput([{ path: ['after'], message }]);
  }
  return { mode, isWide, proposes, statistics, reranked: unpacked(reranked) };
}

/** Throws InvalidInput where nothing is looked for, or something that the mode leaves out. */
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
