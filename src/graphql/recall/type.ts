import { createHash } from 'node:crypto';
import { type Analysis, MAX_WORDS } from '../../domain/recall/analysis.ts';
import {
  checkAsked,
  defaultWeights,
  questionText,
  RECALL_ORDER,
  type RecallMode,
  recall,
} from '../../domain/recall/recall.ts';
import { MAX_RELEVANT, type Recalled } from '../../domain/recall/search.ts';
import { parseInput } from '../../kernel/input.ts';
import { readWindow } from '../../model/paging/window.ts';
import { cueFactors, RECENCY_HALF_LIFE, type Weights } from '../../model/recall/score.ts';
import { builder } from '../core/builder.ts';
import { type Connection, type Edge, toConnection } from '../core/connection.ts';
import { connectionType, forwardArgs } from '../core/connection-type.ts';
import { atDescription, PointInTimeInput, snapshotAt } from '../core/point-type.ts';
import { listedMemories, memoryColumnsAt } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { costs } from '../cost/declare.ts';
import { loadMemory, type MemoryNode, toMemory } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';
import { RecallInput, RecallModeEnum } from './inputs.ts';

/** A result with the graph it was found in and the question's terms. */
interface Explained extends Recalled {
  at: Snapshot;
  analysis: Analysis | null;
}

interface RecallEdge extends Edge<MemoryNode> {
  recalled: Explained;
}

interface RecallPage extends Connection<MemoryNode> {
  edges: RecallEdge[];
  mode: RecallMode;
  weights: Weights;
}

const AppliedRecallWeights = builder.objectRef<Weights>('AppliedRecallWeights').implement({
  description:
    'The weights that were used: relevance = vector · similarity + lexical · (lexical + spread) · ' +
    'the factors of the cues, and score = the sum of relevance, recency, importance and confidence, ' +
    'each multiplied by its weight.',
  fields: (t) => ({
    vector: t.exposeFloat('vector', {
      description: 'The weight of similarity in relevance. It belongs to the embedding model.',
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

const RecallCue = builder.objectRef<{ name: string; factor: number }>('RecallCue').implement({
  description: 'Something about a memory that multiplies the score of its words.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description:
        '`speaker`: the question names one speaker, and the memory is from that speaker. `time`: the ' +
        'question asks for a time, and the memory states one. `question`: the memory is itself a ' +
        'question.',
    }),
    factor: t.exposeFloat('factor', { description: 'The factor it multiplies by.' }),
  }),
});

/** The scores of words are parts of the most that they could come to, and none is null. */
const partOf = (score: number, best: number): number | null => (score > 0 && best > 0 ? score / best : null);

const RecallExplanation = builder.objectRef<Explained>('RecallExplanation').implement({
  description: 'Every number that went into `score`, so that a reader can recompute it: see AppliedRecallWeights.',
  fields: (t) => ({
    similarity: t.exposeFloat('similarity', {
      nullable: true,
      description:
        'Cosine similarity, −1 to 1. Null if vectors did not take part, or if the memory has no vector yet; it counts as 0 then.',
    }),
    lexical: t.float({
      nullable: true,
      description:
        'The score of its own words (BM25 with k1 = 1.4 and b = 0), divided by the highest possible ' +
        'score of the question’s words: 0 to 1. Null if it contains none of them.',
      resolve: ({ candidate, best }) => partOf(candidate?.own ?? 0, best),
    }),
    matchedTerms: t.stringList({
      description: 'The words of the question that it contains, stemmed: at most 128.',
      resolve: ({ candidate, analysis }) =>
        (candidate?.ownTerms ?? []).flatMap((term) => analysis?.terms[term]?.lexemes[0] ?? []),
    }),
    spread: t.float({
      nullable: true,
      description:
        'What memories up to four FOLLOWS relations away add. For each word the highest score ' +
        'counts: its own, or theirs × 0.7 for each relation and × 0.7 once more if they come later. ' +
        'Null if they add nothing.',
      resolve: ({ candidate, best }) => partOf((candidate?.score ?? 0) - (candidate?.own ?? 0), best),
    }),
    spreadFrom: t.field({
      type: [Memory],
      description: 'The memories that `spread` comes from: at most one for each word of the question.',
      extensions: costs({ items: MAX_WORDS }),
      resolve: async ({ at, candidate }, _args, _context, info) => {
        const ids = new Set((candidate?.terms ?? []).flatMap(({ from }) => from ?? []));
        const memories = await Promise.all([...ids].map((id) => loadMemory(at, id, memoryColumnsAt(info))));
        return memories.filter((memory) => memory !== undefined);
      },
    }),
    cues: t.field({
      type: [RecallCue],
      description: 'The cues that multiply the score of its words: at most three.',
      extensions: costs({ items: 3 }),
      resolve: ({ cues }) => cues.map((name) => ({ name, factor: cueFactors[name] })),
    }),
    relevance: t.exposeFloat('relevance', {
      description: 'How well it fits the question: at most about 2.3, rarely above 1.',
    }),
    recency: t.exposeFloat('recency', {
      description: `2^(−days / ${RECENCY_HALF_LIFE}) since it became true, at the point in time being read: 0 to 1.`,
    }),
    importance: t.exposeFloat('importance', {
      description: 'Its importance at that point in time, divided by 10: 0 to 1.',
    }),
    confidence: t.exposeFloat('confidence', { description: 'Its confidence at that point in time: 0 to 1.' }),
  }),
});

const RecallConnection = connectionType<MemoryNode, RecallEdge, RecallPage>('Recall', Memory, {
  of: 'memories that recall found, best first',
  totalCount: false,
  extra: (t) => ({
    score: t.float({
      description: 'How well it fits. Compare scores only within one recall.',
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
    weights: t.expose('weights', { type: AppliedRecallWeights, description: 'The weights that were used.' }),
  }),
});

builder.queryField('recall', (t) =>
  t.field({
    type: RecallConnection,
    extensions: costs({ weight: 100 }),
    description:
      `Searches for the memories that fit a question best. It uses the words of the question, where ` +
      `rare words count more; FOLLOWS relations, which also find what was said before and after; and ` +
      `the similarity of vectors. It lists at most the ${MAX_RELEVANT} most relevant memories of each ` +
      `kind of search, ordered by score.`,
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
      const { embeddings, tenant } = context;
      const searched = { companion: asked.companion, user: asked.user ?? null };
      const [snapshot, question] = await Promise.all([
        snapshotAt(context, at, undefined, window),
        mode === 'LEXICAL'
          ? null
          : context.reads.after(
              embedding
                ? embeddings.given(tenant, embedding)
                : embeddings.question(tenant, () => questionText(tenant, searched, query as string, window.state)),
            ),
      ]);
      const request = {
        query,
        mode,
        ...searched,
        filter: asked.filter ?? { statuses: ['ACTIVE', 'DISPUTED'] as const },
        weights: weights ?? defaultWeights,
        minSimilarity: asked.minSimilarity ?? null,
        digest: createHash('sha256').update(JSON.stringify(input)).digest('base64url').slice(0, 16),
      };
      const columns = memoryColumnsAt(info, listedMemories);
      const found = await recall(snapshot.tx, snapshot.reading, request, question, embeddings.indexes, window, columns);
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
        return { ...edge, recalled: { ...recalled, at: snapshot, analysis: found.analysis } };
      });
      return { ...connection, edges, mode: found.mode, weights: found.weights };
    },
  }),
);
