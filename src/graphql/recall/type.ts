import { createHash } from 'node:crypto';
import type { QuestionVector } from '../../domain/embedding/embeddings.ts';
import type { MemoryFilter } from '../../domain/memory/filter.ts';
import { type Kept, keptOf } from '../../domain/recall/kept.ts';
import {
  checkAsked,
  questionText,
  RECALL_ORDER,
  type RecallMode,
  type RecallRequest,
  recall,
} from '../../domain/recall/recall.ts';
import { MAX_RERANKED, rerank } from '../../domain/recall/rerank.ts';
import type { Recalled } from '../../domain/recall/search.ts';
import { MAX_RELEVANT } from '../../domain/recall/statement.ts';
import { parseInput } from '../../kernel/input.ts';
import { readWindow, type Window } from '../../model/paging/window.ts';
import type { RecallOrder } from '../../model/recall/enumeration.ts';
import type { Weights } from '../../model/recall/score.ts';
import { builder } from '../core/builder.ts';
import { type Connection, type Edge, toConnection } from '../core/connection.ts';
import { connectionType, forwardArgs } from '../core/connection-type.ts';
import type { Context } from '../core/context.ts';
import type { ReadOf } from '../core/input.ts';
import { atDescription, PointInTimeInput, snapshotAt } from '../core/point-type.ts';
import { listedMemories, memoryColumnsAt, selectedFields } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { costs } from '../cost/declare.ts';
import { type MemoryNode, toMemory } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';
import { type Explained, RecallExplanation } from './explanation.ts';
import { RecallInput, RecallModeEnum, RecallOrderEnum } from './inputs.ts';

interface RecallEdge extends Edge<MemoryNode> {
  recalled: Explained;
}

interface RecallPage extends Connection<MemoryNode> {
  edges: RecallEdge[];
  mode: RecallMode;
  order: RecallOrder;
  weights: Weights;
}

const AppliedRecallWeights = builder.objectRef<Weights>('AppliedRecallWeights').implement({
  description:
    'The weights that were used: relevance = (vector · similarityAround + lexical · (lexical + spread)) · ' +
    'the factors of the cues, and score = the sum of relevance, recency, importance and confidence, ' +
    'each multiplied by its weight.',
  fields: (t) => ({
    vector: t.exposeFloat('vector', {
      description: 'The weight of similarityAround in relevance. It belongs to the embedding model.',
    }),
    lexical: t.exposeFloat('lexical', {
      description: 'The weight of words in relevance. 1 if vectors do not take part.',
    }),
    relevance: t.exposeFloat('relevance', { description: 'The weight of relevance in the score.' }),
    recency: t.exposeFloat('recency', { description: 'The weight of recency in the score.' }),
    importance: t.exposeFloat('importance', { description: 'The weight of importance in the score.' }),
    confidence: t.exposeFloat('confidence', { description: 'The weight of confidence in the score.' }),
  }),
});

const RecallConnection = connectionType<MemoryNode, RecallEdge, RecallPage>('Recall', Memory, {
  of: 'memories that recall found',
  totalCount: false,
  extra: (t) => ({
    score: t.float({
      description:
        'How well it fits. Compare scores only within one recall. See `order` for what the list is sorted by, and explanation.rerank.',
      resolve: ({ recalled }) => recalled.score,
    }),
    explanation: t.field({
      type: RecallExplanation,
      description: 'How the score was computed.',
      resolve: ({ recalled }) => recalled,
    }),
  }),
  fields: (t) => ({
    mode: t.expose('mode', {
      type: RecallModeEnum.type,
      description:
        'Which kinds of search took part. It differs from the requested mode if there were no words, or no vector.',
    }),
    order: t.expose('order', {
      type: RecallOrderEnum.type,
      description: 'The order of the list: the one of the input, or if that has none, the one that the query asks for.',
    }),
    weights: t.expose('weights', { type: AppliedRecallWeights, description: 'The weights that were used.' }),
  }),
});

/** What the filter and the conversation let through. */
function filterOf({
  companion,
  conversation,
  filter,
}: Pick<ReadOf<typeof RecallInput.fields>, 'companion' | 'conversation' | 'filter'>): MemoryFilter {
  const given: MemoryFilter = filter ?? { statuses: ['ACTIVE', 'DISPUTED'] };
  if (!conversation) return given;
  return { ...given, conversation: 'id' in conversation ? { uuid: conversation.id } : { ...conversation, companion } };
}

