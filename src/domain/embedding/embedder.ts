export type EmbeddingProvider = 'openai' | 'local' | 'transformers';

export interface EmbedOptions {
  /** Some models need to know which side of a search a text is on. */
  purpose: 'document' | 'query';
  /** Gives up early; the failure is then `unavailable`. */
  signal?: AbortSignal;
}

/** Turns texts into vectors. */
export interface Embedder {
  readonly provider: EmbeddingProvider;
  /**
   * As recorded with vectors, e.g. `text-embedding-3-small`, `hashing-1`. Vectors of different models are not compared.
   */
  readonly model: string;
  readonly dimension: number;
  /** How the two sides of a hybrid recall are weighed, 1 in all; it depends on how good the vectors are. */
  readonly weights: { vector: number; lexical: number };
  /** The cosine similarity from which two texts have to do with each other. Without it, SIMILARITY_FLOOR. */
  readonly floor?: number;
  /** True: `embed` sends nothing anywhere and is quick, so that it can be part of a write. */
  readonly isLocal: boolean;
  /** How many texts upkeep has it make at once, where that is fewer than usual. */
  readonly batch?: number;
  /**
   * Whether texts of so many characters are made soon enough for a write to wait. False: they stay pending. Without it,
   * the provider's deadline decides.
   */
  hasRoomFor?(characters: number): boolean;
  /**
   * Takes texts that say something (no empty ones) and gives as many vectors in the same order, each of `dimension`
   * numbers and of length 1. All or nothing: throws {@link EmbeddingFailed}.
   */
  embed(texts: readonly string[], options: EmbedOptions): Promise<number[][]>;
}

/**
 * No vectors. `unavailable`: the texts are not at fault, the same call may do later. `refused`: a text among these will
 * never do; halving the batch finds it. `message` is for operators and holds neither texts nor keys, for which reason
 * there is no `cause` either.
 */
export class EmbeddingFailed extends Error {
  override name = 'EmbeddingFailed';
  readonly kind: 'unavailable' | 'refused';
  /** How long to wait before the next try, in milliseconds, where the provider said so. */
  readonly retryAfterMs: number | undefined;
  constructor(kind: 'unavailable' | 'refused', message: string, retryAfterMs?: number) {
    super(message);
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Nothing was sent: the provider is left in peace for now. */
export class NotAsked extends EmbeddingFailed {
  constructor() {
    super('unavailable', 'The provider has failed, and is not asked for now.');
  }
}

/** The vector side's share where none is configured: hashed spelling says less than what a model has learnt. */
const vectorWeights = { meaning: 0.3, both: 0.4, spelling: 0.03 };

/** The two weights, from the vector side's share, 0–1; without one, by what the vectors tell of a text. */
export function weightsOf(what: keyof typeof vectorWeights, vector = vectorWeights[what]): Embedder['weights'] {
  return { vector, lexical: 1 - vector };
}

/** The vector at length 1, or null where it has no direction: a number that is none, an infinity, nothing but zeros. */
export function unitVector(vector: ArrayLike<number>): number[] | null {
  // Measured by the largest component, or squares of very large or small ones would leave the range of a number.
  let largest = 0;
  for (let at = 0; at < vector.length; at++) {
    const size = Math.abs(vector[at] as number);
    if (!(size < Number.POSITIVE_INFINITY)) return null;
    if (size > largest) largest = size;
  }
  if (largest === 0) return null;
  let squares = 0;
  for (let at = 0; at < vector.length; at++) squares += ((vector[at] as number) / largest) ** 2;
  const length = Math.sqrt(squares);
  const unit = new Array<number>(vector.length);
  for (let at = 0; at < vector.length; at++) unit[at] = (vector[at] as number) / largest / length;
  return unit;
}

/**
 * What a provider answered, checked and at length 1. A vector of another dimension is a matter of settings. One without
 * a direction is its text's fault, unless all of several have none: then it is the model's.
 */
export function checkedVectors(vectors: readonly (readonly number[])[], dimension: number): number[][] {
  const other = vectors.find((vector) => vector.length !== dimension);
  if (other) {
    throw new EmbeddingFailed(
      'unavailable',
      `The embedding model returned vectors of dimension ${other.length}, but ${dimension} was ` +
        `expected: set EMBEDDING_DIMENSION to what the model gives, or EMBEDDING_MODEL to another ` +
        `model.`,
    );
  }
  const units = vectors.map((vector) => unitVector(vector));
  const found = units.filter((unit) => unit !== null);
  if (found.length === units.length) return found;
  throw new EmbeddingFailed(
    found.length === 0 && units.length > 1 ? 'unavailable' : 'refused',
    `${units.length - found.length} of the ${units.length} vectors that the embedding model returned ` +
      `have no direction (zeros only, NaN or infinite).`,
  );
}
