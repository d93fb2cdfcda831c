import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { candidateTerms, hiddenTerms, MAX_TERMS } from '../src/model/finding/candidates.ts';
import { MAX_LENGTH } from '../src/model/finding/clauses.ts';
import { compare } from '../src/model/finding/compare.ts';
import { readStatement } from '../src/model/finding/read.ts';
import type { Nomination } from '../src/model/finding/statement.ts';
import { tokensOf } from '../src/model/finding/tokens.ts';
import { foreign, notRaised, raised } from './support/findings/pairs.ts';
import { leastTime } from './support/turns.ts';

/** From this score on a finding is shown. */
const SHOWN = 0.5;
/** A NEGATION from this score on may open a contradiction. */
const OPENS = 0.8;

const english = (text: string, speaker?: string) => readStatement(text, 'english', speaker);
const found = (older: string, newer: string): Nomination | null => compare(english(older), english(newer));

describe.each(Object.entries(raised))('raised as %s', (kind, pairs) => {
  test.each(pairs)('%s | %s', (older, newer) => {
    const finding = found(older, newer);
    expect(finding).toMatchObject({ kind, memoryText: expect.any(String), byText: expect.any(String) });
    expect(finding?.score).toBeGreaterThanOrEqual(SHOWN);
    expect(finding?.score).toBeLessThanOrEqual(1);
    expect(newer).toContain(finding?.byText.replace(/…$/, ''));
    expect(older).toContain(finding?.memoryText.replace(/…$/, ''));
  });
});

describe.each(Object.entries(notRaised))('not raised: %s', (_why, pairs) => {
  test.each(pairs.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]))('%s | %s', (older, newer) => {
    const finding = found(older, newer);
    expect(finding && finding.score >= SHOWN && finding.kind !== 'SAME' ? finding : null).toBeNull();
  });
});

describe('in other languages', () => {
  test.each(foreign)('%s: %s | %s', (config, older, newer, isSame) => {
    const finding = compare(readStatement(older, config), readStatement(newer, config));
    expect(finding?.kind ?? null).toBe(isSame ? 'SAME' : null);
  });
});

describe('a finding says why', () => {
  test.each([
    ['I live in Berlin.', 'I moved to Lisbon.', 'home: berlin → lisbon'],
    ['plan: starter-legacy-2024', 'plan: pro', 'plan: starter-legacy-2024 → pro'],
    ['My rent is 900 euros.', 'My rent was raised to 950 euros.', 'rent: 900 euros → 950 euros (“raised”)'],
    ['The team meeting is weekly.', 'The team meeting is now monthly.', 'meeting, team: weekly → monthly'],
    ['I play tennis with Jonas.', 'I have never played tennis with Jonas.', 'tennis, Jonas, played: said → “never”'],
    ['I hate jazz music.', 'I love jazz music.', 'jazz, music: disliked → liked'],
    ['I am vegan.', 'I am pescatarian.', 'user: vegan → pescatarian'],
  ])('%s | %s', (older, newer, reason) => {
    expect(found(older, newer)?.reason.split(/[,:] /).sort()).toEqual(reason.split(/[,:] /).sort());
  });

  test('in the clauses it was seen in', () => {
    const older = 'It rained all day, so I stayed in. My rent is $900; the landlord is nice.';
    expect(found(older, 'Bad news today. My rent was raised to $990, but I keep the flat.')).toMatchObject({
      memoryText: 'My rent is $900;',
      byText: 'My rent was raised to $990,',
    });
  });
});

describe('who speaks', () => {
  test('two people who each speak of themselves do not contradict each other', () => {
    const [older, newer] = ['I have never eaten sushi.', 'I ate sushi in Kyoto.'];
    expect(compare(english(older, 'Ana'), english(newer, 'Ana'))?.kind).toBe('NEGATION');
    expect(compare(english(older, 'Ana'), english(newer, 'Ben'))).toBeNull();
  });

  test('and do not say the same', () => {
    expect(compare(english('I love hiking.', 'Ana'), english('I love hiking.', 'Ben'))).toBeNull();
  });
});

describe('the terms by which older memories are looked for', () => {
  const lexemesOf = (text: string) => candidateTerms(english(text)).flatMap(({ lexemes }) => lexemes);

  test.each([
    ['I live in Berlin.', '=home:user'],
    ['The user moved to Lisbon.', '=home:user'],
    ['Moved to Lisbon in spring.', '=home:user'],
    ['Anna lives in Graz.', '=home:anna'],
    ['I am an engineer at Acme.', '=work:user'],
    ['I was promoted to manager.', '=work:user'],
    ['My favorite color is green.', '=favourite-color:user'],
    ['plan: pro', '=key-plan:'],
  ])('%s has %s', (text, term) => {
    expect(hiddenTerms(english(text))).toContain(term);
    expect(lexemesOf(text)).toContain(term);
  });

  test.each(['Should I move to Lisbon?', 'I do not live in Berlin.', 'He lives in Rome.', 'It rained.'])(
    '%s has no hidden one',
    (text) => expect(hiddenTerms(english(text))).toEqual([]),
  );

  test('are the weightiest words in all their forms, at most so many', () => {
    expect(lexemesOf('I bought a telescope.')).toEqual(expect.arrayContaining(['telescop', 'buy', 'bought']));
    // As PostgreSQL 18 has it, and as those before.
    expect(lexemesOf('I added saffron.')).toEqual(expect.arrayContaining(['add', 'ad', 'saffron']));
    const many = Array.from({ length: 30 }, (_, n) => `thing${String.fromCharCode(97 + (n % 26))}${n}x`).join(' and ');
    expect(candidateTerms(english(`I have ${many}.`))).toHaveLength(MAX_TERMS);
  });

  test('are words of other languages, for the database to stem', () => {
    const terms = candidateTerms(readStatement('Die Katze schläft gern.', 'german'));
    expect(terms).toContainEqual({ lexemes: ['schläft'], isStemmed: false, weight: 1 });
    const pairs = candidateTerms(readStatement('東京に住む', 'simple')).flatMap(({ lexemes }) => lexemes);
    expect(pairs).toEqual(expect.arrayContaining(['東京']));
  });
});

