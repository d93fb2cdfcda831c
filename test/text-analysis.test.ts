import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { readOnce } from '../src/db/read-transaction.ts';
import { Reading } from '../src/db/reading.ts';
import { texts } from '../src/db/sql.ts';
import type { Transaction } from '../src/db/transaction.ts';
import { textCondition } from '../src/domain/memory/text-filter.ts';
import { searchText } from '../src/kernel/input.ts';
import { theNow } from '../src/kernel/point.ts';
import { readSearch } from '../src/kernel/search-text.ts';
import { dateSql, dateTerms, searchSql, searchTerms, termsSql } from '../src/model/recall/terms.ts';
import { foldAccents } from '../src/model/text/accents.ts';
import { analyseText, readWords } from '../src/model/text/analysis.ts';
import { wordWeights } from '../src/model/text/common-words.ts';
import { daysIn } from '../src/model/text/dates.ts';
import { earlierStem, englishStem } from '../src/model/text/english-stem.ts';
import { isPlain, normalizeText, piecesOf, wordsIn } from '../src/model/text/words.ts';
import { patience } from './support/calibration.ts';
import { useService } from './support/service.ts';

vi.setConfig({ testTimeout: patience(120_000) });

const service = useService();
const inTransaction = async <T>(read: (tx: Transaction) => Promise<T>): Promise<T> =>
  readOnce(await service.tenant(), read);

describe('accents', () => {
  test.each([
    ['tomás', 'tomas'],
    ['cafe\u0301', 'cafe'],
    ['łódź', 'lodz'],
    ['smørrebrød', 'smorrebrod'],
    ['œuvre', 'oeuvre'],
    ['γάτα', 'γατα'],
    ['ёлка', 'елка'],
    ['việt', 'viet'],
  ])('of %s go', (word, plain) => expect(foldAccents(word)).toBe(plain));

  test.each(['ガラス', 'й', 'हिन्दी', 'ข้าว', 'שָׁלוֹם', '한국어'])('%s has none', (word) =>
    expect(foldAccents(word)).toBe(word.normalize('NFC')),
  );
});

describe('English stems', () => {
  const words = [
    ...wordWeights.keys(),
    ...`generously communism arsenal skies dying idly singly news cosmos inning exceed succeeding hopping hoping agreed
    tanned falling hissing fizzed failing filing happy sky relational conditional rational valency hesitancy digitizer
    conformably radically differently vilely analogously vietnamization predication operator feudalism decisiveness
    hopefulness callousness formality sensitivity sensibility triplicate formative formalize electricity electrical
    goodness revival allowance inference airliner gyroscopic adjustable defensible irritant replacement adjustment
    dependent adoption homologous communism activate angularity effective bowdlerize probate rate cease controll roll
    toys employ yelling saying boyish apologies add adds added adding egged erring ebbed hopped`.split(/\s+/),
  ].filter((word) => /^[a-z]+$/.test(word));

  test('are those of PostgreSQL', async () => {
    const found = await inTransaction((tx) =>
      tx.rows<{ word: string; stems: string[]; isEarlier: boolean }>(
        // Arrays are read as JSON: postgres.js gives them as text.
        sql`select word, array_to_json(ts_lexize('english_stem', word)) as stems,
          current_setting('server_version_num')::int < 180000 as "isEarlier" from unnest(${texts(words)}) word`,
      ),
    );
    // Stop words have none.
    const stemmed = found.filter(({ stems }) => stems.length > 0);
    expect(stemmed.length).toBeGreaterThan(300);
    const inflected = /(?:ed|ing)$/;
    const ours = stemmed.map(({ word, isEarlier }) => {
      const stem = englishStem(word);
      return [word, (isEarlier && inflected.test(word) && earlierStem(stem)) || stem];
    });
    expect(ours).toEqual(stemmed.map(({ word, stems }) => [word, stems[0]]));
  });
});

