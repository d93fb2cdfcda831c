// The thread in which vectors are made of spelling.
import { answerAsThread } from '../../kernel/work-thread.ts';
import { hashedVector } from './hashing.ts';

export interface HashingRequest {
  texts: readonly string[];
  dimension: number;
}
/** The numbers of all vectors, one after the other. */
export type HashingAnswer = Float64Array<ArrayBuffer>;

answerAsThread<HashingRequest, HashingAnswer>(
  ({ texts, dimension }) => {
    const numbers = new Float64Array(texts.length * dimension);
    for (const [at, text] of texts.entries()) numbers.set(hashedVector(text, dimension), at * dimension);
    return numbers;
  },
  ({ buffer }) => [buffer],
);
