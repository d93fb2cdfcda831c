import { haveOtherQualifiers, overlapOf, weightIn } from './overlap.ts';
import { listed, nominated, type Pair } from './pair.ts';
import type { Dimension, Measure, Nomination, Value, Weights } from './statement.ts';

/** Amounts in one unit differ if they are not equal; in two units, if by more than rounding: 1 TB may be 1,024 GB. */
const ROUNDING = 0.025;
/** What sums of fractions leave. */
const EXACT = 1e-9;
/** So much weight of shared words is enough. */
const ENOUGH = 2.5;
/** Less than this share of what a value measures is found: it is of something else. */
const LEAST = 0.4;
const BASE = 0.3;
const OTHER_MONTHS = 0.5;
/** Two short texts of one subject that measure one thing need few words. */
const ONE_THING = 0.8;

/** Dimensions whose units are converted. */
const converted: ReadonlySet<Dimension> = new Set([
  'time',
  'length',
  'area',
  'mass',
  'bytes',
  'volume',
  'temperature',
  'percent',
  '$',
  '€',
  '£',
]);

/** Whether two values of one dimension, or two counts, are the same. */
export function areEqual(a: Measure, b: Measure): boolean {
  if (a.dimension === 'version' || b.dimension === 'version') return a.unit === b.unit;
  if (a.dimension === 'date') return a.amount === b.amount && (a.unit === b.unit || a.unit === '' || b.unit === '');
  const most = Math.max(Math.abs(a.amount), Math.abs(b.amount));
  const isRounded = a.unit !== b.unit && converted.has(a.dimension);
  return Math.abs(a.amount - b.amount) <= most * (isRounded ? ROUNDING : EXACT);
}

const counts = (a: Value, b: Value): boolean =>
  (a.dimension === 'bare' && b.dimension === 'count') || (a.dimension === 'count' && b.dimension === 'bare');
const areComparable = (a: Value, b: Value): boolean =>
  (a.dimension === b.dimension || counts(a, b)) && !(a.per && b.per && a.per !== b.per);

/** Whether the newer clause names the older value as the one before, or either has the other's value besides. */
function isNamedBefore(values: readonly Value[], other: Value): boolean {
  return values.some((value) => value.role === 'from' && areComparable(value, other) && areEqual(value, other));
}

/** The best of what two clauses say of one measure by their values. */
export function changedValue(pair: Pair): Nomination | undefined {
  const { newer, older, of } = pair;
  if (newer.values.length === 0 || older.values.length === 0) return undefined;
  if (newer.denial || older.denial || pair.areOtherTimes) return undefined;
  const sentence = of.older.sentences[older.sentence] ?? new Map();
  const around = overlapOf(of.newer.sentences[newer.sentence] ?? new Map(), sentence).weight;
  let best: Nomination | undefined;
  for (const value of newer.values) {
    for (const before of older.values) {
      const found = compared(pair, value, before, around, sentence);
      if (found && found.score > (best?.score ?? 0)) best = found;
    }
  }
  return best;
}

function compared(pair: Pair, value: Value, before: Value, around: number, sentence: Weights): Nomination | undefined {
  const { newer, older } = pair;
  if (!areComparable(value, before) || value.dimension === 'year' || areEqual(value, before)) return undefined;
  if (value.role !== '' || before.role === 'by') return undefined;
  const isFrom = isNamedBefore(newer.values, before);
  const repeats = (values: readonly Value[], own: Value, other: Value) =>
    values.some((each) => each !== own && areComparable(each, other) && areEqual(each, other));
  if (!isFrom && (repeats(newer.values, value, before) || repeats(older.values, before, value))) return undefined;
  if (value.dimension === 'clock' && haveOtherDates(newer.values, older.values)) return undefined;
  const isStatic = pair.isShort && newer.isStatic && older.isStatic && pair.subject >= 0.6;
  // Without a word of change a date or a time of day is one more event, unless it is of the same thing.
  const isMoment = value.dimension === 'date' || value.dimension === 'clock' || value.dimension === 'version';
  const isOfSame = pair.subject === 1 && value.isState && before.isState;
  if (!value.cue && !isFrom && !(isStatic && (isOfSame || !isMoment))) return undefined;
  const score = scored(pair, value, before, isFrom, around, sentence);
  if (score.score <= 0) return undefined;
  const reason = () =>
    `${listed(score.words, pair)}: ${before.raw} → ${value.raw}${value.cue ? ` (“${value.cue}”)` : ''}`;
  return nominated(value.cue || newer.cue || isFrom ? 'UPDATE' : 'CONFLICT', score.score, reason, pair);
}

function haveOtherDates(a: readonly Value[], b: readonly Value[]): boolean {
  const [one, other] = [a, b].map((values) => values.find(({ dimension }) => dimension === 'date'));
  return one !== undefined && other !== undefined && one.amount !== other.amount;
}

/** How far two values are of one unit, or count the same things. */
function unitFactor(value: Value, before: Value): number {
  const share = (counted: readonly string[], words: { has(word: string): boolean }) =>
    counted.some((each) => words.has(each));
  if (value.dimension === 'count' && before.dimension === 'count') {
    return share(value.counted, new Set(before.counted)) ? 1 : 0.5;
  }
  if (value.dimension !== 'bare' && before.dimension !== 'bare') return 1;
  if (value.dimension === before.dimension) return 0.8;
  return share(before.counted, value.measured) || share(value.counted, before.measured) ? 1 : 0.5;
}

function scored(
  pair: Pair,
  value: Value,
  before: Value,
  isFrom: boolean,
  around: number,
  sentence: Weights,
): { score: number; words: readonly string[] } {
  const { newer, older } = pair;
  const whole = weightIn(value.measured);
  const near = overlapOf(value.measured, before.measured);
  const wide = overlapOf(value.measured, sentence);
  if (whole > 0 && wide.weight / whole < LEAST) return { score: 0, words: [] };
  // "A meeting at 3" and "the meeting was moved to 4" are of one thing, too.
  const isThere =
    newer.subject.length > 0 && newer.subject.every((name) => name.startsWith('@') || older.stems.has(name));
  const isOne = pair.isShort && (pair.subject === 1 || isThere) && whole > 0 && near.weight >= 0.99 * whole;
  const size = Math.max(
    isOne ? ONE_THING : 0,
    Math.min(1, (wide.weight + 0.35 * Math.max(0, around - wide.weight)) / ENOUGH),
  );
  const ratio = whole > 0 ? (0.6 * near.weight + 0.4 * wide.weight) / whole : 0;
  const isStatic = !value.cue && !isFrom;
  let score = unitFactor(value, before) * size * (BASE + (1 - BASE) * Math.min(1, 1.4 * ratio));
  if (isStatic) score *= pair.subject < 1 ? 0.6 : 0.75;
  if (newer.isHedged) score *= 0.85;
  if (!isFrom) score *= value.directness;
  if (!isFrom && value.isGoal !== before.isGoal && value.dimension !== 'date') score *= 0.85;
  if (pair.isAsked) score *= 0.85;
  if (isFrom) score = Math.min(0.97, score * 1.5 + 0.1);
  if (pair.subject <= 0.2 && pair.isShort && !isOne) score *= 0.65;
  if (pair.haveOtherNames) score *= 0.5;
  if (pair.areOtherMonths && value.dimension !== 'date' && !isFrom) score *= OTHER_MONTHS;
  if (wide.content < 1) score *= 0.5;
  if (!isFrom && haveOtherQualifiers(newer, older, wide.words)) score *= 0.6;
  return { score, words: wide.words };
}
