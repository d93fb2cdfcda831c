import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonPieces, roomAfter } from '../src/http/answers/json-pieces.ts';

const made = async (value: unknown, limit = Number.POSITIVE_INFINITY) => {
  const pieces = new JsonPieces(limit);
  await pieces.value(value);
  return pieces;
};
const text = 'a "quoted" text, \u2028 ü 😀 '.repeat(1_000);
const large = Array.from({ length: 800 }, (_, n) => ({
  n,
  text,
  nothing: null,
  list: [],
  object: {},
  when: new Date(n),
}));

test('JSON made in pieces is what JSON.stringify makes', async () => {
  expect((await made(large)).bytes.toString()).toBe(JSON.stringify(large));
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.nat(3_000), async (value, times) => {
      // Zero keeps its sign in neither.
      const many = [Array.from({ length: times }, () => value), { [text]: value }, ...large.slice(0, 5)];
      expect((await made(many)).bytes.toString()).toBe(JSON.stringify(many));
    }),
    { numRuns: 50 },
  );
});

test('others get their turn while it is made', async () => {
  let turns = 0;
  let isMade = false;
  const count = () => {
    turns++;
    if (!isMade) setImmediate(count);
  };
  setImmediate(count);
  // However fast the machine is: 200 MB take longer than a turn.
  for (let time = 0; time < 10; time++) await made(large);
  isMade = true;
  expect(turns).toBeGreaterThan(5);
});

test('nothing is made beyond the limit', async () => {
  const pieces = await made(large, 1_000_000);
  expect(pieces.isTooLarge).toBe(true);
  expect(pieces.bytes.length).toBeLessThan(1_100_000);
});

test('how long JSON gets is known about beforehand, without making it', () => {
  const plain = { a: ['text', 1, null, { b: 'x'.repeat(1_000) }] };
  const needed = 10_000 - roomAfter(plain, 10_000);
  expect(needed).toBeGreaterThan(JSON.stringify(plain).length - 20);
  expect(needed).toBeLessThan(JSON.stringify(plain).length + 40);
  expect(roomAfter(large, 10_000)).toBeLessThan(0);
});
