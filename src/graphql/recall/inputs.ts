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
  description: 'Which kinds of search take part.',
  values: {
    HYBRID: { description: 'Words and vectors, with weights that fit the embedding model.' },
    SEMANTIC: { description: 'Only vectors.' },
    LEXICAL: { description: 'Only words, and the memories around those that contain them.' },
  } satisfies Record<RecallMode, { description: string }>,
});

const RecallWeightsInput = builder.inputType('RecallWeights', {
  description:
    'The weight of each part of the score, 0 to 1,000,000. One left out keeps its default. They must not all be 0.',
  fields: (t) => ({
    relevance: t.float({ description: `The weight of relevance. Default ${defaultWeights.relevance}.` }),
    recency: t.float({
      description: `The weight of recency: how recently it became true. Default ${defaultWeights.recency}.`,
    }),
    importance: t.float({ description: `The weight of importance. Default ${defaultWeights.importance}.` }),
    confidence: t.float({ description: `The weight of confidence. Default ${defaultWeights.confidence}.` }),
  }),
});

export const RecallInput = builder.inputType('RecallInput', {
  description: 'What to search for, and where.',
  fields: (t) => ({
    query: t.string({
      description:
        'A question, or words in any order: at most 10,000 characters, not blank. The first 128 words count. It has no special syntax.',
    }),
    embedding: t.floatList({
      description:
        'A vector of the model and dimension that viewer.embedding names. It replaces the vector that the service would make of `query`, and can be given without a `query`.',
    }),
    companion: t.field({
      type: CompanionRefInput,
      required: true,
      description: 'The companion whose memories are searched. An unknown companion has none.',
    }),
    user: t.field({ type: UserRefInput, description: 'Only those about this user. An unknown user has none.' }),
    mode: t.field({
      type: RecallModeEnum,
      required: true,
      defaultValue: 'HYBRID',
      description: 'Which kinds of search take part. If no vector is available it is LEXICAL, and the answer says so.',
    }),
    filter: t.field({
      type: MemoryFilterInput,
      description: 'Which memories to include. Default: the ACTIVE and DISPUTED ones.',
    }),
    weights: t.field({ type: RecallWeightsInput, description: 'The weight of each part of the score.' }),
    minSimilarity: t.float({
      description: 'Only memories whose vector is at least this similar, −1 to 1. Ignored if vectors do not take part.',
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
