import type { ResultOf } from '../../core/graphql.ts';
import type { foundMemory, recall } from './documents.ts';

export type Found = ResultOf<typeof foundMemory>;
export type Weights = ResultOf<typeof recall>['recall']['weights'];

/** The parts of a score, in the order in which they are drawn. */
export const partLabels = {
  words: 'Words',
  spread: 'Spread',
  vector: 'Vector',
  cues: 'Cues',
  recency: 'Recency',
  importance: 'Importance',
  confidence: 'Confidence',
} as const;

export type PartName = keyof typeof partLabels;

export interface ScorePart {
  name: PartName;
  /** What it adds to the score; below 0 it takes away. */
  value: number;
  /** How it comes about, in numbers. */
  how: string;
}

/** Numbers as they are shown, to three places. */
export const shown = (number: number): string => number.toFixed(3).replace(/^-/, '−');

const times = (...numbers: number[]) => numbers.map((number) => Number(number.toFixed(4))).join(' × ');

/**
 * A score taken apart: its parts add up to it, as docs/recall.md says. Words, spread and vector together are multiplied
 * by the cues; what that adds, or takes away, is a part of its own.
 */
export function partsOf({ explanation }: Pick<Found, 'explanation'>, weights: Weights): ScorePart[] {
  const { lexical, spread, similarityAround, cues, recency, importance, confidence } = explanation;
  const { relevance } = weights;
  const byWords = relevance * weights.lexical;
  const base = byWords * ((lexical ?? 0) + (spread ?? 0)) + relevance * weights.vector * (similarityAround ?? 0);
  const factor = cues.reduce((product, cue) => product * cue.factor, 1);
  return [
    { name: 'words', value: byWords * (lexical ?? 0), how: times(relevance, weights.lexical, lexical ?? 0) },
    { name: 'spread', value: byWords * (spread ?? 0), how: times(relevance, weights.lexical, spread ?? 0) },
    {
      name: 'vector',
      value: relevance * weights.vector * (similarityAround ?? 0),
      how: times(relevance, weights.vector, similarityAround ?? 0),
    },
    {
      name: 'cues',
      value: base * (factor - 1),
      how: cues.length === 0 ? 'none' : `${times(base)} × (${times(...cues.map((cue) => cue.factor))} − 1)`,
    },
    { name: 'recency', value: weights.recency * recency, how: times(weights.recency, recency) },
    { name: 'importance', value: weights.importance * importance, how: times(weights.importance, importance) },
    { name: 'confidence', value: weights.confidence * confidence, how: times(weights.confidence, confidence) },
  ];
}
