/**
 * What has no word of the question, nor stands near what has, is found by its vector alone where the cosine similarity
 * is at least this: texts that have nothing to do with each other come to some 0.2, by spelling or by meaning.
 */
export const SIMILARITY_FLOOR = 0.25;

/** Days in which recency falls to a half. */
export const RECENCY_HALF_LIFE = 30;

/**
 * Factors of relevance: the memory is of the speaker named, states a time asked for, became true within the span of time
 * that the question names, is a short question, is the user's own where they ask about themselves, or has ended.
 */
export const cueFactors = { speaker: 1.5, time: 1.5, date: 1.25, question: 0.85, self: 1.25, ended: 0.8 } as const;
export type CueName = keyof typeof cueFactors;

/**
 * How much the vectors of what a memory follows, of what that follows, and of what follows the memory count beside its
 * own: by how many FOLLOWS relations later they are. Divided by the sum of those that are there.
 */
export const neighborWeights = { '0': 1, '-1': 0.5, '-2': 0.25, '1': 0.35 } as const;

/** How many times more recency weighs, by default, where a question asks for what is so now. */
export const NOW_FACTOR = 4;

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
  /** The weighted mean of it and of what comes before and after: see `neighborWeights`. Null as `similarity` is. */
  around: number | null;
  /** What its words and those around it score, as a part of the most that the question's words could: 0 to 1. */
  lexical: number;
  /** How long its content is: bytes of UTF-8 / 10. */
  length: number;
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
 * relevance = (vector · similarity around it + lexical · words) · the factors of the cues;
 * score = relevance, recency, importance and confidence, each times its weight, added up.
 */
export function scoreOf(parts: Parts, weights: Weights, best: number): Scored {
  const factor = parts.cues.reduce((product, cue) => product * cueFactors[cue], 1);
  const relevance = (weights.vector * (parts.around ?? 0) + weights.lexical * parts.lexical) * factor;
  const recency = 2 ** -(Math.max(0, parts.ageDays) / RECENCY_HALF_LIFE);
  const score =
    weights.relevance * relevance +
    weights.recency * recency +
    weights.importance * parts.importance +
    weights.confidence * parts.confidence;
  return { ...parts, best, relevance, recency, score };
}