test('words are the same ones, whatever stands between them', () => {
  const part = fc.oneof(
    fc.constantFrom(
      'Maya',
      "it's",
      'v2',
      'vegan',
      'sign-up',
      'C++',
      'a@b',
      'x_1',
      'É',
      'naïve',
      '12',
      '$5',
      'k',
      '3',
      'pm',
      '4:30',
      '7.5',
      '%',
    ),
    fc.string({ maxLength: 6 }),
  );
  const text = fc.array(fc.tuple(part, fc.constantFrom(' ', '  ', ', ', '. ', '')), { maxLength: 8 });
  fc.assert(
    fc.property(text, (parts) => {
      const spaced = `${parts.flat().join('')} `;
      // No word is then followed by a space, a comma or the end.
      const apart = spaced.replaceAll(/,(?!\d)/g, ';').replaceAll(' ', '\t');
      const raw = (of: string) => tokensOf(of).map((token) => token.raw.replaceAll(/\s/g, ' '));
      expect(raw(spaced)).toEqual(raw(apart));
    }),
    { numRuns: 2_000 },
  );
});

describe('what is too long or no prose', () => {
  const isNothing = (text: string) => {
    const statement = english(text);
    expect(statement).toMatchObject({ clauses: [], sentences: [], sequence: [] });
    expect(candidateTerms(statement)).toEqual([]);
    expect(compare(statement, statement)).toBeNull();
  };

  test('yields nothing', () => {
    isNothing(`I live in Berlin. ${'x'.repeat(MAX_LENGTH)}`);
    isNothing('I live in Berlin. '.repeat(41));
    isNothing(' '.repeat(1_000_000));
    isNothing('');
  });

  test('code is left out', () => {
    const code = `\`\`\`\n${'let rent = 900; '.repeat(2_000)}\n\`\`\``;
    expect(found('My rent is $900.', `My rent was raised to $990.\n${code}`)?.kind).toBe('UPDATE');
  });

  test('anything is read without an error, and compared with scores of 0–1 and bounded texts', () => {
    const words = fc.constantFrom(
      ...'I never not $5 March 3 : , . ? plan my is now Berlin 3pm 2024 20% or until to'.split(' '),
    );
    const texts = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.array(words).map((all) => all.join(' ')),
    );
    fc.assert(
      fc.property(texts, texts, (older, newer) => {
        const finding = found(older, newer);
        if (!finding) return;
        expect(finding.score).toBeGreaterThan(0);
        expect(finding.score).toBeLessThanOrEqual(1);
        expect(Math.max(finding.memoryText.length, finding.byText.length)).toBeLessThanOrEqual(500);
        expect(finding.reason.length).toBeLessThanOrEqual(300);
      }),
      { numRuns: 500 },
    );
  });
});

describe('takes little time', () => {
  const filled = (piece: string) => piece.repeat(Math.ceil(MAX_LENGTH / piece.length)).slice(0, MAX_LENGTH - 10);

  test.each([
    'a',
    '.',
    '. ',
    '1',
    '1 ',
    '1,',
    '1.1.',
    '1,000',
    '$',
    '$1 ',
    '."',
    'a-',
    "a'",
    'a&',
    'a.',
    'a: ',
    'never ',
    'I never, ',
    'March 3 ',
    'Anna ',
    'prefer over ',
    ' ',
    'a++ ',
    'I am not at 3 pm; ',
    'my plan A; ',
    '東京',
    '° ',
    'or not ',
    'by from to ',
    'I live in Rome, ',
    'no ',
    "can't ",
    '12:30 ',
    'a_',
    '!?"',
    'é',
    '\u0301',
    '😀',
  ])('a text of %j', (piece) => {
    const text = filled(piece);
    expect(leastTime(50, () => english(text))).toBeLessThan(50);
    const statement = english(text);
    expect(leastTime(50, () => compare(statement, english(`b ${text}`)))).toBeLessThan(50);
  });

  test('a text of a megabyte', () => {
    const text = 'I live in Berlin and pay $900. '.repeat(32_000);
    expect(leastTime(20, () => english(text))).toBeLessThan(20);
  });

  test('two texts of as many clauses and values as are compared', () => {
    const text = (thing: string) =>
      Array.from({ length: 40 }, (_, n) => `I now pay $${n} for ${n + 2} ${thing}; I never sold plan ${n}.`).join(' ');
    const [older, newer] = [english(text('red cars')), english(text('blue cars'))];
    expect(older.clauses).toHaveLength(80);
    expect(leastTime(50, () => compare(older, newer))).toBeLessThan(50);
  });
});

test('a NEGATION that may open a contradiction has what is denied in so many words', () => {
  expect(
    found('I deployed the shop to Kubernetes.', 'I have never deployed the shop to Kubernetes.')?.score,
  ).toBeGreaterThanOrEqual(OPENS);
  expect(
    found('I mentioned the shop to Peter.', 'I have never deployed the shop to Kubernetes.')?.score ?? 0,
  ).toBeLessThan(OPENS);
  expect(found('I booked a birthday party.', 'I have never attended birthday parties.')?.score ?? 0).toBeLessThan(
    OPENS,
  );
});