/**
 * What is asked of models before the request's view of the database begins: the question's vector, and, for a first page
 * and where the server has a reranker, the order of the best.
 */
async function prepare(
  { embeddings, tenant, reranker }: Context,
  request: RecallRequest,
  embedding: readonly number[] | null,
  { after, state }: Window,
  given: Snapshot | Promise<Snapshot>,
): Promise<{ question: QuestionVector | null; reranked: Kept | null }> {
  const { query, mode } = request;
  const ask = () =>
    embedding
      ? embeddings.given(tenant, embedding)
      : embeddings.question(tenant, () => questionText(tenant, request, query as string, state));
  const question = mode === 'LEXICAL' ? null : await ask();
  // A promise of a snapshot waits for the view.
  if (!reranker || query === null || after || given instanceof Promise) return { question, reranked: null };
  const { reading } = given;
  const best = { limit: MAX_RERANKED, backward: false };
  const reranked = await rerank(reranker, tenant, reading, query, async (tx) => {
    const { items } = await recall(
      tx,
      reading,
      { ...request, newerFirst: false },
      question,
      embeddings.indexes,
      best,
      new Set(),
    );
    return items.map(({ row }) => row.memory.id);
  });
  return { question, reranked };
}

builder.queryField('recall', (t) =>
  t.field({
    type: RecallConnection,
    extensions: costs({ weight: 100 }),
    description:
      `Searches for the memories that fit a question best. It uses the words of the question, where ` +
      `rare words count more; FOLLOWS relations, which also find what was said before and after; and ` +
      `the similarity of vectors. It lists at most the ${MAX_RELEVANT} most relevant memories of each ` +
      `kind of search, ordered by score, or as the question asks: see RecallOrder. Where the server has a reranker, ` +
      `the best ${MAX_RERANKED} come first in its order. What an open finding calls an update of another result comes before ` +
      `that one: see RecallExplanation.movedUp.`,
    args: {
      input: t.arg({ type: RecallInput.type, required: true, description: 'What to search for, and where.' }),
      at: t.arg({
        type: PointInTimeInput,
        description: `${atDescription} Vectors and the rarity of words are still those of today.`,
      }),
      ...forwardArgs,
    },
    resolve: async (_root, { input, at, ...page }, context, info) => {
      const { query = null, embedding, mode, weights, ...asked } = parseInput(RecallInput.check, input, ['input']);
      checkAsked(query, embedding != null, mode);
      if (embedding) context.embeddings.check(embedding, ['input', 'embedding']);
      const window = readWindow(page, RECALL_ORDER);
      const { embeddings } = context;
      const request = {
        query,
        mode,
        companion: asked.companion,
        user: asked.user ?? null,
        filter: filterOf(asked),
        weights: weights ?? null,
        minSimilarity: asked.minSimilarity ?? null,
        minScore: asked.minScore ?? null,
        order: asked.order ?? null,
        explains: selectedFields(info, ['edges', 'explanation']).has('spreadFrom'),
        digest: createHash('sha256').update(JSON.stringify(input)).digest('base64url').slice(0, 16),
      };
      const given = snapshotAt(context, at, undefined, window);
      const [snapshot, { question, reranked }] = await Promise.all([
        given,
        context.reads.after(prepare(context, request, embedding ?? null, window, given)),
      ]);
      const columns = memoryColumnsAt(info, listedMemories);
      const { tx, reading } = snapshot;
      const found = await recall(tx, reading, request, question, embeddings.indexes, window, columns, reranked);
      const connection = await toConnection(snapshot, {
        order: RECALL_ORDER,
        window,
        page: Promise.resolve(found),
        toNode: ({ memory }: Recalled) => toMemory(snapshot, memory),
        count: () => Promise.reject(new Error('recall is not counted')),
        state: found.state,
      });
      const edges = connection.edges.map((edge, index) => {
        const recalled = found.items[index]?.row as Recalled;
        const { reranked, arranged, moved } = found.ordering;
        const rerankScore = keptOf(reranked, recalled.memory.id);
        const variety = keptOf(arranged, recalled.memory.id) ?? 1;
        const movedUp = keptOf(moved, recalled.memory.id) ?? 0;
        const { analysis } = found;
        return { ...edge, recalled: { ...recalled, at: snapshot, analysis, rerankScore, variety, movedUp } };
      });
      return { ...connection, edges, mode: found.mode, order: found.order, weights: found.weights };
    },
  }),
);
