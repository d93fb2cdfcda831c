/** What a question found of what answers it. */
export interface Answer {
  group: string;
  /** Places from 0 on. */
  places: readonly number[];
  /** How much there was to find. */
  evidence: number;
}

/** The measures of an answer, 0 to 1 each. */
const recallAt = (k: number) => (answer: Answer) => answer.places.filter((place) => place < k).length / answer.evidence;
const hitAt = (k: number) => (answer: Answer) => Number(answer.places.some((place) => place < k));
const allAt = (k: number) => (answer: Answer) => Number(recallAt(k)(answer) === 1);
const reciprocalRank = ({ places: [first] }: Answer) => (first === undefined ? 0 : 1 / (first + 1));

const measures = {
  'R@5': recallAt(5),
  'R@10': recallAt(10),
  'hit@5': hitAt(5),
  'hit@10': hitAt(10),
  'all@10': allAt(10),
  MRR: reciprocalRank,
};
export type Measure = keyof typeof measures;
export const measureNames = Object.keys(measures) as Measure[];

/** Means of a group of questions. */
export type Figures = Record<Measure, number> & {
  questions: number;
  /** Between which R@10 is with 95 % probability, had other questions of the kind been asked. */
  interval: [number, number];
  /** R@10 of each question. */
  each: number[];
};

const RESAMPLES = 1_000;

export function figuresOf(answers: readonly Answer[]): Figures {
  const of = (measure: Measure) => mean(answers.map(measures[measure]));
  const means = Object.fromEntries(measureNames.map((name) => [name, of(name)])) as Record<Measure, number>;
  const each = answers.map(measures['R@10']);
  return { ...means, questions: answers.length, interval: bootstrap(each), each };
}

/** Where 95 of 100 means of as many values drawn from these are. The same values give the same. */
export function bootstrap(values: readonly number[]): [number, number] {
  const random = drawing(7);
  const means = Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let n = 0; n < values.length; n++) sum += values[Math.floor(random() * values.length)] as number;
    return sum / values.length;
  }).sort((a, b) => a - b);
  return [means[Math.floor(RESAMPLES * 0.025)] as number, means[Math.floor(RESAMPLES * 0.975)] as number];
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

/** Numbers from 0 up to 1, the same for a seed (mulberry32). */
export function drawing(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
