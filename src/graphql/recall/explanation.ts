import type { Analysis } from '../../domain/recall/analysis.ts';
import { type Excerpt, type Excerpted, excerptsOf } from '../../domain/recall/excerpt.ts';
import { MAX_WORDS } from '../../domain/recall/names.ts';
import { MAX_RERANKED } from '../../domain/recall/rerank.ts';
import type { Recalled } from '../../domain/recall/search.ts';
import { MOST_OUTDATING } from '../../model/finding/outdated.ts';
import { MAX_ARRANGED, NEARLY_SAME, SAME_CONVERSATION, SAME_WORDS } from '../../model/recall/arrange.ts';
import {
  lengthDivisor,
  lengthFactor,
  PASSAGE_FACTOR,
  PASSAGE_LENGTH,
  PASSAGE_WORDS,
  SHORT,
} from '../../model/recall/length.ts';
import { cueFactors, RECENCY_HALF_LIFE } from '../../model/recall/score.ts';
import { builder } from '../core/builder.ts';
import { memoryColumnsAt } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { costs } from '../cost/declare.ts';
import { Finding, loadOutdating } from '../finding/type.ts';
import { loadMemory } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';

/** A result with the graph it was found in and the question's terms. */
export interface Explained extends Recalled {
  at: Snapshot;
  analysis: Analysis | null;
  /** What the server's reranker gave it. */
  rerankScore: number | null;
  /** What multiplies its score to find its place. */
  variety: number;
  /** How many places it was moved up. */
  movedUp: number;
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
        'the point in time that is read, and the memory became true then, in UTC; or the question names an event, as in ' +
        '“before the move”, and the memory became true before the first memory that has the words of the event, or from ' +
        'then on. `ended`: the memory is no longer so at that point.',
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
  frequencyInPassage: number | null;
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
        'Times 0.4 for words that questions of any kind have, for those with which a question asks for a list, and for ' +
        'parts of words; 0.2 for the accents of a word.',
    }),
    frequency: t.exposeInt('frequency', {
      description: 'How often the memory contains it, at least 1. 1 if `isOfName`.',
    }),
    frequencyInPassage: t.exposeInt('frequencyInPassage', {
      nullable: true,
      description:
        'How often it occurs in `passage`, in any of its forms: this counts instead of `frequency` then. Null if there is no ' +
        'passage, and for what has no place among the words: compounds, n-grams, days, words of the summary alone, and ' +
        'those that count as words of names.',
    }),
    isOfName: t.exposeBoolean('isOfName', {
      description:
        'True if it counts as a word of a name: that of an entity that the memory mentions, or of one merged into that, at ' +
        'the point in time being read. The memory does not contain it then, or its `passage` does not.',
    }),
  }),
});

