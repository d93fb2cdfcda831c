import { areEqual } from './changed.ts';
import { overlapOf, weightIn, without } from './overlap.ts';
import { excerpt } from './pair.ts';
import type { Measure, Nomination, Statement, Value } from './statement.ts';

/** So much of the words of the longer sentence must be shared. */
const LEAST = 0.8;
/** The shorter text is at least so long, as a part of the longer one. */
const LEAST_LENGTH = 0.5;

const saysSame = (score: number, newer: Statement, older: Statement): Nomination => ({
  kind: 'SAME',
  score: Math.min(0.99, score),
  reason: 'the same words, values and denials',
  memoryText: excerpt(older.text),
  byText: excerpt(newer.text),
});

const areTwoSpeakers = (a: Statement, b: Statement): boolean =>
  a.speaker !== undefined && b.speaker !== undefined && a.speaker !== b.speaker;

function isSameItem(a: string | Measure, b: string | Measure): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  return a.dimension === b.dimension && areEqual(a, b);
}

/** Whether two texts have the same stems: if not, they have not the same words. */
function haveSameStems({ words: one }: Statement, { words: other }: Statement): boolean {
  if (one.size !== other.size) return false;
  for (const stem of one.keys()) if (!other.has(stem)) return false;
  return true;
}

/** Two texts in any language are the same if they have equal words and values in one order. */
export function equalWords(newer: Statement, older: Statement): Nomination | undefined {
  if (newer.isEnglish && older.isEnglish && !haveSameStems(newer, older)) return undefined;
  const isEqual =
    newer.sequence.length > 0 &&
    newer.sequence.length === older.sequence.length &&
    newer.sequence.every((item, at) => isSameItem(item, older.sequence[at] ?? ''));
  return isEqual && !areTwoSpeakers(newer, older) && !isPleasantry(newer) ? saysSame(1, newer, older) : undefined;
}

const denier = /^(?:no|not|never|none|nobody|nothing|without|neither|nor|cannot|\w+n't)$/;
/** How many words deny, whatever they deny. */
const deniers = ({ sequence }: Statement): number =>
  sequence.filter((item) => typeof item === 'string' && denier.test(item)).length;

const haveAll = (values: readonly Value[], others: readonly Value[]): boolean =>
  values.every((value) => others.some((other) => other.dimension === value.dimension && areEqual(value, other)));

const namesOf = ({ clauses }: Statement): Set<string> => new Set(clauses.flatMap(({ names }) => [...names]));
const personsOf = ({ clauses }: Statement): Set<string> => new Set(clauses.flatMap(({ persons }) => [...persons]));
const subjectsOf = ({ clauses }: Statement): Set<string> => new Set(clauses.flatMap(({ subject }) => subject));
const labelsOf = ({ clauses }: Statement): string =>
  JSON.stringify(clauses.flatMap(({ labels }) => [...labels].map((label) => label.join())).sort());

/** The least weight of words that say something. */
const LEAST_WEIGHT = 1.2;
/** Stems of what people say to each other that says nothing. */
const pleasantries = `thank bye goodby care take talk soon see appreci hello hey hi welcom congrat great good nice catch
  cheer sure wow yeah ok okay mean`.split(/\s+/);

const isPleasantry = ({ sentences, words }: Statement): boolean =>
  sentences.length > 0 && weightIn(without(words, pleasantries)) < LEAST_WEIGHT / 2;

/** How much of all words of two texts is in both; 0 where it is too little, or the words say nothing. */
function likeness(a: Statement, b: Statement): number {
  if (a.weight < LEAST_WEIGHT || b.weight < LEAST_WEIGHT) return 0;
  const share = overlapOf(a.words, b.words).weight / Math.max(a.weight, b.weight);
  return share < LEAST || isPleasantry(a) || isPleasantry(b) ? 0 : share;
}

/** English texts with nearly the same words, and the same values, denials, names and numbered things. */
export function nearlyEqual(newer: Statement, older: Statement): Nomination | undefined {
  if (Math.min(newer.length, older.length) < LEAST_LENGTH * Math.max(newer.length, older.length)) return undefined;
  const score = likeness(newer, older);
  if (score === 0 || areTwoSpeakers(newer, older)) return undefined;
  const [values, others] = [newer, older].map(({ clauses }) => clauses.flatMap(({ values: own }) => own)) as [
    Value[],
    Value[],
  ];
  if (!haveAll(values, others) || !haveAll(others, values)) return undefined;
  if (deniers(newer) !== deniers(older)) return undefined;
  const denials = ({ clauses }: Statement) => clauses.filter(({ denial }) => denial).length;
  if (denials(newer) !== denials(older) || labelsOf(newer) !== labelsOf(older)) return undefined;
  if (namesOf(newer).symmetricDifference(namesOf(older)).size > 0) return undefined;
  if (personsOf(newer).symmetricDifference(personsOf(older)).size > 0) return undefined;
  if (subjectsOf(newer).symmetricDifference(subjectsOf(older)).size > 0) return undefined;
  return saysSame(score, newer, older);
}
