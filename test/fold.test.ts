import { expect, test } from 'vitest';
import { foldCase } from '../src/kernel/fold.ts';
import { foldName } from '../src/model/entity/ref.ts';
import { foldContent, foldProse } from '../src/model/memory/fold.ts';

test.each([
  ['Straße', 'STRASSE'],
  ['ẞ', 'ß'],
  ['Σίσυφος', 'ΣΊΣΥΦΟΣ'],
  ['İzmir', 'izmir'],
  ['ŉ', 'ʼN'],
  ['ᾳ', 'ΑΙ'],
  ['ǰ', 'J̌'],
  ['Ꭰ', 'ꭰ'],
  ['ﬃ', 'FFI'],
])('%s and %s are the same but for case', (one, other) => {
  expect(foldCase(one)).toBe(foldCase(other));
});

test.each([
  ['ı', 'i'],
  ['é', 'e'],
  ['ö', 'oe'],
])('%s and %s are different letters', (one, other) => {
  expect(foldCase(one)).not.toBe(foldCase(other));
});

test.each([
  ['Groß GmbH', 'GROSS  GMBH'],
  ['Café Luna', 'Cafe\u0301 LUNA'],
  ['Ａｎｎ Ｒｅｅｄ', 'ann reed'],
  ['İstanbul', 'istanbul'],
])('the names %s and %s are one', (one, other) => {
  expect(foldName(one)).toBe(foldName(other));
});

test.each([
  ['MAYA  sings', 'Maya sings'],
  ['Anne-Marie LIKES “Tea”.', 'anne-marie likes “tea”.'],
  ['Die Straße', 'DIE STRASSE'],
  ['Meet at 5 PM', 'meet at 5 pm'],
  ['He has 12 Children', 'he has 12 children'],
  ['In 2024, He moved', 'in 2024, he moved'],
])('%s says the same as %s', (one, other) => {
  expect(foldContent(one)).toBe(foldContent(other));
});

test.each([
  ['It draws 5 MW', 'It draws 5 mW'],
  ['It draws 5MW.', 'It draws 5mW.'],
  ['a field of 2.5 mm', 'a field of 2.5 Mm'],
  ['The unit is MW', 'The unit is mW'],
  ['The folder is /Home/A', 'The folder is /home/a'],
  ['See README.md', 'See readme.md'],
  ['C:\\Temp', 'c:\\temp'],
  ['the option -V', 'the option -v'],
  ['Call userId', 'Call userid'],
  ['It is $HOME', 'It is $home'],
  ['Run `Make`', 'Run `make`'],
  ['Run `cat A B` now', 'Run `cat a b` now'],
  ['key ab12CD', 'key AB12cd'],
])('%s does not say the same as %s', (one, other) => {
  expect(foldContent(one)).not.toBe(foldContent(other));
});

test('folding takes time in proportion to the length of a content', () => {
  for (const unit of ['.', '`', 'aA', 'a-', '5 MW ', '“', "'a'"]) {
    const text = unit.repeat(Math.ceil(1_000_000 / unit.length));
    expect(foldProse(text).length).toBeGreaterThan(0);
  }
});
