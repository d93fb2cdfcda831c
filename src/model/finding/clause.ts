import type { Part } from './clauses.ts';
import { denialOf, endingOf, plainWords, weightsOf } from './denial.ts';
import { exclusiveWords } from './exclusive.ts';
import { framesOf } from './frames.ts';
import { labelsIn } from './labels.ts';
import { qualifiersOf } from './overlap.ts';
import { personsIn } from './persons.ts';
import { withRoles } from './roles.ts';
import {
  asks,
  beginsAsking,
  changeCue,
  dislikes,
  hedges,
  likes,
  pasts,
  question,
  reportsQuestion,
  retractions,
  statics,
  supposes,
} from './signs.ts';
import type { Clause, Value } from './statement.ts';
import { isVerb, subjectIn, subjectTokens } from './subject.ts';
import { monthOf } from './units.ts';
import { ValueReader } from './values.ts';

/** The longest clause that says how something is. */
const MAX_STATIC = 16;

const weekday = /^(?:mon|tues|wednes|thurs|fri|satur|sun)days?$/;

/** The stems of names: words with a capital within a sentence, and unknown ones before a verb at its beginning. */
function namesOf(tokens: Part['tokens'], isFirst: boolean): Set<string> {
  const names = tokens.filter(({ word, weight, isCapital, isNumber, isPossessive }, at) => {
    if (!isCapital || isNumber || monthOf(word) > 0 || weekday.test(word) || /^i(?:'|$)/.test(word)) return false;
    return at > 0 || !isFirst || (weight === 1 && (isPossessive || isVerb(tokens[1]?.word ?? '')));
  });
  return new Set(names.flatMap(({ stems }) => stems));
}

function tasteOf(plain: string, isDenied: boolean): -1 | 0 | 1 {
  if (dislikes.test(plain)) return isDenied ? 0 : -1;
  return likes.test(plain) && !isDenied ? 1 : 0;
}

function isAsked(plain: string, isQuestion: boolean): boolean {
  if (supposes.test(plain) || reportsQuestion.test(plain) || (isQuestion && question.test(plain))) return true;
  return asks.test(plain) && (isQuestion || beginsAsking.test(plain));
}

/** The months that a clause names but for those of dates that it sets or replaces. */
function monthsOf(tokens: Part['tokens'], values: readonly Value[]): Set<number> {
  const set = values.filter(({ dimension, cue, role }) => dimension === 'date' && (cue || role === 'from'));
  const named = tokens.filter(({ isCapital }, at) => isCapital && !set.some(({ from, to }) => from <= at && at <= to));
  return new Set(named.map(({ word }) => monthOf(word)).filter((month) => month > 0));
}

/** Reads a part of a sentence. `isWhole`: it is all of it; `isFirst`: the sentence begins with it. */
export function clauseOf(part: Part, isWhole: boolean, isFirst: boolean): Clause {
  const { text, tokens, sentence } = part;
  const words = plainWords(tokens);
  const { plain } = words;
  const reader = new ValueReader(text, tokens);
  const denial = denialOf(tokens, words, reader.used);
  const values = withRoles(reader.found, text, tokens, reader.used);
  const names = namesOf(tokens, isFirst);
  const subject = subjectTokens(tokens);
  const isHedged = hedges.test(plain);
  return {
    text,
    tokens,
    sentence,
    stems: weightsOf(tokens, reader.used),
    words: new Set(tokens.map(({ word }) => word)),
    names,
    values,
    denial,
    ending: denial ? undefined : endingOf(tokens, words, reader.used),
    taste: tasteOf(plain, denial !== undefined),
    exclusive: exclusiveWords(text, tokens, subject.length),
    subject: subjectIn(subject),
    persons: personsIn(subject, names),
    months: monthsOf(tokens, values),
    labels: labelsIn(tokens),
    qualifiers: qualifiersOf(text, tokens),
    frames: denial || isHedged ? [] : framesOf(text, tokens, words, isWhole),
    isAsked: isAsked(plain, part.isQuestion),
    isHedged,
    cue: changeCue.exec(plain)?.[0],
    isPast: pasts.test(plain),
    isStatic: tokens.length <= MAX_STATIC && (statics.test(plain) || /'s\b|[:=] ?\S/.test(text)),
    isRetraction: retractions.test(plain),
  };
}
