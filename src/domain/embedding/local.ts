import { describeError } from '../../kernel/describe-error.ts';
import { WorkThread } from '../../kernel/work-thread.ts';
import { type Embedder, EmbeddingFailed, weightsOf } from './embedder.ts';
import { hashedVector, MODEL } from './hashing.ts';
import type { HashingAnswer, HashingRequest } from './local-thread.ts';
import { type QueueBounds, TextQueue } from './text-queue.ts';

export interface LocalOptions {
  dimension: number;
  vectorWeight?: number | undefined;
}

/** Some 2,000,000 characters take a second. */
const BOUNDS: QueueBounds = { piece: { texts: 100, characters: 20_000 }, ofOne: 1_000_000, ofAll: 4_000_000 };

/** One for all embedders: what it does depends on nothing but the texts and the dimension. */
const thread = new WorkThread<HashingRequest, HashingAnswer>(new URL('./local-thread.ts', import.meta.url));

/**
 * Vectors without a model, by feature hashing: which words, word stems and pieces of words a text has. Two texts are
 * near each other that are *written* alike, misspellings and inflections included; nothing is known of meaning. The
 * same text has the same vector on every machine. They are made in a thread of their own.
 */
export function openLocalEmbedder({ dimension, vectorWeight }: LocalOptions): Embedder {
  const queue = new TextQueue(async (texts) => {
    const numbers = await thread.ask({ texts, dimension });
    return texts.map((_, at) => Array.from(numbers.subarray(at * dimension, (at + 1) * dimension)));
  }, BOUNDS);
  return {
    provider: 'local',
    model: MODEL,
    dimension,
    weights: weightsOf('spelling', vectorWeight),
    isLocal: true,
    hasRoomFor: (characters) => queue.hasRoomFor(characters),
    async embed(texts, options) {
      try {
        return await queue.make(texts, options);
      } catch (error) {
        if (error instanceof EmbeddingFailed) throw error;
        // A question is short, and an answer must not fail with the thread.
        if (options.purpose === 'query') return texts.map((text) => hashedVector(text, dimension));
        throw new EmbeddingFailed('unavailable', `No vectors were made: ${describeError(error)}`);
      }
    },
  };
}
