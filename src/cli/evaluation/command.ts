import type { Execute } from '../../client/execute.ts';
import { figuresOf, type Measure } from '../../model/evaluation/measures.ts';
import { type Asked, askAll, type EvalWeights, FIRST, pendingVectors } from './ask.ts';
import { EvaluationFailed } from './failed.ts';
import type { EvalQuestion } from './questions.ts';
import { ALL, figuresByGroup, latency, linesOf, part } from './report.ts';
import { movedSince, type SavedRun, saveRun } from './runs.ts';

/** What one evaluation is to do. */
export interface Evaluation {
  questions: readonly EvalQuestion[];
  /** Where they are from, as the report names it. */
  from: string;
  weights: EvalWeights | null;
  /** The same questions are asked by other weights, too. */
  sweeps: boolean;
  /** What each measure of all questions must reach. */
  least: ReadonlyMap<Measure, number>;
  earlier: SavedRun | null;
  /** Where the run is saved. */
  save: string | undefined;
}

/** Asks, and prints figures. Throws EvaluationFailed where a measure is below what it must reach. */
export async function evaluate(execute: Execute, evaluation: Evaluation, signal: AbortSignal): Promise<void> {
  const { questions, from, weights, sweeps, least, earlier, save } = evaluation;
  const pending = await pendingVectors(execute);
  if (pending > 0) console.error(`Vectors still to be made: ${pending}. With them, other memories may be found.`);
  // What the first question has to load is not counted.
  await askAll(execute, questions.slice(0, 1), weights, signal);
  const asked = await askAll(execute, questions, weights, signal);
  const [p50, p95] = latency(asked);
  console.log(
    `${questions.length} ${questions.length === 1 ? 'question' : 'questions'} of ${from}, ` +
      `${FIRST} memories asked for each: ` +
      `recall p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`,
  );
  const figures = figuresByGroup(asked);
  const before = earlier ? figuresByGroup(earlier.questions) : undefined;
  for (const line of linesOf(figures, before)) console.log(line);
  if (earlier) for (const line of movedSince(earlier, asked)) console.log(line);
  // After the figures: what was asked is shown also where it cannot be saved.
  if (save !== undefined) await saveRun(save, asked);
  if (sweeps) await sweep(execute, evaluation, asked, signal);
  const all = figures.get(ALL) as Record<Measure, number>;
  const missed = [...least].filter(([measure, value]) => all[measure] < value);
  if (missed.length > 0) {
    const each = missed.map(
      ([measure, value]) => `${measure} is ${part(all[measure])}, at least ${part(value)} is asked for`,
    );
    throw new EvaluationFailed(`${each.join('; ')}.`);
  }
}

const SWEPT = ['recency', 'importance', 'confidence'] as const;
const VALUES = [0, 0.05, 0.1, 0.2, 0.5];

/** The same questions with one weight after the other at several values, and the others as they are given. */
async function sweep(
  execute: Execute,
  { questions, weights }: Evaluation,
  asked: readonly Asked[],
  signal: AbortSignal,
): Promise<void> {
  const row = (name: string, of: readonly Asked[]) => {
    const { 'R@10': recall, MRR } = figuresOf(of);
    console.log(`${name.padEnd(18)}${part(recall).padStart(9)}${part(MRR).padStart(9)}`);
  };
  console.log(`\n${'weights'.padEnd(18)}${'R@10'.padStart(9)}${'MRR'.padStart(9)}`);
  row('as above', asked);
  for (const name of SWEPT) {
    for (const value of VALUES)
      row(`${name} ${value}`, await askAll(execute, questions, { ...weights, [name]: value }, signal));
  }
}
