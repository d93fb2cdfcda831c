/** What a document may come to, at most; it is found out before any of it runs. */
export interface DocumentLimits {
  /** Fields of the largest answer it can get, by their weights: see `cost/complexity.ts`. */
  complexity: number;
  /** Fields nested in each other. */
  depth: number;
  /** Selections: fields, and fragments with all that is in them wherever they are spread. */
  breadth: number;
  /** Words and signs of its text. */
  tokens: number;
}

export const defaultLimits: DocumentLimits = { complexity: 250_000, depth: 30, breadth: 500, tokens: 10_000 };
