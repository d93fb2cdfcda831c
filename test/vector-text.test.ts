import { expect, test } from 'vitest';
import { unitVector } from '../src/domain/embedding/embedder.ts';
import { vectorText } from '../src/domain/embedding/vector-text.ts';

const numbersOf = (text: string) => text.slice(1, -1).split(',').map(Number);
/** Each number of the vector at length 1, in millionths. */
const millionths = (values: readonly number[]) =>
  (unitVector(values) ?? values).map((value) => Math.round(value * 1e6));

test.each<[string, number[]]>([
  ['of length 1', [0.6, -0.8]],
  ['with one direction', [0, -1, 0]],
  ['with numbers that round to 0, from both sides', [1, 4e-7, -4e-7, 6e-7, -6e-7]],
  ['of another length', [3, -4, 12]],
  ['of very large and very small numbers', [1e300, -1e299, 1e-300]],
  ['of more dimensions than before', Array.from({ length: 16_000 }, (_, n) => Math.sin(n * n))],
])('a vector %s is written as whole numbers', (_, values) => {
  const text = vectorText(values);
  expect(text).toMatch(/^\[-?\d+(,-?\d+)*\]$/);
  expect(numbersOf(text).map((value) => value + 0)).toEqual(millionths(values).map((value) => value + 0));
});

test('what has no direction is written as it is', () => {
  expect(vectorText([0, 0])).toBe('[0,0]');
  expect(vectorText([Number.NaN, 1])).toBe('[NaN,1]');
});
