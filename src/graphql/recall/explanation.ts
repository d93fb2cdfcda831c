import type { Analysis } from '../../domain/recall/analysis.ts';
import { type Excerpt, type Excerpted, excerptsOf } from '../../domain/recall/excerpt.ts';
import { MAX_WORDS } from '../../domain/recall/names.ts';
import { MAX_RERANKED } from '../../domain/recall/rerank.ts';
import type { Recalled } from '../../domain/recall/search.ts';
import { lengthDivisor, lengthFactor } from '../../model/recall/length.ts';
import { cueFactors, RECENCY_HALF_LIFE } from '../../model/recall/score.ts';
import { builder } from '../core/builder.ts';
import { memoryColumnsAt } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { costs } from '../cost/declare.ts';
import { loadMemory } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';

/** A result with the graph it was found in and the question's terms. */
export interface Explained extends Recalled {
  at: Snapshot;
  analysis: Analysis | null;
  /** What the server's reranker gave it. */
  rerankScore: number | null;
}

const RecallCue = builder.objectRef<{ name: string; factor: number }>('RecallCue').implement({
  description: 'Something about a memory that multiplies its relevance.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description:
        '`speaker`: the question names one speaker, and the memory is from that speaker. `time`: the ' +
        'question asks for a time, and the memory states one. `question`: the memory is itself a ' +
        'question, of at most 250 characters. `self`: the question speaks of I, me, my, we, us or our ' +
        'and names no speaker, and `context.role` of the memory, or without one `context.speaker`, is `user`. ' +
        '`date`: the question names a day, a month, a year, or a time such as “last week” or “two days ago”, as seen from ' +
        'the point in time that is read, and the memory became true then; in UTC. `ended`: the memory is no longer so at that point.',
    }),
    factor: t.exposeFloat('factor', { description: 'The factor it multiplies by.' }),
  }),
});

const ExcerptType = builder.objectRef<Excerpt>('Excerpt').implement({
  description: 'A part of a content.',
  fields: (t) => ({
    text: t.exposeString('text', { description: 'The part, as it stands in the content.' }),
    from: t.exposeInt('from', { description: 'Where it begins in the content, in UTF-16 code units.' }),
    until: t.exposeInt('until', { description: 'Where it ends, the first code unit after it.' }),
  }),
});

interface ExplainedTerm {
  term: string;
  weight: number;
  frequency: number;
  isOfName: boolean;
}

const RecallTerm = builder.objectRef<ExplainedTerm>('RecallTerm').implement({
  description: 'A word of the question that a memory has: it contains it, or mentions an entity by a name with it.',
  fields: (t) => ({
    term: t.exposeString('term', { description: 'The word, stemmed.' }),
    weight: t.exposeFloat('weight', {
      description:
        'How rare it is: ln(1 + (N − n + 0.5) / (n + 0.5)), where n of the N memories that are searched have it, ' +
        'in any of its forms; N is counted up to 5,000, n up to 701. ' +
        'Times 0.4 for words that questions of any kind have and for parts of words, 0.2 for the accents of a word.',
    }),
    frequency: t.exposeInt('frequency', {
      description: 'How often the memory contains it: at least 1, which is also what a name counts.',
    }),
    isOfName: t.exposeBoolean('isOfName', {
      description:
        'True if the memory does not contain it: it is a word of a name of an entity that it mentions, or of one merged ' +
        'into that, at the point in time being read.',
    }),
  }),
});

/** The scores of words are parts of the most that they could come to, and none is null. */
const partOf = (score: number, best: number): number | null => (score > 0 && best > 0 ? score / best : null);

