/** Stems of words with their weights: how much each says of what a text is about, up to 1. */
export type Weights = ReadonlyMap<string, number>;

/** A word, number or sign group of a text. */
export interface Token {
  /** As it stands there. */
  raw: string;
  /** In lower case, with plain apostrophes and without the `'s` of a possessive. */
  word: string;
  start: number;
  end: number;
  isNumber: boolean;
  /** It begins with a capital. */
  isCapital: boolean;
  /** It had an `'s`. */
  isPossessive: boolean;
  /** Its stem; of a compound of words such as `sign-up` those of its parts. */
  stems: readonly string[];
  weight: number;
}

/** What kind of thing a value counts or measures: values of two dimensions are never compared. */
export type Dimension =
  | 'time'
  | 'length'
  | 'area'
  | 'mass'
  | 'bytes'
  | 'volume'
  | 'temperature'
  | 'percent'
  | '$'
  | '€'
  | '£'
  | 'date'
  | 'clock'
  | 'year'
  | 'version'
  | 'count'
  | 'bare';

/** An amount of something. */
export interface Measure {
  dimension: Dimension;
  /** In the unit of its dimension (seconds, metres, square metres, kilograms, bytes, litres, °C); a date as month × 100 + day. */
  amount: number;
  /** The unit it is given in; of a version its whole text, of a date its year, if it has one. */
  unit: string;
}

/** A value that a clause states. */
export interface Value extends Measure {
  /** As the clause has it, with its unit. */
  raw: string;
  /** What it is a rate by: `day` of "5 hours a day". */
  per: string;
  /** `from`: the value before a change. `by`: a difference. */
  role: 'from' | 'by' | '';
  /** The word of a change that governs it: "moved to March 22". */
  cue: string | undefined;
  /** 0–1: how surely the change is one of this value: less where a comma or a goal stands between. */
  directness: number;
  /** A date: it is what is set, not when something happened. Of other values true. */
  isState: boolean;
  /** It is a goal, not what is. */
  isGoal: boolean;
  /** Stems of what is counted: `commit` of "165 commits". */
  counted: readonly string[];
  /** The words that say what it measures. */
  measured: Weights;
  /** Its first and last token. */
  from: number;
  to: number;
}

/** What a clause denies. */
export interface Denial {
  /** The word that denies. */
  word: string;
  /** It denies for all time or ends something: never, no longer. */
  isStrong: boolean;
  /** The words denied, in their order, and those of each part of an alternative: "never fixed bugs or wrote tests". */
  scope: Weights;
  parts: readonly Weights[];
  /** It is denied that there is such a thing: "doesn't have a sister". */
  isExistence: boolean;
  /** What limits it to some times or cases: `after` of "never after six". */
  limit: string | undefined;
  /** "not … yet". */
  isYet: boolean;
}

/** What a clause says has ended: "sold the car". */
export interface Ending {
  word: string;
  scope: Weights;
}

/** A statement of what can have one value at a time: "lives in Lisbon", "plan: pro". */
export interface Frame {
  /** Such as `home`, `favorite colour`, `key plan`. */
  attribute: string;
  /** Whose; see {@link Clause.subject}. */
  subject: readonly string[];
  value: string;
  stems: ReadonlySet<string>;
}

/** A part of a sentence that states one thing. */
export interface Clause {
  text: string;
  tokens: readonly Token[];
  /** The number of its sentence. */
  sentence: number;
  stems: Weights;
  words: ReadonlySet<string>;
  /** Stems of names. */
  names: ReadonlySet<string>;
  values: readonly Value[];
  denial: Denial | undefined;
  ending: Ending | undefined;
  /** 1: somebody likes something; −1: dislikes; 0: neither. */
  taste: -1 | 0 | 1;
  /** Words of groups of which one is true at a time, by the group's number. */
  exclusive: ReadonlyMap<number, string>;
  /** `@me` for the one who speaks, `@other` for he, she, it …, stems; empty: nobody is named. */
  subject: readonly string[];
  /** The people that the subject is of; see {@link personsIn}. */
  persons: ReadonlySet<string>;
  /** The months, 1–12, in which what it says happened; not those of dates that are set. */
  months: ReadonlySet<number>;
  /** Numbered things: `sprint` → `2`. */
  labels: ReadonlyMap<string, string>;
  frames: readonly Frame[];
  /** The word before each noun that may tell things of one kind apart: `fund` → `car`. */
  qualifiers: ReadonlyMap<string, string>;
  /** A question or a request: what it says is not stated. */
  isAsked: boolean;
  /** Only wished, planned or supposed. */
  isHedged: boolean;
  /** What says that something has changed: now, moved, no longer. */
  cue: string | undefined;
  isPast: boolean;
  /** It says how something is rather than what happened. */
  isStatic: boolean;
  /** It takes back what was said before: "I misspoke". */
  isRetraction: boolean;
}

/** A text, read. */
export interface Statement {
  /** The text without code blocks; empty if it is too long to be read. */
  text: string;
  clauses: readonly Clause[];
  /** The words of each sentence. */
  sentences: readonly Weights[];
  /** The words of all of them, and the sum of their weights. */
  words: Weights;
  weight: number;
  length: number;
  /** Who says it, in lower case, if that is known. */
  speaker: string | undefined;
  /** It takes back what was said before. */
  isRetraction: boolean;
  /** The rules of English hold for it. */
  isEnglish: boolean;
  /** All its words, in lower case, and values in their order. */
  sequence: readonly (string | Measure)[];
}

/** What one memory seems to say of an older one. */
export type FindingKind = 'SAME' | 'UPDATE' | 'CONFLICT' | 'NEGATION';

export interface Nomination {
  kind: FindingKind;
  /** 0–1: how sure the rule is. */
  score: number;
  /** In words, with what both say. */
  reason: string;
  /** The clauses it was seen in: of the older and of the newer memory. */
  memoryText: string;
  byText: string;
}