describe('days', () => {
  const first = { year: 2026, days: [{ month: 3, day: 1 }] };
  test.each([
    ['2026-03-01', 'english', [first]],
    ['2026-3-1', 'english', [first]],
    ['at 2026-03-01T00:30:00+02:00', 'english', [first]],
    ['2026/03/01', 'english', [first]],
    ['20260301', 'english', []],
    ['March 1st, 2026', 'english', [first]],
    ['Mar. 1, 2026', 'english', [first]],
    ['1st of March 2026', 'english', [first]],
    ['01 march 2026', 'english', [first]],
    ['01.03.2026', 'english', [first]],
    ['1. 3. 2026', 'english', [first]],
    ['1. März 2026', 'german', [first]],
    ['1. März 2026', 'english', []],
    ['1 de marzo de 2026', 'spanish', [first]],
    ['1er mars 2026', 'french', [first]],
    ['le 14 août', 'french', [{ year: null, days: [{ month: 8, day: 14 }] }]],
    ['1 марта 2026', 'russian', [first]],
    ['2026年3月1日', 'simple', [first]],
    ['March 1', 'english', [{ year: null, days: [{ month: 3, day: 1 }] }]],
    [
      '3/1/2026',
      'english',
      [
        {
          year: 2026,
          days: [
            { month: 1, day: 3 },
            { month: 3, day: 1 },
          ],
        },
      ],
    ],
    ['31/12/2026', 'english', [{ year: 2026, days: [{ month: 12, day: 31 }] }]],
    [
      '1 March or 2 April 2027',
      'english',
      [
        { year: null, days: [{ month: 3, day: 1 }] },
        { year: 2027, days: [{ month: 4, day: 2 }] },
      ],
    ],
    ['March 2026', 'english', []],
    ['March 1,450 people', 'english', []],
    ['version 1.2.2026.4', 'english', []],
    ['45.03.2026 and 2026-13-01', 'english', []],
    ['192.168.10.20', 'english', []],
    ['marching 1', 'english', []],
  ])('%s (%s)', (text, config, days) => {
    expect(daysIn(normalizeText(text), config)).toMatchObject(days);
    expect(daysIn(normalizeText(text), config).length).toBe(days.length);
  });
});

test.each([
  ['src/plugins/use_auth.ts', ['src/plugins/use_auth.ts', 'use_auth.ts']],
  ['https://wiki.example.org/a?tab=on-call', ['https://wiki.example.org/a?tab=on-call', 'wiki.example.org', 'on-call']],
  ['ann.reed@example.org', ['ann.reed@example.org', 'ann.reed', 'example.org']],
  ['3,14', ['3.14']],
  ['v1.2.3', ['v1.2.3']],
  ['C++', ['c++']],
  ['one word. Another', []],
])('%s has the compounds %j', async (text, marks) => {
  expect((await analyseText(text, 'english')).marks).toEqual(marks);
});

/** Pieces of which texts are made that are hard to take apart. */
const hard = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('a', 'The', 'cafés', 'Straße', 'use', 'X', 'HTTP', 'ABC', 'naïve', 'running', "don't"),
  },
  fc.constantFrom('1', '450', '1,450', '1.450', '12kg', '2026-03-01', 'March', '01.03.2026', '1st', '3,14'),
  fc.constantFrom(
    '東京',
    'しりとり',
    'ข้าว',
    '한국',
    'ж',
    'ё',
    'é',
    'e\u0301',
    '\u0301',
    'ß',
    'ﬁ',
    'Ａ',
    'İ',
    'ŉ',
    '½',
    '😀',
    'हिन्दी',
  ),
  fc.constantFrom(
    ' ',
    ' ',
    ' ',
    '.',
    ',',
    '-',
    '_',
    '/',
    '@',
    ':',
    '://',
    '#',
    '++',
    '?',
    '&',
    '=',
    "'",
    '’',
    '"',
    '\\',
    '<',
    '>',
    '(',
    '—',
    '\n',
    '\u00a0',
    '\u200b',
  ),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
);
const hardText = fc
  .array(hard, { maxLength: 30 })
  .map((parts) => parts.join('').replaceAll('\0', ''))
  .filter((text) => text.isWellFormed());

test('the words of a text are those of its pieces', () => {
  fc.assert(
    fc.property(hardText, (text) => {
      const normal = normalizeText(text);
      expect(wordsIn(normal)).toBe([...piecesOf(normal)].flatMap(({ words }) => words).join(' '));
    }),
    { numRuns: 2_000 },
  );
});

test('folding accents leaves every word in its place', async () => {
  await fc.assert(
    fc.asyncProperty(hardText, async (text) => {
      const { words, folded } = await analyseText(text, 'english');
      if (folded !== null) expect(folded.split(' ').length).toBe(words?.split(' ').length);
    }),
    { numRuns: 1_000 },
  );
});

