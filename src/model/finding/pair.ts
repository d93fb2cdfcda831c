import { areOtherThings } from './labels.ts';
import { MadeLater } from './made-later.ts';
import { type Overlap, overlapOf, weightIn } from './overlap.ts';
import type { Clause, FindingKind, Nomination, Statement } from './statement.ts';
import { ME, sameSubject } from './subject.ts';

/** Texts of no more characters are single facts. */
const SHORT = 200;

/** A clause of a newer memory beside one of an older, and what all rules ask about them. */
export interface Pair {
  newer: Clause;
  older: Clause;
  /** The statements they are of. */
  of: { newer: Statement; older: Statement };
  shared: Overlap;
  /** The weights of all words of each. */
  weight: { newer: number; older: number };
  /** 0–1: see {@link sameSubject}. */
  subject: number;
  /** Below 1 where one is only planned or supposed. */
  certainty: number;
  /** Both are of texts that are single facts. */
  isShort: boolean;
  /** Each has names, and they share none. */
  haveOtherNames: boolean;
  /** They are of different people. */
  haveOtherPersons: boolean;
  /** They tell of different months. */
  areOtherMonths: boolean;
  /** They are bound to different years. */
  areOtherTimes: boolean;
  isAsked: boolean;
}

/** Whether both have members, and none in common. */
const areApart = <T>(a: ReadonlySet<T>, b: ReadonlySet<T>): boolean => a.size > 0 && b.size > 0 && a.isDisjointFrom(b);

/** Whether two clauses are of different people, and neither names the other's. */
const areOfOthers = (a: Clause, b: Clause): boolean =>
  areApart(a.persons, b.persons) &&
  [...a.persons].every((person) => !b.stems.has(person)) &&
  [...b.persons].every((person) => !a.stems.has(person));

/** The years in which what a clause says was so; a date that is set is a value, not a time. */
const yearsOf = ({ values }: Clause): ReadonlySet<string> =>
  new Set(
    values.flatMap(({ dimension, amount, unit, cue }) => {
      if (dimension === 'year') return `${amount}`;
      return dimension === 'date' && unit !== '' && !cue ? unit : [];
    }),
  );

type Later = Omit<Pair, 'newer' | 'older' | 'of' | 'shared'>;

/** Two clauses, compared as far as rules ask. */
class ReadPair extends MadeLater<Later> implements Pair {
  readonly newer: Clause;
  readonly older: Clause;
  readonly of: Pair['of'];
  readonly shared: Overlap;

  constructor(newer: Clause, older: Clause, of: Pair['of'], shared: Overlap) {
    super();
    this.newer = newer;
    this.older = older;
    this.of = of;
    this.shared = shared;
  }

  get weight() {
    return this.once('weight', () => ({ newer: weightIn(this.newer.stems), older: weightIn(this.older.stems) }));
  }

  get subject() {
    return this.once('subject', () => sameSubject(this.newer.subject, this.older.subject));
  }

  get certainty() {
    return (this.newer.isHedged ? 0.5 : 1) * (this.older.isHedged ? 0.8 : 1);
  }

  get isShort() {
    return this.of.newer.length <= SHORT && this.of.older.length <= SHORT;
  }

  get haveOtherNames() {
    return this.once('haveOtherNames', () => areApart(this.newer.names, this.older.names));
  }

  get haveOtherPersons() {
    return this.once('haveOtherPersons', () => areOfOthers(this.newer, this.older));
  }

  get areOtherMonths() {
    return this.once('areOtherMonths', () => areApart(this.newer.months, this.older.months));
  }

  get areOtherTimes() {
    return this.once('areOtherTimes', () => areApart(yearsOf(this.newer), yearsOf(this.older)));
  }

  get isAsked() {
    return this.newer.isAsked || this.older.isAsked;
  }
}

/** Two clauses that may say something of each other; undefined if they can not. */
export function pairOf(newer: Clause, older: Clause, of: Pair['of']): Pair | undefined {
  const shared = overlapOf(newer.stems, older.stems);
  if (shared.weight <= 0 && (newer.frames.length === 0 || older.frames.length === 0)) return undefined;
  const isOther = of.newer.speaker && of.older.speaker && of.newer.speaker !== of.older.speaker;
  if (isOther && (newer.subject.includes(ME) || older.subject.includes(ME))) return undefined;
  if (newer.labels.size > 0 && areOtherThings(newer.labels, older.labels)) return undefined;
  return new ReadPair(newer, older, of, shared);
}

/** No rule is ever quite sure. */
const HIGHEST = 0.99;

/** What is said of one person says little of another. */
const OTHER_PERSONS = 0.45;
/** What scores less is chance. */
const WORTH = 0.2;
/** The most code units of a clause and of a reason. */
const MAX_TEXT = 500;
const MAX_REASON = 300;

/** A text, cut if it is too long; never half a character. */
export const excerpt = (text: string, most = MAX_TEXT): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;

/** Nominates, with a reason that is put into words only where it is worth it. */
export function nominated(
  kind: FindingKind,
  score: number,
  reason: () => string,
  { newer, older, haveOtherPersons }: Pick<Pair, 'newer' | 'older' | 'haveOtherPersons'>,
): Nomination | undefined {
  const sure = haveOtherPersons ? score * OTHER_PERSONS : score;
  if (sure < WORTH) return undefined;
  return {
    kind,
    score: Math.min(HIGHEST, sure),
    reason: excerpt(reason(), MAX_REASON),
    memoryText: excerpt(older.text),
    byText: excerpt(newer.text),
  };
}

/** The most words that a reason lists. */
const LISTED = 5;

/** Stems as the words that a reason lists: as the newer clause has them, else as the older one has. */
export function listed(stems: readonly string[], { newer, older }: Pair): string {
  const words = stems.slice(0, LISTED).map((stem) => {
    const own = [...newer.tokens, ...older.tokens].find((token) => token.stems.includes(stem));
    return own ? own.raw.replace(/'s$/i, '') : stem;
  });
  return words.join(', ');
}

/** A value that is known from now on is an update; without a word of change two values are in conflict. */
export const updateOrConflict = ({ newer }: Pair): FindingKind => (newer.cue ? 'UPDATE' : 'CONFLICT');
