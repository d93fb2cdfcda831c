import { alignedOther } from './aligned.ts';
import { changedValue } from './changed.ts';
import { deniedBy, endedBy, reversedTaste } from './denied.ts';
import { exclusiveOther, otherValue, reversedPreference } from './held.ts';
import { type Pair, pairOf } from './pair.ts';
import { equalWords, nearlyEqual } from './same.ts';
import type { Nomination, Statement } from './statement.ts';

const rules: readonly ((pair: Pair) => Nomination | undefined)[] = [
  deniedBy,
  reversedTaste,
  endedBy,
  changedValue,
  otherValue,
  reversedPreference,
  exclusiveOther,
  alignedOther,
];

/** What scores less does not keep two texts from being the same. */
const FAINT = 0.4;

/**
 * What a newer statement seems to say of an older one: the best that the rules find, a nomination and no judgement; null
 * if they find nothing. Scores from 0.5 on are worth showing; a NEGATION from 0.8 on is right in nearly nine of ten cases.
 */
export function compare(older: Statement, newer: Statement): Nomination | null {
  const equal = equalWords(newer, older);
  if (equal) return equal;
  if (!newer.isEnglish || !older.isEnglish) return null;
  let best: Nomination | undefined;
  for (const clause of newer.clauses) {
    for (const other of older.clauses) {
      const pair = pairOf(clause, other, { newer, older });
      if (!pair) continue;
      for (const rule of rules) {
        const found = rule(pair);
        if (found && found.score > (best?.score ?? 0)) best = found;
      }
    }
  }
  if ((best?.score ?? 0) < FAINT) return nearlyEqual(newer, older) ?? best ?? null;
  return best ?? null;
}
