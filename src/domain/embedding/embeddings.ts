import { EventEmitter } from 'node:events';
import { readOnce } from '../../db/read-transaction.ts';
import type { Tenant, Transaction } from '../../db/transaction.ts';
import { Breaker } from '../../kernel/breaker.ts';
import { describeError } from '../../kernel/describe-error.ts';
import type { EmbeddingModel } from '../../kernel/embedding-model.ts';
import { EmbeddingDimension, InvalidInput } from '../../kernel/errors.ts';
import { inTurns } from '../../kernel/turns.ts';
import { SIMILARITY_FLOOR } from '../../model/recall/score.ts';
import { embedderOf, openEmbedder } from './choose.ts';
import { type Embedder, EmbeddingFailed, type EmbedOptions, NotAsked } from './embedder.ts';
import type { EmbeddingSettings } from './settings.ts';
import { Usage } from './usage.ts';
import { VectorIndexes } from './vector-index.ts';
import { contentHash, knownHashes, readModel } from './vectors.ts';

/** How long a workspace's model is kept before it is read again; upkeep reads it more often. */
export const MODEL_TTL_MS = 60_000;
/** How many questions' vectors are remembered. */
const MAX_QUESTIONS = 1_000;

/** A text that is to get a vector, or brings one. */
export interface TextToEmbed {
  content: string;
  embedding?: readonly number[] | null | undefined;
  /** Leads to the embedding in the input. */
  path: readonly (string | number)[];
}
/** Undefined: none was made, and the write finds one or leaves it pending. */
export type Vector = readonly number[] | undefined;

/** A question's vector, of the model that the workspace's vectors are of. */
export interface QuestionVector extends EmbeddingModel {
  /** Its numbers; one that is made of words is made of the words given, which may be fewer. */
  valuesOf(words: string): Promise<readonly number[]>;
  weights: Embedder['weights'];
  /** The similarity from which a memory has to do with it. */
  floor: number;
  /** It finds what words find, so it is asked for candidates only where words find little. */
  isLexical: boolean;
}

/** The provider as the rest of the service sees it: its failures fail nothing else, and it is asked nothing twice. */
export class Embeddings {
  readonly settings: EmbeddingSettings;
  /** What new vectors are made by; null: none are. */
  readonly embedder: Embedder | null;
  readonly usage: Usage;
  /** Where there are very many vectors. */
  readonly indexes: VectorIndexes;
  /** Emits `pending` where a write has left vectors to be made. */
  readonly events = new EventEmitter<{ pending: [] }>();
  readonly #log: (text: string) => void;
  readonly #others = new Map<string, Promise<Embedder | null>>();
  readonly #models = new Map<string, { model: EmbeddingModel | null; until: number }>();
  readonly #questions = new Map<string, readonly number[]>();
  readonly #breaker = new Breaker();

  constructor(
    settings: EmbeddingSettings,
    embedder: Embedder | null,
    log: (text: string) => void,
    usage: Usage = new Usage(),
  ) {
    this.settings = settings;
    this.embedder = embedder;
    this.#log = log;
    this.usage = usage;
    this.indexes = new VectorIndexes(log);
  }

  /** Throws ConfigError where the provider configured is unavailable. */
  static async open(settings: EmbeddingSettings, log: (text: string) => void): Promise<Embeddings> {
    const usage = new Usage();
    return new Embeddings(settings, await openEmbedder(settings, { usage }), log, usage);
  }

  /** The model new vectors are of. */
  get model(): EmbeddingModel | null {
    const { embedder, indexes } = this;
    return embedder && { model: embedder.model, dimension: embedder.dimension, isIndexed: indexes.isBuilt };
  }

  /** How long nothing is sent to the provider, in milliseconds. */
  get pausedFor(): number {
    return this.#breaker.pausedFor;
  }