/** A score of words as a part of the highest possible; null for 0. */
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
        'that follow it (0.35), in its current version, if it has a vector; its own counts 1. It is `similarity` for ' +
        'vectors made of words, and if the weights leave nothing but similarity. Null if `similarity` is.',
    }),
    lexical: t.float({
      nullable: true,
      description:
        'The score of its own words: the sum over `terms` of weight · 2 · frequency / (frequency + ' +
        'lengthFactor), divided by lengthDivisor and by `highest`. Of terms that have a frequencyInPassage it is ' +
        'weight · 2 · frequencyInPassage / (frequencyInPassage + passage.lengthFactor). 0 to 1. It is BM25 with k1 = 1, except ' +
        'for long contents. Null if it has none of them.',
      resolve: ({ candidate, best }) => partOf(candidate?.own ?? 0, best),
    }),
    matchedTerms: t.stringList({
      description:
        'The words of the question that it contains, or that are in names of entities that it mentions, stemmed: at most 128.',
      resolve: ({ candidate, analysis }) =>
        (candidate?.terms ?? []).flatMap((term) => analysis?.terms[term]?.lexemes[0] ?? []),
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
        const memories = await Promise.all(
          (candidate?.sources ?? []).map((id) => loadMemory(at, id, memoryColumnsAt(info))),
        );
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

const RecallPassage = builder.objectRef<{ passage: number }>('RecallPassage').implement({
  description: 'The words of a long content that its score is made of.',
  fields: (t) => ({
    from: t.int({
      description: `About how many words come before it: passages have ${PASSAGE_WORDS} words each, stop words among them.`,
      resolve: ({ passage }) => passage * PASSAGE_WORDS,
    }),
    until: t.int({
      description: 'About how many words come before its end; the content may end earlier.',
      resolve: ({ passage }) => (passage + 1) * PASSAGE_WORDS,
    }),
    lengthFactor: t.float({
      description: `√${PASSAGE_LENGTH / SHORT}: the lengthFactor of every passage.`,
      resolve: () => PASSAGE_FACTOR,
    }),
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
      (candidate?.terms ?? []).flatMap((number, place) => {
        const term = analysis?.terms[number];
        const counted = candidate?.frequencies[place] ?? 1;
        const isOfName = counted === 0;
        const frequency = isOfName ? 1 : counted;
        const frequencyInPassage = candidate?.inPassage[place] ?? null;
        if (!term) return [];
        return [{ term: term.lexemes[0] as string, weight: term.weight, frequency, frequencyInPassage, isOfName }];
      }),
  }),
  highest: t.float({
    description:
      'The highest score that the words of the question can come to: twice the sum of their weights. 0 if words did not take part.',
    resolve: ({ best }) => best,
  }),
  length: t.exposeInt('length', {
    description: 'The length of its content: bytes of UTF-8 / 10, about the number of words, at most 32,767.',
  }),
  rerank: t.exposeFloat('rerankScore', {
    nullable: true,
    description:
      `The reranker’s number for it: the list begins with the memories that have one, the highest first. ` +
      `Null if there is none, if it failed, or if the memory was not among the ${MAX_RERANKED} with the highest scores.`,
  }),
  variety: t.exposeFloat('variety', {
    description:
      `What \`score\` is multiplied by to find its place, if the order of the list is VARIETY or TIME: ${SAME_CONVERSATION} for each ` +
      `memory of the same conversation that was placed before it (the same context.conversationId, or without one, the same ` +
      `day of validFrom in UTC), and ${SAME_WORDS} if a memory placed before it has nearly the same words: at least ${NEARLY_SAME} of ` +
      `the words of both. 1 for other lists, after the first ${MAX_ARRANGED} memories, for scores up to 0, and if a reranker ` +
      'ordered the list.',
  }),
  passage: t.field({
    type: RecallPassage,
    nullable: true,
    description:
      `The part of a long content that is judged for it: the one of its passages of ${PASSAGE_WORDS} words whose terms score ` +
      `most. Null if its length is at most ${PASSAGE_LENGTH}, or if no passage contains a word of the question.`,
    resolve: ({ candidate }) => (candidate?.passage == null ? null : { passage: candidate.passage }),
  }),
  lengthFactor: t.float({
    description: '√(length / 25), 1 for lengths up to 25: in a long content a word has to occur more often.',
    resolve: ({ length }) => lengthFactor(length),
  }),
  lengthDivisor: t.float({
    description: '1 + 0.05 · ln(length / 25), 1 for lengths up to 25.',
    resolve: ({ length }) => lengthDivisor(length),
  }),
}));

/** What may have changed since. */
builder.objectFields(RecallExplanation, (t) => ({
  findings: t.field({
    type: [Finding],
    description:
      'The open findings that call it possibly out of date, because a newer memory that holds seems to update, deny or ' +
      `contradict it, the likeliest first: at most ${MOST_OUTDATING}.`,
    extensions: costs({ items: MOST_OUTDATING }),
    resolve: ({ at, memory: { id, lineageId } }) => loadOutdating(at, id, lineageId),
  }),
  movedUp: t.exposeInt('movedUp', {
    description:
      `How many places it was moved up within the first ${MAX_ARRANGED} of the list, to stand before an older memory that it ` +
      'updates, as an open finding says. 0 for most, and for lists by time.',
  }),
}));

builder.objectField(RecallExplanation, 'excerpt', (t) =>
  t.field({
    type: ExcerptType,
    nullable: true,
    extensions: costs({ weight: 5 }),
    description:
      'The part of a long content that has most of the question’s words, of some 30 to 60 words: within `passage`, where that ' +
      'is not null. Null for contents of up to some 250 bytes, and for those that contain none of the words.',
    resolve: async ({ at, memory, candidate, analysis }) => {
      const lexemes = (candidate?.terms ?? []).flatMap((number, place) =>
        candidate?.frequencies[place] === 0 ? [] : (analysis?.terms[number]?.lexemes ?? []),
      );
      if (lexemes.length === 0) return null;
      const asked: Excerpted = { id: memory.id, lexemes, passage: candidate?.passage ?? null };
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
