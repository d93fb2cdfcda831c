import { createHash } from 'node:crypto';
import { type Analysis, MAX_WORDS } from '../../domain/recall/analysis.ts';
import { checkAsked, defaultWeights, RECALL_ORDER, type RecallMode, recall } from '../../domain/recall/recall.ts';
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
import { loadMemory } from '../memory/queries.ts';
import { Memory, type MemoryNode, toMemory } from '../memory/type.ts';
import { RecallInput, RecallModeEnum, recallInput } from './inputs.ts';

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
    'The weights as they were applied: relevance = vector · similarity + lexical · (lexical + spread) · the factors of the cues, and score = relevance, recency, importance and confidence, each times its weight, added up.',
  fields: (t) => ({
    vector: t.exposeFloat('vector', { description: 'Of the similarity, within relevance; the embedding model’s.' }),
    lexical: t.exposeFloat('lexical', { description: 'Of the words, within relevance; 1 where no vector takes part.' }),
    relevance: t.exposeFloat('relevance', { description: 'Of relevance, within the score.' }),
    recency: t.exposeFloat('recency', { description: 'Of recency, within the score.' }),
    importance: t.exposeFloat('importance', { description: 'Of importance, within the score.' }),
    confidence: t.exposeFloat('confidence', { description: 'Of confidence, within the score.' }),
  }),
});

const RecallCue = builder.objectRef<{ name: string; factor: number }>('RecallCue').implement({
  description: 'Something about a memory that multiplies what its words score.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description:
        '`speaker`: the question names one speaker, and it is theirs. `time`: the question asks for a time, and it tells one. `question`: it is a question itself.',
    }),
    factor: t.exposeFloat('factor', { description: 'What it multiplies by.' }),
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
        'Cosine similarity, −1 to 1. Null where no vector took part, or the memory has none yet; it counts as 0 then.',
    }),
    lexical: t.float({
      nullable: true,
      description:
        'What its own words score, BM25 with k1 = 1.4 and b = 0, as a part of the most that the question’s words could score: 0 to 1. Null where it has none of them.',
      resolve: ({ candidate, best }) => partOf(candidate?.own ?? 0, best),
    }),
    matchedTerms: t.stringList({
      description: 'The words of the question that it has, stemmed: at most 128.',
      resolve: ({ candidate, analysis }) =>
        (candidate?.ownTerms ?? []).flatMap((term) => analysis?.terms[term]?.lexemes[0] ?? []),
    }),
    spread: t.float({
      nullable: true,
      description:
        'What memories up to four FOLLOWS relations away add: each word counts by the highest of its own score and theirs, × 0.7 for each relation and × 0.7 more where they come later. Null where they add nothing.',
      resolve: ({ candidate, best }) => partOf((candidate?.score ?? 0) - (candidate?.own ?? 0), best),
    }),
    spreadFrom: t.field({
      type: [Memory],
      description: 'The memories that it has spread from: at most one for each word of the question.',
      extensions: costs({ items: MAX_WORDS }),
      resolve: async ({ at, candidate }, _args, _context, info) => {
        const ids = new Set((candidate?.terms ?? []).flatMap(({ from }) => from ?? []));
        const memories = await Promise.all([...ids].map((id) => loadMemory(at, id, memoryColumnsAt(info))));
        return memories.filter((memory) => memory !== undefined);
      },
    }),
    cues: t.field({
      type: [RecallCue],
      description: 'What its words’ score is multiplied by: at most three.',
      extensions: costs({ items: 3 }),
      resolve: ({ cues }) => cues.map((name) => ({ name, factor: cueFactors[name] })),
    }),
    relevance: t.exposeFloat('relevance', { description: 'How well it fits: at most about 2.3, seldom above 1.' }),
    recency: t.exposeFloat('recency', {
      description: `2^(−days / ${RECENCY_HALF_LIFE}) since it became true, by the point in time of the reading: 0 to 1.`,
    }),
    importance: t.exposeFloat('importance', { description: 'Its importance at that point, divided by 10: 0 to 1.' }),
    confidence: t.exposeFloat('confidence', { description: 'Its confidence at that point: 0 to 1.' }),
  }),
});

const RecallConnection = connectionType<MemoryNode, RecallEdge, RecallPage>('Recall', Memory, {
  of: 'memories that recall found, best first',
  totalCount: false,
  extra: (t) => ({
    score: t.float({
      description: 'How well it fits; only good for comparing within one recall.',
      resolve: ({ recalled }) => recalled.score,
    }),
    explanation: t.field({
      type: RecallExplanation,
      description: 'How the score came about.',
      resolve: ({ recalled }) => recalled,
    }),
  }),
  fields: (t) => ({
    mode: t.expose('mode', {
      type: RecallModeEnum,
      description: 'Which sides took part: another than was asked for where there were no words, or no vector.',
    }),
    weights: t.expose('weights', { type: AppliedRecallWeights, description: 'The weights as they were applied.' }),
  }),
});

builder.queryField('recall', (t) =>
  t.field({
    type: RecallConnection,
    extensions: costs({ weight: 100 }),
    description: `The memories that fit a question best: by its words weighed by their rarity, spread along FOLLOWS to what was said before and after, and by the similarity of vectors. It lists the ${MAX_RELEVANT} most relevant of each side, at most, ordered by score.`,
    args: {
      input: t.arg({ type: RecallInput, required: true, description: 'What is looked for, and where.' }),
      at: t.arg({
        type: PointInTimeInput,
        description: `${atDescription} Vectors and the rarity of words are today’s.`,
      }),
      ...forwardArgs,
    },
    resolve: async (_root, { input, at, ...page }, context, info) => {
      const { query = null, embedding, mode, weights, ...asked } = parseInput(recallInput, input, ['input']);
      checkAsked(query, embedding != null, mode);
      if (embedding) context.embeddings.check(embedding, ['input', 'embedding']);
      const window = readWindow(page, RECALL_ORDER);
      const snapshot = snapshotAt(context, at, undefined, window);
      const { embeddings, tenant } = context;
      const question =
        mode === 'LEXICAL'
          ? null
          : await context.reads.after(
              embedding ? embeddings.given(tenant, embedding) : embeddings.question(tenant, query as string),
            );
      const request = {
        query,
        mode,
        companion: asked.companion,
        user: asked.user ?? null,
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
