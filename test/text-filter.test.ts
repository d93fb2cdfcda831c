import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { readOnce } from '../src/db/read-transaction.ts';
import { bounds, searchText } from '../src/kernel/input.ts';
import { patience } from './support/calibration.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';

vi.setConfig({ testTimeout: patience(60_000) });

const service = useService();
const createMemories = mutation(service, 'createMemories', 'memories { id }');

/** Lists that a filter goes to, each of which must find, or refuse, the same. */
const roads = {
  memories: 'query ($text: String!) { found: memories(filter: {text: $text}) { totalCount } }',
  'memories of a companion':
    'query ($text: String!) { companion(by: {key: "iris"}) { found: memories(filter: {text: $text}) { totalCount } } }',
  'recall by words':
    'query ($text: String!) { found: recall(input: {companion: {key: "iris"}, query: "sensor", filter: {text: $text}}) { nodes { id } } }',
  'the past':
    'query ($text: String!) { found: memories(filter: {text: $text}, at: {validAt: "2026-01-01T00:00:00Z"}) { totalCount } }',
};

beforeAll(async () => {
  await createMemories({
    companion: { key: 'iris' },
    memories: Array.from({ length: 20 }, (_, at) => ({ type: 'FACT', content: `Sensor ${at} reads --verbose units` })),
  });
});

const words = (count: number) => `At most 100 words are allowed, given ${count}.`;
const DASHES = 'At most 30 exclusion marks (-) are allowed in a row: one before a word excludes it.';

describe.each(Object.entries(roads))('a text that is too much is INVALID_INPUT: %s', (_name, road) => {
  test.each([
    ['8,000 characters of a stop word', 'the '.repeat(2_000), [words(2_000)]],
    ['words behind or', 'sensor or '.repeat(60), [words(120)]],
    ['words in quotes', `"${'sensor '.repeat(101)}"`, [words(101)]],
    ['words in one path', 'a/'.repeat(500), [words(500)]],
    ['exclusions alone', '-'.repeat(40), [DASHES]],
    ['exclusions of a word', `sensor ${'-'.repeat(33)}units`, [DASHES]],
    ['exclusions with space, brackets and or between', '- ( or '.repeat(40), [DASHES]],
    ['both', `${'the '.repeat(200)}${'-'.repeat(100)}`, [words(200), DASHES]],
  ])('%s', async (_what, text, messages) => {
    const { data, errors } = await service.sendUntyped(road, { text });
    expect(data?.found ?? data?.companion?.found ?? null).toBeNull();
    const [{ extensions }] = errors as unknown as [{ extensions: { code: string; issues: { message: string }[] } }];
    expect(extensions.code).toBe('INVALID_INPUT');
    expect(extensions.issues.map(({ message }) => message)).toEqual(messages);
  });
});

test.each([
  ['one word', 'sensor', 20],
  ['as many words as are allowed', 'sensor '.repeat(100), 20],
  ['as many exclusions, of which two are none', `${'-'.repeat(30)}sensor`, 20],
  ['an option of a command', '--verbose', 20],
  ['only stop words', 'the and of', 0],
  ['nothing', '', 0],
  ['only punctuation', '?!… ::: &&& ((( <-> *', 0],
  ['an open quote', '"sensor', 20],
  ['one exclusion alone', '-', 0],
  ['a word longer than any', 'x'.repeat(9_000), 0],
  ['half of a quote and operators', '"sensor & | ! \\ \' -"', 20],
])('what is searched for as before: %s', async (_what, text, found) => {
  const data = await service.runUntyped(roads.memories, { text });
  expect(data.found.totalCount).toBe(found);
});

test('PostgreSQL reads every text that is let through', async () => {
  const tenant = await service.tenant();
  const piece = fc.oneof(
    fc.constantFrom(
      '-',
      '"',
      ' ',
      'or',
      'and',
      'the',
      'cat',
      ':*',
      '&',
      '|',
      '!',
      '(',
      ')',
      '\\',
      "'",
      '<->',
      '/',
      'x-y',
    ),
    fc.constantFrom('\t', '\u00a0', '\u200b', 'http://', '@', '1.5', '東京', 'ж', '--', '- or ', '-"'),
    fc.string({ unit: 'grapheme', maxLength: 4 }),
  );
  const text = fc
    .uniqueArray(piece, { minLength: 1, maxLength: 4 })
    .chain((few) => fc.array(fc.constantFrom(...few), { maxLength: 120 }))
    .map((parts) => parts.join(''))
    .filter((each) => searchText.safeParse(each).success);
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 20 }), async (texts) => {
      await readOnce(tenant, async (tx) => {
        for (const each of texts) await tx.rows(sql`select websearch_to_tsquery(${each})`);
      });
    }),
    { numRuns: 60 },
  );
  expect(bounds.exclusions).toBe(30);
});
