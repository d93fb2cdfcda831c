import { defaultWeights, type GivenWeights, type RecallMode } from '../../domain/recall/recall.ts';
import { bounds } from '../../kernel/input.ts';
import { MAX_ARRANGED, TOGETHER } from '../../model/recall/arrange.ts';
import type { RecallOrder } from '../../model/recall/enumeration.ts';
import { NOW_FACTOR, SIMILARITY_FLOOR } from '../../model/recall/score.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { ConversationRefInput } from '../core/conversation-ref.ts';
import { defineEnum, defineInput, number, numbers, optional, readAs, required, text } from '../core/input.ts';
import { MemoryFilterInput } from '../memory/inputs.ts';
import { UserRefInput } from '../user/type.ts';

export const RecallModeEnum = defineEnum<RecallMode>('RecallMode', 'Which kinds of search take part.', {
  HYBRID: 'Words and vectors, with weights that fit the embedding model.',
  SEMANTIC: 'Only vectors.',
  LEXICAL: 'Only words, and the memories around those that contain them.',
});

export const RecallOrderEnum = defineEnum<RecallOrder>('RecallOrder', 'The order in which recall lists memories.', {
  RELEVANCE: 'By score, the highest first. If the server has a reranker, what it ranked comes first.',
  VARIETY:
    'By score times RecallExplanation.variety, the highest first: more of the same conversation, and what was nearly said ' +
    `before, comes later. This holds for the first ${MAX_ARRANGED} memories; the others follow by score. A list that a reranker ` +
    'ordered stays as it is, and says RELEVANCE.',
  TIME:
    `The same memories in tens: the first ${TOGETHER} by VARIETY, sorted by validFrom, the oldest first; then the next ${TOGETHER}, ` +
    `and so on. So the first ${TOGETHER} are those that fit best, in the order in which they became true.`,
});

const weight = (says: string) => optional(number(0, 1_000_000), says);

const GivenWeightsInput = defineInput(
  'RecallWeights',
  'The weight of each part of the score, 0 to 1,000,000. One left out keeps its default. They must not all be 0.',
  {
    relevance: weight(`The weight of relevance. Default ${defaultWeights.relevance}.`),
    recency: weight(
      `The weight of recency: how recently it became true. Default ${defaultWeights.recency}; if no weights are given ` +
        `and the query asks for the present state ("current", "latest", "still", "now"), ${NOW_FACTOR} times that.`,
    ),
    importance: weight(`The weight of importance. Default ${defaultWeights.importance}.`),
    confidence: weight(`The weight of confidence. Default ${defaultWeights.confidence}.`),
  },
);

const weightsRead = readAs(GivenWeightsInput, withDefaults);
/** Weights, defaults filled in: not all 0. */
const RecallWeightsInput = {
  ...weightsRead,
  check: weightsRead.check.refine(
    (weights) => Object.values(weights).some((each) => each > 0),
    'At least one weight must be above 0.',
  ),
};

function withDefaults(given: { [Part in keyof GivenWeights]?: number | null | undefined }): GivenWeights {
  const { relevance, recency, importance, confidence } = given;
  return {
    relevance: relevance ?? defaultWeights.relevance,
    recency: recency ?? defaultWeights.recency,
    importance: importance ?? defaultWeights.importance,
    confidence: confidence ?? defaultWeights.confidence,
  };
}

export const RecallInput = defineInput('RecallInput', 'What to search for, and where.', {
  query: optional(
    text('query', bounds.query),
    'A question, or words in any order: at most 10,000 characters, not blank. The first 128 words count. It has no special syntax.',
  ),
  embedding: optional(
    numbers,
    'A vector of the model and dimension that viewer.embedding names. It replaces the vector that ' +
      'the service would make of `query`, and can be given without a `query`.',
  ),
  companion: required(CompanionRefInput, 'The companion whose memories are searched. An unknown companion has none.'),
  user: optional(UserRefInput, 'Only those about this user. An unknown user has none.'),
  conversation: optional(
    ConversationRefInput,
    'Only what the messages of this conversation became, whatever conversation the filter names. An unknown one has none.',
  ),
  mode: required(
    RecallModeEnum,
    'Which kinds of search take part. If no vector is available it is LEXICAL, and the answer says so.',
    { default: 'HYBRID' },
  ),
  filter: optional(MemoryFilterInput, 'Which memories to include. Default: the ACTIVE and DISPUTED ones.'),
  weights: optional(RecallWeightsInput, 'The weight of each part of the score.'),
  order: optional(
    RecallOrderEnum,
    'The order of the list. Left out, the query decides: TIME if it asks “in which order”; VARIETY if it asks for many ' +
      'things (“list all”, “how many different”, “summarise”, “an overview”); else RELEVANCE. This works in English, ' +
      'German, Spanish and French.',
  ),
  minSimilarity: optional(
    number(-1, 1),
    'Only memories whose vector is at least this similar, −1 to 1. Ignored if vectors do not take part. Left out, ' +
      `in HYBRID mode, memories that have no word of the query, and are not near one that has, must be ` +
      `${SIMILARITY_FLOOR} similar, 0.18 by the model use-lite-en.`,
  ),
  minScore: optional(
    number(-1_000_000, 1_000_000),
    'Only memories that score at least this. Scores depend on the weights, and on how rare the words of the query are.',
  ),
});
