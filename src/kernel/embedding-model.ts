/** What made a vector: vectors of different models, or of other dimensions, are never compared. */
export interface EmbeddingModel {
  readonly model: string;
  readonly dimension: number;
  /** Storing a vector writes an index entry, which takes milliseconds: many are stored afterwards, by upkeep. */
  readonly isIndexed?: boolean;
}
