import type { EmbedOptions } from './embedder.ts';
import { EmbeddingFailed } from './embedder.ts';
import { batchesOf } from './texts.ts';

type Purpose = EmbedOptions['purpose'];

/** Texts that are computed together, and who waits for their vectors. */
interface Piece {
  texts: string[];
  purpose: Purpose;
  signal: AbortSignal | undefined;
  resolve(vectors: number[][]): void;
  reject(error: unknown): void;
}

export interface QueueBounds {
  /** Of one piece: a question waits for one at most. A longer text is a piece of its own. */
  piece: { texts: number; characters: number };
  /** How many characters a write may have made while it waits. */
  ofOne: number;
  /** How many may wait, of all. */
  ofAll: number;
}

/** Texts that wait for a thread to make vectors of them, a piece at a time; questions first. */
export class TextQueue {
  readonly #compute: (texts: string[]) => Promise<number[][]>;
  readonly #bounds: QueueBounds;
  readonly #waiting: Record<Purpose, Piece[]> = { query: [], document: [] };
  #characters = 0;
  #isBusy = false;

  constructor(compute: (texts: string[]) => Promise<number[][]>, bounds: QueueBounds) {
    this.#compute = compute;
    this.#bounds = bounds;
  }

  /** False: so much is made in the background instead. */
  hasRoomFor(characters: number): boolean {
    return characters <= this.#bounds.ofOne && this.#characters + characters <= this.#bounds.ofAll;
  }

  /** The vectors of texts, in their order. Rejects with EmbeddingFailed where the signal comes before. */
  async make(texts: readonly string[], { purpose, signal }: EmbedOptions): Promise<number[][]> {
    const most = this.#bounds.piece;
    const pieces = [...batchesOf(texts, { texts: most.texts, size: most.characters }, ({ length }) => length)].map(
      (piece) =>
        new Promise<number[][]>((resolve, reject) => {
          this.#characters += lengthOf(piece);
          this.#waiting[purpose].push({ texts: piece, purpose, signal, resolve, reject });
        }),
    );
    void this.#run();
    return (await Promise.all(pieces)).flat();
  }

  async #run(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (;;) {
      const piece = this.#waiting.query.shift() ?? this.#waiting.document.shift();
      if (!piece) break;
      await this.#settle(piece);
      this.#characters -= lengthOf(piece.texts);
    }
    this.#isBusy = false;
  }

  async #settle({ texts, signal, resolve, reject }: Piece): Promise<void> {
    if (signal?.aborted) {
      return reject(new EmbeddingFailed('unavailable', 'The caller cancelled the computation of embeddings.'));
    }
    try {
      resolve(await this.#compute(texts));
    } catch (error) {
      reject(error);
    }
  }
}

const lengthOf = (texts: readonly string[]): number => texts.reduce((sum, { length }) => sum + length, 0);
