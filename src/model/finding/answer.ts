import { z } from 'zod';
import { UNSPACED } from '../../kernel/unspaced.ts';
import type { FindingKind } from '../../tables/finding.ts';
import { tokensOf } from './tokens.ts';

/** What a chat model answers of pairs of a newer memory and an older one. */
export const pairAnswers = z.object({
  pairs: z.array(
    z.object({
      pair: z.number().describe('The number of the pair.'),
      relation: z
        .enum(['updates', 'contradicts', 'same', 'unrelated'])
        .describe('What the newer one says of the older.'),
      confidence: z.number().min(0).max(1).describe('How sure it is, 0 to 1.'),
      reason: z.string().describe('Why: one short sentence that names what differs.'),
    }),
  ),
});
export type PairAnswer = z.output<typeof pairAnswers>['pairs'][number];

/** What it is asked to do. */
export const PAIR_TASK =
  'You compare notes that a memory keeps. `newer` is a note that has just been written; each of `pairs` has an older note ' +
  'with the parts of both that seem to speak of the same. Say of each pair what the newer note says of the older one:\n' +
  '- `updates`: the older was true, and the newer says what holds from then on;\n' +
  '- `contradicts`: both cannot be true of the same time, and nothing says that something has changed;\n' +
  '- `same`: both say the same, in other words or with no more detail;\n' +
  '- `unrelated`: both can be true: they are about another person, thing, time or occasion, or one adds to the other.\n' +
  'When in doubt between `unrelated` and another, say `unrelated`. `confidence` is how sure you are, from 0 to 1. `reason` ' +
  'is one sentence of at most 30 words, about this pair alone, that names the values of both. Answer for every pair once, ' +
  'by its number.';

/** An answer of which the model is less sure changes nothing. */
const SURE = 0.5;

/** What follows for a finding. */
export type Outcome =
  /** It is shown, as what the model says of it. */
  | { is: 'confirmed'; kind: FindingKind; score: number; reason: string }
  /** It is not shown as open any more. */
  | { is: 'refuted'; reason: string }
  /** It stays as it is, shown or not. */
  | { is: 'left' };

/** A finding that was asked about, with the texts that were sent of both memories. */
export interface AskedPair {
  kind: FindingKind;
  reason: string;
  texts: readonly string[];
}

/**
 * What follows of the answers, by the number of the pair, from 1 on; a pair that was not answered once and only once is
 * left out. A reason that takes words from another pair is not kept, for it would outlive the memory it took them from.
 */
export function outcomesOf(asked: readonly AskedPair[], answers: readonly PairAnswer[]): Map<number, Outcome> {
  const byPair = Map.groupBy(answers, ({ pair }) => pair);
  const outcomes = new Map<number, Outcome>();
  for (const [index, own] of asked.entries()) {
    const [answer, ...more] = byPair.get(index + 1) ?? [];
    if (!answer || more.length > 0) continue;
    const others = asked.filter((each) => each !== own).flatMap(({ texts }) => texts);
    outcomes.set(index + 1, outcomeOf(own, answer, reasonOf(answer.reason, own, others)));
  }
  return outcomes;
}

function outcomeOf({ kind }: AskedPair, { relation, confidence }: PairAnswer, reason: string): Outcome {
  if (confidence < SURE) return { is: 'left' };
  if (relation === 'unrelated') return { is: 'refuted', reason };
  return { is: 'confirmed', kind: kindOf(relation, kind), score: confidence, reason };
}

function kindOf(relation: Exclude<PairAnswer['relation'], 'unrelated'>, before: FindingKind): FindingKind {
  if (relation === 'updates') return 'UPDATE';
  if (relation === 'same') return 'SAME';
  return before === 'NEGATION' ? before : 'CONFLICT';
}

/** Longer reasons are cut. */
const MAX_REASON = 300;

/** What the model says, on one line and cut; or what the rule said, where that says nothing, or speaks of other pairs. */
function reasonOf(said: string, { reason, texts }: AskedPair, others: readonly string[]): string {
  const line = said
    .toWellFormed()
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim();
  const cut = line.length > MAX_REASON ? `${line.slice(0, MAX_REASON - 1).toWellFormed()}…` : line;
  return cut === '' || isBorrowed(cut, texts, others) ? reason : cut;
}

/** Whether it has a telling word of other texts that its own do not have. */
function isBorrowed(said: string, own: readonly string[], others: readonly string[]): boolean {
  if (others.length === 0) return false;
  const known = new Set(own.flatMap(tellingWords));
  const foreign = new Set(others.flatMap(tellingWords));
  return tellingWords(said).some((word) => foreign.has(word) && !known.has(word));
}

const neighbours = new RegExp(`(?=([${UNSPACED}]{2}))`, 'gu');

/** Neighbouring characters of scripts without spaces. */
export const neighboursIn = (text: string): string[] =>
  Array.from(text.matchAll(neighbours), ([, two]) => two as string);

/** The stems of words that are not of the common ones, and numbers; of scripts without spaces, neighbouring characters. */
export const tellingWords = (text: string): string[] => [
  ...tokensOf(text.replaceAll('’', "'")).flatMap(({ isNumber, weight, word, stems }) => {
    if (isNumber) return [word];
    return weight < 1 ? [] : stems;
  }),
  ...neighboursIn(text),
];
