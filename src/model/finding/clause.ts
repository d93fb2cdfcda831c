import type { Part } from './clauses.ts';
import { denialOf, endingOf, type PlainWords, plainWords, weightsOf } from './denial.ts';
import { exclusiveWords } from './exclusive.ts';
import { framesOf } from './frames.ts';
import { labelsIn } from './labels.ts';
import { MadeLater } from './made-later.ts';
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

type Later = Omit<Clause, 'text' | 'tokens' | 'sentence' | 'stems'> & {
  plainWords: PlainWords;
  subjectTokens: ReturnType<typeof subjectTokens>;
};

/** A part of a sentence, read as far as rules ask. */
export class ReadClause extends MadeLater<Later> implements Clause {
  readonly text: string;
  readonly tokens: Part['tokens'];
  readonly sentence: number;
  readonly stems: Clause['stems'];
  readonly #isQuestion: boolean;
  readonly #isWhole: boolean;
  readonly #isFirst: boolean;
  readonly #found: ValueReader['found'];
  readonly #used: ValueReader['used'];
  #hasValues = true;

  /** `isWhole`: the part is all of the sentence; `isFirst`: the sentence begins with it. */
  constructor({ text, tokens, sentence, isQuestion }: Part, isWhole: boolean, isFirst: boolean) {
    super();
    this.text = text;
    this.tokens = tokens;
    this.sentence = sentence;
    this.#isQuestion = isQuestion;
    this.#isWhole = isWhole;
    this.#isFirst = isFirst;
    const { found, used } = new ValueReader(text, tokens);
    this.#found = found;
    this.#used = used;
    this.stems = weightsOf(tokens, used);
  }

  /** How many values it states, also where they are left out. */
  get valueCount(): number {
    return this.#found.length;
  }

  /** It is behind too many values for its own to be compared. */
  leaveOutValues(): void {
    this.#hasValues = false;
  }

  get values() {
    return this.#hasValues ? this.#allValues : [];
  }

  get #allValues() {
    return this.once('values', () => withRoles(this.#found, this.text, this.tokens, this.#used));
  }

  get #words() {
    return this.once('plainWords', () => plainWords(this.tokens));
  }

  get #subjectTokens() {
    return this.once('subjectTokens', () => subjectTokens(this.tokens));
  }

  get words() {
    return this.once('words', () => new Set(this.tokens.map(({ word }) => word)));
  }

  get names() {
    return this.once('names', () => namesOf(this.tokens, this.#isFirst));
  }

  get denial() {
    return this.once('denial', () => denialOf(this.tokens, this.#words, this.#used));
  }

  get ending() {
    return this.once('ending', () => (this.denial ? undefined : endingOf(this.tokens, this.#words, this.#used)));
  }

  get taste() {
    return this.once('taste', () => tasteOf(this.#words.plain, this.denial !== undefined));
  }

  get exclusive() {
    return this.once('exclusive', () => exclusiveWords(this.text, this.tokens, this.#subjectTokens.length));
  }

  get subject() {
    return this.once('subject', () => subjectIn(this.#subjectTokens));
  }

  get persons() {
    return this.once('persons', () => personsIn(this.#subjectTokens, this.names));
  }

  get months() {
    return this.once('months', () => monthsOf(this.tokens, this.#allValues));
  }

  get labels() {
    return this.once('labels', () => labelsIn(this.tokens));
  }

  get qualifiers() {
    return this.once('qualifiers', () => qualifiersOf(this.text, this.tokens));
  }

  get frames() {
    const framed = () => framesOf(this.text, this.tokens, this.#words, this.#isWhole);
    return this.once('frames', () => (this.denial || this.isHedged ? [] : framed()));
  }

  get isAsked() {
    return this.once('isAsked', () => isAsked(this.#words.plain, this.#isQuestion));
  }

  get isHedged() {
    return this.once('isHedged', () => hedges.test(this.#words.plain));
  }

  get cue() {
    return this.once('cue', () => changeCue.exec(this.#words.plain)?.[0]);
  }

  get isPast() {
    return this.once('isPast', () => pasts.test(this.#words.plain));
  }

  get isStatic() {
    const isStated = () => statics.test(this.#words.plain) || /'s\b|[:=] ?\S/.test(this.text);
    return this.once('isStatic', () => this.tokens.length <= MAX_STATIC && isStated());
  }

  get isRetraction() {
    return this.once('isRetraction', () => retractions.test(this.#words.plain));
  }
}
