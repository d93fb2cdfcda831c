import { describe, expect, test } from 'vitest';
import { type GivenAnswer, MAX_TEXT, MOST_CITATIONS, MOST_OF_PART, MOST_PARTS } from '../src/model/answer/answer.ts';
import { MAX_QUOTE, Quotable } from '../src/model/answer/quote.ts';
import { citedIds, verify } from '../src/model/answer/verify.ts';
import { patience } from './support/calibration.ts';

describe('a quote is found', () => {
  test.each([
    ['as it stands', 'lives in Oslo', 'Lin lives in Oslo.', 'lives in Oslo'],
    ['in other case', 'LIN LIVES', 'Lin lives in Oslo.', 'Lin lives'],
    ['over other white space', 'lives in Oslo', 'Lin lives\n  in\u00a0Oslo.', 'lives\n  in\u00a0Oslo'],
    ['with other apostrophes', "Lin's flat", 'It is Lin’s flat', 'Lin’s flat'],
    ['with other quotation marks', 'a "small" flat', 'It is a “small” flat', 'a “small” flat'],
    ['with other dashes', 'nine-to-five', 'From nine–to–five.', 'nine–to–five'],
    ['without the marks around it', '“… lives in Oslo …”', 'Lin lives in Oslo.', 'lives in Oslo'],
    ['with the signs of patterns', 'costs $5.00 (net)', 'It costs $5.00 (net) a day', 'costs $5.00 (net)'],
    ['with letters made of several signs', 'Zoë’s café', 'It is Zoe\u0308’s cafe\u0301', 'Zoë’s café'],
    ['beside letters of a script without spaces', '東京に', '彼は東京に住む', '東京に'],
    ['with its last stop', 'in Oslo.', 'Lin lives in Oslo.', 'in Oslo.'],
  ])('%s', (_, quote, text, found) => {
    expect(new Quotable(text).find(quote)).toBe(found);
  });

  test.each([
    ['that is a part of a word', 'live', 'Lin lives in Oslo.'],
    ['that ends within a word', 'lives in Os', 'Lin lives in Oslo.'],
    ['that leaves something out', 'Lin lives Oslo', 'Lin lives in Oslo.'],
    ['with other signs', 'lives in Oslo!', 'Lin lives in Oslo.'],
    ['that goes on', 'lives in Oslo and Rome', 'Lin lives in Oslo.'],
    ['that is empty', '', 'Lin lives in Oslo.'],
    ['of signs alone', '“…” .', 'Lin lives in Oslo …'],
    ['that is too long', 'x'.repeat(MAX_QUOTE + 1), 'x'.repeat(MAX_QUOTE + 1)],
    ['that is much too long', 'x '.repeat(100_000), 'x '.repeat(100_000)],
  ])('never %s', (_, quote, text) => {
    expect(new Quotable(text).find(quote)).toBeUndefined();
  });

  test('quickly, in long texts of what nearly fits', () => {
    const begin = performance.now();
    for (const quote of [`${'a '.repeat(200)}b`, `b${' a'.repeat(200)}`]) {
      expect(new Quotable('a '.repeat(50_000)).find(quote)).toBeUndefined();
    }
    expect(performance.now() - begin).toBeLessThan(patience(500));
  });
});

const sources = new Map([
  ['mem_1', { memoryId: 'one', texts: ['Lin lives in Oslo.', 'Oslo'] }],
  ['msg_1', { memoryId: 'two', texts: ['I like boats'] }],
]);
const part = (text: string, ...citations: [id: string, quote: string][]) => ({
  text,
  citations: citations.map(([id, quote]) => ({ id, quote })),
});
const known = (...parts: GivenAnswer['parts']): GivenAnswer => ({ isKnown: true, parts });