test('a text that is stored is found by each of its words, and has all that is asked for by it', async () => {
  await inTransaction(async (tx) => {
    await fc.assert(
      fc.asyncProperty(hardText, async (text) => {
        const terms = await searchTerms(text, null, tx.textSearchConfig);
        const date = dateTerms(new Date('2020-06-05T00:00:00Z'), 0, tx.textSearchConfig);
        const search = searchSql({
          ...termsSql(terms),
          content: sql`${text}::text`,
          summary: sql`null::text`,
          context: sql`'{}'::jsonb`,
          date: dateSql({ month: sql`${date.month}::text`, day: sql`${date.day}::text` }),
        });
        const asked = readWords(text, tx.textSearchConfig);
        // A day that is asked for has its month in words, in whatever form it was told.
        const isOfDay = daysIn(normalizeText(text), tx.textSearchConfig).length > 0;
        const words = isOfDay ? [] : asked.words.map(({ word }) => word);
        const [row] = await tx.rows<{ missing: string[] }>(sql`
          with stored as materialized (select ${search} as search),
          wanted as (
            select unnest(tsvector_to_array(to_tsvector(word))) as lexeme
            from jsonb_array_elements_text(${JSON.stringify(words)}::jsonb) w (word)
            union all select mark from jsonb_array_elements_text(${JSON.stringify(asked.marks)}::jsonb) m (mark))
          select coalesce(jsonb_agg(lexeme), '[]') as missing from wanted, stored where lexeme <> all(tsvector_to_array(search))`);
        expect(row?.missing, text).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

test('what is plain has the words that PostgreSQL finds in it', async () => {
  const plain = fc
    .array(
      fc.constantFrom(
        'The',
        'runs',
        "don't",
        'RUN',
        '42',
        'a',
        ' ',
        ' ',
        ' ',
        '.',
        ',',
        '!',
        '?',
        '-',
        "'",
        '"',
        '(',
        ')',
        ';',
        ':',
        '*',
        '\n',
        '#',
        '+',
        '$',
        '^',
        '=',
      ),
      { maxLength: 30 },
    )
    .map((parts) => parts.join(''))
    .filter((text) => isPlain(text));
  await inTransaction(async (tx) => {
    await fc.assert(
      fc.asyncProperty(fc.array(plain, { minLength: 20, maxLength: 20 }), async (texts) => {
        const pairs = texts.map((text) => [text, wordsIn(normalizeText(text))]);
        const rows = await tx.rows(sql`
          select pair from jsonb_array_elements(${JSON.stringify(pairs)}::jsonb) p (pair)
          where to_tsvector(pair ->> 0) <> to_tsvector(pair ->> 1)`);
        expect(rows).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

test('PostgreSQL reads what becomes of every filter that is let through', async () => {
  const piece = fc.oneof(
    hard,
    fc.constantFrom('-', '"', ' or ', '*', 'begin*', ' -', '“', '|', '!', '<->', '\\', ':*', ':A'),
  );
  const text = fc
    .array(piece, { maxLength: 40 })
    .map((parts) => parts.join(''))
    .filter((each) => each.isWellFormed() && searchText.safeParse(each).success);
  const m = { id: sql`m.id`, search: sql`m.search`, content: sql`m.content`, summary: sql`m.summary` };
  await inTransaction(async (tx) => {
    await fc.assert(
      fc.asyncProperty(text, async (each) => {
        await tx.rows(sql`
          select ${textCondition(m as never, each, new Reading(tx.workspaceId, theNow))} from (
            select gen_random_uuid() as id, to_tsvector('a b') as search, 'a b'::text as content, null::text as summary) m`);
      }),
      { numRuns: 400 },
    );
  });
});

test.each([
  [
    'coffee -milk',
    [
      [
        ['words', 'coffee', false],
        ['words', 'milk', true],
      ],
    ],
  ],
  ['--verbose', [[['words', 'verbose', false]]]],
  ['a or b OR "c d"', [[['words', 'a', false]], [['words', 'b', false]], [['phrase', 'c d', false]]]],
  [
    'say "the who',
    [
      [
        ['words', 'say', false],
        ['phrase', 'the who', false],
      ],
    ],
  ],
  [
    'org* 2* **',
    [
      [
        ['prefix', 'org', false],
        ['prefix', '2', false],
      ],
    ],
  ],
  ['a - b', [[['words', 'a b', false]]]],
  ['or or ?!', []],
])('the filter %s says %j', (text, said) => {
  expect(readSearch(text).map((parts) => parts.map((each) => [each.kind, each.text, each.isExcluded]))).toEqual(said);
});

test.each([
  ['東'.repeat(200), true],
  ['東'.repeat(201), false],
])('characters without spaces are bounded as words are', (text, isAllowed) => {
  expect(searchText.safeParse(text).success).toBe(isAllowed);
});

test('a long text is analysed in stretches, as a whole would be', async () => {
  const said = 'Zoë read src/use_auth.ts twice, on 1 March 2026; 今天玩成语接龙. ';
  const [once, often] = [await analyseText(said, 'english'), await analyseText(said.repeat(500), 'english')];
  expect(often.marks.toSorted()).toEqual(once.marks.toSorted());
  expect(new Set(often.words?.split(' '))).toEqual(new Set(once.words?.split(' ')));
  expect(often.words?.split(' ').length).toBe(often.folded?.split(' ').length);
  for (const unbroken of ['x'.repeat(20_000), '😀'.repeat(9_000), '東'.repeat(9_001), '\u{20000}'.repeat(9_001)]) {
    const { words, marks } = await analyseText(unbroken, 'english');
    expect(`${words}${marks.join('')}`.isWellFormed()).toBe(true);
  }
});
