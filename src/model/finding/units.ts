import type { Dimension } from './statement.ts';

/** A unit: what it measures and how much of that dimension's own unit it is. */
export interface Unit {
  dimension: Dimension;
  factor: number;
  name: string;
}

/** Dimension, factor, and the ways to write the unit. */
const rows: readonly [Dimension, number, string][] = [
  ['time', 0.001, 'ms msec millisecond milliseconds'],
  ['time', 1, 's sec secs second seconds'],
  ['time', 60, 'min mins minute minutes'],
  ['time', 3600, 'h hr hrs hour hours'],
  ['time', 86_400, 'day days'],
  ['time', 604_800, 'week weeks wk wks'],
  ['time', 2_629_800, 'month months'],
  ['time', 31_557_600, 'year years yr yrs yo'],
  ['length', 0.001, 'mm millimeter millimeters millimetre millimetres'],
  ['length', 0.01, 'cm centimeter centimeters centimetre centimetres'],
  ['length', 1, 'm meter meters metre metres'],
  ['length', 1000, 'km kms kilometer kilometers kilometre kilometres'],
  ['length', 1609.34, 'mi mile miles'],
  ['length', 0.3048, 'ft feet foot'],
  ['length', 0.0254, 'inch inches'],
  ['length', 0.9144, 'yard yards'],
  ['area', 10_000, 'hectare hectares ha'],
  ['area', 4046.86, 'acre acres'],
  ['mass', 0.001, 'g gram grams'],
  ['mass', 1, 'kg kgs kilo kilos kilogram kilograms'],
  ['mass', 0.4536, 'lb lbs pound pounds'],
  ['mass', 0.028_35, 'oz ounce ounces'],
  ['mass', 1000, 'ton tons tonne tonnes'],
  ['bytes', 1e3, 'kb kilobyte kilobytes'],
  ['bytes', 1e6, 'mb megabyte megabytes'],
  ['bytes', 1e9, 'gb gigabyte gigabytes'],
  ['bytes', 1e12, 'tb terabyte terabytes'],
  ['volume', 0.001, 'ml milliliter milliliters millilitre millilitres'],
  ['volume', 1, 'l liter liters litre litres'],
  ['volume', 3.785, 'gallon gallons'],
  ['percent', 1, 'percent pct'],
  ['$', 1, '$ dollar dollars usd bucks'],
  ['€', 1, '€ euro euros eur'],
  ['£', 1, '£ gbp quid'],
  ['temperature', 1, '° °c celsius'],
  ['temperature', 1 / 1.8, '°f fahrenheit'],
];

const units = new Map(
  rows.flatMap(([dimension, factor, names]) => {
    const all = names.split(' ');
    return all.map((name): [string, Unit] => [name, { dimension, factor, name: all[0] as string }]);
  }),
);

export const unitOf = (word: string | undefined): Unit | undefined => (word === undefined ? word : units.get(word));

/** "Square metres" of "metres". */
export const squared = (unit: Unit | undefined): Unit | undefined =>
  unit?.dimension === 'length'
    ? { dimension: 'area', factor: unit.factor ** 2, name: `square ${unit.name}` }
    : undefined;

/** An amount in the dimension's own unit. */
export const inUnit = (amount: number, { dimension, factor, name }: Unit): number =>
  dimension === 'temperature' && name === '°f' ? (amount - 32) * factor : amount * factor;

const words = `zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
  seventeen eighteen nineteen twenty`.split(/\s+/);
const tens = 'thirty forty fifty sixty seventy eighty ninety hundred'.split(' ');
const numberWords = new Map([
  ...words.map((word, number): [string, number] => [word, number]),
  ...tens.map((word, index): [string, number] => [word, 30 + 10 * index]),
  ['dozen', 12],
]);

/** The number that a word names; undefined for another word. */
export const numberWord = (word: string): number | undefined => numberWords.get(word);

const scales: Record<string, number> = { k: 1e3, thousand: 1e3, m: 1e6, million: 1e6, bn: 1e9, billion: 1e9 };

/** The number of a token such as `$1.5 million`, `4,700` or `12k`. */
export function numberIn(word: string): number {
  const plain = word.replaceAll(/[$€£,\s%]/g, '');
  const scale = /[a-z]+$/.exec(plain)?.[0] ?? '';
  return Number.parseFloat(plain) * (scales[scale] ?? 1);
}

const monthNames = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const longMonths = `january february march april may june july august september october november december`.split(' ');

/** The number of a month, 1–12, by its name or what is short for it; 0: it is none. */
export function monthOf(word: string): number {
  const long = longMonths.indexOf(word) + 1;
  return long > 0 ? long : monthNames.indexOf(word === 'sept' ? 'sep' : word) + 1;
}

/** Units of time that a rate is by: "3 times a week". */
export const rates: ReadonlyMap<string, string> = new Map(
  'second minute hour day week month quarter year night'.split(' ').map((name) => [name, name]),
);