describe('an answer', () => {
  test('is its parts, and each citation says which part it is of', async () => {
    const given = known(
      part('  Lin lives in Oslo. 🚲', ['mem_1', 'lives in Oslo'], ['[mem_1]', 'LIVES IN OSLO']),
      part('She likes boats.\n', ['msg_1', 'like boats']),
      part('\nThat is all. ', ['mem_1', 'Oslo']),
    );
    expect(citedIds(given)).toEqual(['mem_1', 'msg_1']);
    const { text, isKnown, citations, droppedCitations } = await verify(given, sources);
    expect({ text, isKnown, droppedCitations }).toEqual({
      text: 'Lin lives in Oslo. 🚲 She likes boats.\n\nThat is all.',
      isKnown: true,
      droppedCitations: 0,
    });
    expect(citations.map(({ memoryId, quote, from, until }) => [memoryId, quote, text.slice(from, until)])).toEqual([
      ['one', 'lives in Oslo', 'Lin lives in Oslo. 🚲'],
      ['two', 'like boats', 'She likes boats.'],
      ['one', 'Oslo', 'That is all.'],
    ]);
  });

  test('loses citations that are not found, and says how many', async () => {
    const given = known(
      part('Lin lives in Rome.', ['mem_1', 'lives in Rome'], ['mem_2', 'lives in Oslo'], ['', ''], ['msg_1', 'boat']),
      part('She likes boats.', ['mem_1', 'I like boats'], ['msg_1', 'I like boats']),
      part(' ', ['mem_1', 'lives in Oslo']),
    );
    const { text, citations, droppedCitations } = await verify(given, sources);
    expect(text).toBe('Lin lives in Rome. She likes boats.');
    expect(citations.map(({ quote }) => quote)).toEqual(['I like boats']);
    expect(droppedCitations).toBe(6);
  });

  test('keeps its text where no citation is found', async () => {
    expect(await verify(known(part('Rome.', ['mem_1', 'Rome'])), sources)).toEqual({
      ...{ text: 'Rome.', isKnown: true, citations: [], droppedCitations: 1 },
    });
  });

  test('is not known where the model says so, and where it says nothing', async () => {
    const none = { isKnown: false, citations: [], droppedCitations: 0 };
    const denied = { isKnown: false, parts: [part('Nothing says where.', ['mem_1', 'lives in Oslo'])] };
    expect(await verify(denied, sources)).toEqual({ ...none, text: 'Nothing says where.' });
    for (const given of [known(), known(part(' \n')), { isKnown: false, parts: [] }]) {
      expect(await verify(given, sources)).toEqual({ ...none, text: 'Not known.' });
    }
  });

  test('has no control characters, no half characters, and a bounded length', async () => {
    const { text } = await verify(known(part('a\u0000b\u001b[31m\u202ec\ud800\td\n')), sources);
    expect(text).toBe('ab[31mc\ufffd\td');
    const long = await verify(
      known(part('x'.repeat(MAX_TEXT - 2), ['mem_1', 'Oslo']), part('🚲🚲🚲', ['mem_1', 'Oslo'])),
      sources,
    );
    expect(long.text.length).toBeLessThanOrEqual(MAX_TEXT);
    expect(long.text.isWellFormed()).toBe(true);
    expect(long.text.endsWith('…')).toBe(true);
    for (const { until } of long.citations) expect(until).toBeLessThanOrEqual(long.text.length);
    const huge = await verify(known(...Array.from({ length: 4 }, () => part('🚲'.repeat(2 * MAX_TEXT)))), sources);
    expect(huge.text.length).toBeLessThanOrEqual(MAX_TEXT);
    expect(huge.text.isWellFormed()).toBe(true);
  });

  test('has a bounded number of parts and citations', async () => {
    const cited = Array.from({ length: MOST_OF_PART + 5 }, (): [string, string] => ['mem_1', 'Oslo']);
    const given = known(
      ...Array.from({ length: MOST_PARTS + 10 }, (_, n) => part(`Part ${n}.`, ...cited, ['msg_1', 'boats'])),
    );
    const { text, citations, droppedCitations } = await verify(given, sources);
    expect(text.endsWith(`Part ${MOST_PARTS - 1}.`)).toBe(true);
    expect(citations).toHaveLength(MOST_CITATIONS);
    // Those of the parts that are not read, and those beyond the first of each that is.
    expect(droppedCitations).toBeGreaterThan(10 * (MOST_OF_PART + 6) + MOST_PARTS * 6 - 1);
  });
});