export const RecallExplanation = builder.objectRef<Explained>('RecallExplanation').implement({
  description: 'Every number that went into `score`, so that a reader can recompute it: see AppliedRecallWeights.',
  fields: (t) => ({
    similarity: t.exposeFloat('similarity', {
      nullable: true,
      description:
        'Cosine similarity, −1 to 1. Null if vectors did not take part, or if the memory has no vector yet; it counts as 0 then.',
    }),
    similarityAround: t.exposeFloat('around', {
      nullable: true,
      description:
        'The mean of `similarity` and those of the memories that it follows (counted 0.5), that these follow (0.25) and ' +
        'that follow it (0.35), each as it is believed, where it has a vector; its own counts 1. It is `similarity` for ' +
        'vectors that are made of words, and where the weights leave nothing but similarity. Null as `similarity` is.',
    }),
    lexical: t.float({
      nullable: true,
      description:
        'The score of its own words: the sum over `terms` of weight · 2 · frequency / (frequency + ' +
        'lengthFactor), divided by lengthDivisor and by `highest`. 0 to 1. It is BM25 with k1 = 1, but ' +
        'for long contents. Null if it has none of them.',
      resolve: ({ candidate, best }) => partOf(candidate?.own ?? 0, best),
    }),
    matchedTerms: t.stringList({
      description:
        'The words of the question that it contains, or that are in names of entities that it mentions, stemmed: at most 128.',
      resolve: ({ candidate, analysis }) =>
        (candidate?.ownTerms ?? []).flatMap((term) => analysis?.terms[term]?.lexemes[0] ?? []),
    }),
    spread: t.float({
      nullable: true,
      description:
        'What memories up to four FOLLOWS relations away add. For each word the highest score ' +
        'counts: its own, or theirs × 0.7 for each relation, × 0.7 once more if they come later, and ' +
        'divided by spreadDivisor. Null if they add nothing.',
      resolve: ({ candidate, best }) => partOf((candidate?.score ?? 0) - (candidate?.own ?? 0), best),
    }),
    spreadDivisor: t.float({
      description:
        'The length of the longest version of this memory / 25, at least 1: a long memory speaks for itself. ' +
        '1 if nothing has spread to it.',
      resolve: ({ candidate }) => candidate?.spreadDivisor ?? 1,
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
      description: 'The cues that multiply its relevance: at most six.',
      extensions: costs({ items: 6 }),
      resolve: ({ cues }) => cues.map((name) => ({ name, factor: cueFactors[name] })),
    }),
    relevance: t.exposeFloat('relevance', {
      description: 'How well it fits the question: at most about 2.8, rarely above 1.',
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

/** What the scores of words are made of. */
builder.objectFields(RecallExplanation, (t) => ({
  terms: t.field({
    type: [RecallTerm],
    description:
      'The words of the question that it contains, or that are in names of entities that it mentions, with what ' +
      '`lexical` is made of: at most 128.',
    extensions: costs({ items: MAX_WORDS }),
    resolve: ({ candidate, analysis }) =>
      (candidate?.ownTerms ?? []).flatMap((number, place) => {
        const term = analysis?.terms[number];
        const frequency = candidate?.frequencies[place] ?? 1;
        const isOfName = frequency === 0;
        return term
          ? [{ term: term.lexemes[0] as string, weight: term.weight, frequency: isOfName ? 1 : frequency, isOfName }]
          : [];
      }),
  }),
  highest: t.float({
    description:
      'The highest score that the words of the question can come to: twice the sum of their weights. 0 if words did not take part.',
    resolve: ({ best }) => best,
  }),
  length: t.exposeInt('length', {
    description: 'How long its content is: bytes of UTF-8 / 10, about the number of words, at most 32,767.',
  }),
  rerank: t.exposeFloat('rerankScore', {
    nullable: true,
    description:
      `What the server’s reranker gave it, by its own measure: the list begins with what has one, the highest first. ` +
      `Null if there is none, if it failed, or if the memory was not among the ${MAX_RERANKED} with the highest scores.`,
  }),
  lengthFactor: t.float({
    description: '√(length / 25), 1 for contents of up to 25: the more often a word has to stand in a long content.',
    resolve: ({ length }) => lengthFactor(length),
  }),
  lengthDivisor: t.float({
    description: '1 + 0.05 · ln(length / 25), 1 for contents of up to 25.',
    resolve: ({ length }) => lengthDivisor(length),
  }),
}));

builder.objectField(RecallExplanation, 'excerpt', (t) =>
  t.field({
    type: ExcerptType,
    nullable: true,
    extensions: costs({ weight: 5 }),
    description:
      'The part of a long content that has most of the question’s words, of some 30 to 60 words. Null for contents ' +
      'of up to some 250 bytes, and for those that contain none of the words.',
    resolve: async ({ at, memory, candidate, analysis }) => {
      const lexemes = (candidate?.ownTerms ?? []).flatMap((number, place) =>
        candidate?.frequencies[place] === 0 ? [] : (analysis?.terms[number]?.lexemes ?? []),
      );
      if (lexemes.length === 0) return null;
      const asked: Excerpted = { id: memory.id, lexemes };
      return at.load('excerpt', JSON.stringify(asked), (keys) => excerptsByKey(at, keys));
    },
  }),
);

async function excerptsByKey(at: Snapshot, keys: readonly string[]): Promise<Map<string, Excerpt>> {
  const asked = keys.map((key) => JSON.parse(key) as Excerpted);
  const found = await excerptsOf(at.tx, at.reading, asked);
  return new Map(
    asked.flatMap(({ id }, place) => {
      const excerpt = found.get(id);
      return excerpt ? [[keys[place] as string, excerpt] as const] : [];
    }),
  );
}