  /**
   * The vectors of texts, in their order, made before a write and outside any transaction: the one a text brings, else
   * one of the provider's. Undefined for those whose content the workspace knows, and for all where the provider does
   * not answer in time: the write takes the vector over, or leaves it pending. Throws EmbeddingDimension and
   * InvalidInput for a given vector that does not fit the model.
   */
  async vectorsOf(tenant: Tenant, texts: readonly TextToEmbed[]): Promise<readonly Vector[]> {
    for (const { embedding, path } of texts) if (embedding) this.check(embedding, path);
    const { embedder } = this;
    const given = texts.map(({ embedding }) => embedding ?? undefined);
    const open = texts.filter(({ embedding }) => !embedding);
    if (!embedder || open.length === 0 || (!embedder.isLocal && this.pausedFor > 0)) return given;
    // Size first: what would take long is made in the background, and nobody waits for it.
    const characters = open.reduce((sum, { content }) => sum + content.length, 0);
    if (embedder.hasRoomFor?.(characters) === false) return given;
    const hashes = await inTurns(texts, ({ content }) => contentHash(content));
    const contents = new Map(
      texts.flatMap(({ embedding, content }, index) => (embedding ? [] : [[hashes[index] as string, content]])),
    );
    if (!embedder.isLocal)
      for (const hash of await this.#known(tenant, embedder, [...contents.keys()])) contents.delete(hash);
    const made = await this.attempt(embedder, [...contents.values()], 'document');
    const byHash = new Map([...contents.keys()].map((hash, index) => [hash, made?.[index]]));
    return texts.map((_, index) => given[index] ?? byHash.get(hashes[index] as string));
  }

  /** Throws where a vector that came with a request cannot be compared with the model's. */
  check(vector: readonly number[], path: readonly (string | number)[]): void {
    const { embedder } = this;
    if (!embedder) {
      const message = 'This service stores no vectors (EMBEDDING_PROVIDER is none): leave the embedding out.';
      throw new InvalidInput([{ path, message }]);
    }
    if (vector.length !== embedder.dimension) throw new EmbeddingDimension(embedder.dimension, vector.length);
    if (!vector.every(Number.isFinite)) throw new InvalidInput([{ path, message: 'Finite numbers are expected.' }]);
    if (vector.every((value) => value === 0)) {
      throw new InvalidInput([
        { path, message: 'A vector of only zeros has no direction, so nothing is similar to it.' },
      ]);
    }
  }

  /**
   * The vector of a question, or null: there is none to compare with, or the provider does not answer in time. `read`
   * says what a model is given of it.
   */
  async question(tenant: Tenant, read: () => Promise<string>): Promise<QuestionVector | null> {
    const embedder = await this.#reader(tenant);
    if (!embedder) return null;
    const { model, dimension, weights, floor = SIMILARITY_FLOOR, isLocal } = embedder;
    if (isLocal) {
      const valuesOf = async (words: string) => (await embedder.embed([words], { purpose: 'query' }))[0] as number[];
      return { valuesOf, model, dimension, weights, floor, isLexical: true };
    }
    const text = await read();
    // Of the workspace's own, or the time an answer takes would tell what is asked in others.
    const key = JSON.stringify([tenant.workspaceId, model, dimension, text]);
    let values = this.#questions.get(key);
    if (!values) {
      if (this.pausedFor > 0) return null;
      values = (await this.attempt(embedder, [text], 'query'))?.[0];
      if (!values) return null;
      if (this.#questions.size >= MAX_QUESTIONS) this.#questions.delete(this.#questions.keys().next().value as string);
    }
    this.#questions.delete(key);
    this.#questions.set(key, values);
    const found = values;
    return { valuesOf: async () => found, model, dimension, weights, floor, isLexical: false };
  }

  /** A vector that came with a request, as a question's: null while reads still compare those of another model. */
  async given(tenant: Tenant, values: readonly number[]): Promise<QuestionVector | null> {
    const embedder = await this.#reader(tenant);
    if (!embedder || embedder.model !== this.embedder?.model || embedder.dimension !== values.length) return null;
    const { model, dimension, weights, floor = SIMILARITY_FLOOR } = embedder;
    return { valuesOf: async () => values, model, dimension, weights, floor, isLexical: false };
  }

  /** Asks once, and notes how it went; undefined where it failed, or may not be asked now. */
  async attempt(
    embedder: Embedder,
    texts: readonly string[],
    purpose: 'document' | 'query',
  ): Promise<number[][] | undefined> {
    if (texts.length === 0) return [];
    try {
      return await this.ask(embedder, texts, { purpose, ...this.#deadline(embedder) });
    } catch (error) {
      this.noteFailure(error);
      return undefined;
    }
  }

  /**
   * The vectors of texts, see {@link Embedder.embed}. Throws EmbeddingFailed, which is for the caller to note; NotAsked
   * while the provider is left in peace, or another request finds out whether it answers again.
   */
  async ask(embedder: Embedder, texts: readonly string[], options: EmbedOptions): Promise<number[][]> {
    if (embedder.isLocal) return embedder.embed(texts, options);
    if (!this.#breaker.enter()) throw new NotAsked();
    try {
      const vectors = await embedder.embed(texts, options);
      this.#breaker.close();
      return vectors;
    } catch (error) {
      // Who refuses a text does answer.
      if (error instanceof EmbeddingFailed && error.kind === 'refused') this.#breaker.close();
      else this.#breaker.leave();
      throw error;
    }
  }

  /** The provider answers (again). */
  noteSuccess(): void {
    this.#breaker.close();
  }

  /** Sends the provider nothing for a while where it is at fault; says so once for each time it starts to fail. */
  noteFailure(error: unknown): void {
    if (error instanceof NotAsked || (error instanceof EmbeddingFailed && error.kind === 'refused')) return;
    const asked = error instanceof EmbeddingFailed ? error.retryAfterMs : undefined;
    if (this.#breaker.open(asked))
      this.#log(`Embeddings are pending until the provider answers: ${describeError(error)}`);
  }

  /** Takes note of the model that reads of a workspace compare vectors of. */
  noteModel(workspaceId: string, model: EmbeddingModel | null): void {
    this.#models.set(workspaceId, { model, until: performance.now() + MODEL_TTL_MS });
  }

  #deadline({ isLocal }: Embedder): { signal?: AbortSignal } {
    const { openai } = this.settings;
    return isLocal || !openai ? {} : { signal: AbortSignal.timeout(openai.deadlineMs) };
  }

  /** The model whose vectors reads of a workspace compare; null while there are none. Read in `tx` if it is unknown. */
  async modelOf({ workspaceId }: Tenant, tx: Transaction): Promise<EmbeddingModel | null> {
    const known = this.#models.get(workspaceId);
    if (known && known.until > performance.now()) return known.model;
    const model = await readModel(tx);
    this.noteModel(workspaceId, model);
    return model;
  }

  /** What questions to a workspace are embedded by: the model of its vectors, which is another while it changes. */
  async #reader(tenant: Tenant): Promise<Embedder | null> {
    const model = await readOnce(tenant, (tx) => this.modelOf(tenant, tx));
    if (!model || this.settings.provider === 'none') return null;
    if (model.model === this.embedder?.model && model.dimension === this.embedder.dimension) return this.embedder;
    const name = JSON.stringify([model.model, model.dimension]);
    const other = this.#others.get(name) ?? embedderOf(this.settings, model, this.usage);
    this.#others.set(name, other);
    return other;
  }

  #known(tenant: Tenant, model: EmbeddingModel, hashes: readonly string[]): Promise<Set<string>> {
    return readOnce(tenant, (tx) => knownHashes(tx, model, hashes));
  }
}
