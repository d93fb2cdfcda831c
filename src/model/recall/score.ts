/** Days in which recency falls to a half. */
export const RECENCY_HALF_LIFE = 30;

/** Factors of the score of words: the memory is of the speaker named, states a time asked for, or is a question. */
export const cueFactors = { speaker: 1.5, time: 1.5, question: 0.85 } as const;
export type CueName = keyof typeof cueFactors;

/** The weights of a score's parts. */
export interface Weights {
  vector: number;
  lexical: number;
  relevance: number;
  recency: number;
  importance: number;
  confidence: number;
}

/** What is known of a memory that was found. */
export interface Parts {
  /** Cosine similarity, −1 to 1; null where there is no vector to compare, of the question or of the memory. */
  similarity: number | null;
  /** What its words and those around it score, as a part of the most that the question's words could: 0 to 1. */
  lexical: number;
  cues: readonly CueName[];
  /** Days since it became true; negative: it has not yet. */
  ageDays: number;
  /** 0 to 1. */
  importance: number;
  /** 0 to 1. */
  confidence: number;
}

/** The parts weighed. */
export interface Scored extends Parts {
  /** What the scores of words have been divided by. */
  best: number;
  relevance: number;
  /** 0 to 1. */
  recency: number;
  score: number;
}

/**
 * relevance = vector · similarity + lexical · words · the factors of the cues;
 * score = relevance, recency, importance and confidence, each times its weight, added up.
 */
export function scoreOf(parts: Parts, weights: Weights, best: number): Scored {
  const factor = parts.cues.reduce((product, cue) => product * cueFactors[cue], 1);
  const relevance = weights.vector * (parts.similarity ?? 0) + weights.lexical * parts.lexical * factor;
  const recency = 2 ** -(Math.max(0, parts.ageDays) / RECENCY_HALF_LIFE);
  const score =
    weights.relevance * relevance +
    weights.recency * recency +
    weights.importance * parts.importance +
    weights.confidence * parts.confidence;
  return { ...parts, best, relevance, recency, score };
}
