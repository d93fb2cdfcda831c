import { z } from 'zod';
import { defaultWeights, type GivenWeights, type RecallMode, recallModes } from '../../domain/recall/recall.ts';
import { bounded, bounds, filledText, vector } from '../../kernel/input.ts';
import { companionRef } from '../../model/companion/ref.ts';
import { userRef } from '../../model/user/ref.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { MemoryFilterInput, memoryFilter } from '../memory/inputs.ts';
import { UserRefInput } from '../user/type.ts';

export const RecallModeEnum = builder.enumType('RecallMode', {
  description: 'Which sides of a search take part.',
  values: {
    HYBRID: { description: 'Words and vectors, weighed by what the embedding model is worth.' },
    SEMANTIC: { description: 'Vectors alone.' },
    LEXICAL: { description: 'Words alone, and what lies around the memories that have them.' },
  } satisfies Record<RecallMode, { description: string }>,
});

const RecallWeightsInput = builder.inputType('RecallWeights', {
  description:
    'How much each part of the score weighs, 0 to 1,000,000; one left out keeps its default. They may not all be 0.',
  fields: (t) => ({
    relevance: t.float({ description: `How well it fits. Default ${defaultWeights.relevance}.` }),
    recency: t.float({ description: `How lately it became true. Default ${defaultWeights.recency}.` }),
    importance: t.float({ description: `How much it matters. Default ${defaultWeights.importance}.` }),
    confidence: t.float({ description: `How far it is believed. Default ${defaultWeights.confidence}.` }),
  }),
});

export const RecallInput = builder.inputType('RecallInput', {
  description: 'What is looked for, and where.',
  fields: (t) => ({
    query: t.string({
      description:
        'A question or words, in any order, of which the first 128 count: at most 10,000 characters, not blank. Nothing in it is syntax.',
    }),
    embedding: t.floatList({
      description:
        'A vector of the model and dimension that viewer.embedding names, instead of the one the service would make of `query`, or without any.',
    }),
    companion: t.field({ type: CompanionRefInput, required: true, description: 'Whose memories; unknown: none.' }),
    user: t.field({ type: UserRefInput, description: 'About this user alone; unknown: none.' }),
    mode: t.field({
      type: RecallModeEnum,
      required: true,
      defaultValue: 'HYBRID',
      description: 'Which sides take part. Where no vector can be had it is LEXICAL, and the answer says so.',
    }),
    filter: t.field({ type: MemoryFilterInput, description: 'Which of them. Default: the ACTIVE and DISPUTED ones.' }),
    weights: t.field({ type: RecallWeightsInput, description: 'How much each part of the score weighs.' }),
    minSimilarity: t.float({
      description:
        'Only memories whose vector is at least this similar, −1 to 1. Where vectors take no part it is left out of account.',
    }),
  }),
});

const weight = bounded(0, 1_000_000).nullish();

export const recallInput = z.object({
  query: filledText('query', bounds.query).nullish(),
  embedding: vector.nullish(),
  companion: companionRef,
  user: userRef.nullish(),
  mode: z.enum(recallModes),
  filter: memoryFilter.nullish(),
  weights: z
    .object({ relevance: weight, recency: weight, importance: weight, confidence: weight })
    .transform(
      ({ relevance, recency, importance, confidence }): GivenWeights => ({
        relevance: relevance ?? defaultWeights.relevance,
        recency: recency ?? defaultWeights.recency,
        importance: importance ?? defaultWeights.importance,
        confidence: confidence ?? defaultWeights.confidence,
      }),
    )
    .refine((weights) => Object.values(weights).some((each) => each > 0), 'At least one weight must be above 0.')
    .nullish(),
  minSimilarity: bounded(-1, 1).nullish(),
});
