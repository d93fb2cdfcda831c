import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asksForNow, eventIn, spanIn, spanOfEvent } from '../src/model/recall/times.ts';
import { readWords } from '../src/model/text/analysis.ts';

/** A Saturday. */
const at = new Date('2026-11-28T15:30:00Z');
const days = (span: ReturnType<typeof spanIn>) =>
  span && `${span.from?.toISOString().slice(0, 10) ?? ''}/${span.until?.toISOString().slice(0, 10) ?? ''}`;

describe('the span of time that a question names', () => {
  test.each([
    ['What happened on 2026-03-01?', '2026-03-01/2026-03-02'],
    ['What happened on 01.03.2026?', '2026-03-01/2026-03-02'],
    ['What happened on March 1st, 2026?', '2026-03-01/2026-03-02'],
    ['What happened on the 1st of March 2026?', '2026-03-01/2026-03-02'],
    ['What happened on 1 March?', '2026-03-01/2026-03-02'],
    ['What happened on 24 Dec?', '2025-12-24/2025-12-25'],
    ['What did we do in March?', '2026-03-01/2026-04-01'],
    ['What did we do in December?', '2025-12-01/2026-01-01'],
    ['What did we do in May 2023?', '2023-05-01/2023-06-01'],
    ['What did Jon do in late  February, 2024?', '2024-02-01/2024-03-01'],
    ['Where did we live before March 2024?', '/2024-03-01'],
    ['Where did we live after 2019?', '2020-01-01/'],
    ['Where have we lived since 2019?', '2019-01-01/'],
    ['Where did we live until June?', '/2026-06-01'],
    ['Where did we live before the 1st of March 2026?', '/2026-03-01'],
    ['What happened on 2026/3/1?', '2026-03-01/2026-03-02'],
    ['What happened on 2026年3月1日?', '2026-03-01/2026-03-02'],
    ['What happened on ２０２６-０３-０１?', '2026-03-01/2026-03-02'],
    ['What happened on 1. 3. 2026?', '2026-03-01/2026-03-02'],
    ['What happened on 25/12/2025?', '2025-12-25/2025-12-26'],
    ['What happened on Sept. 3?', '2026-09-03/2026-09-04'],
    ['What happened on 1850-03-01?', '1850-03-01/1850-03-02'],
    ['What was said yesterday?', '2026-11-27/2026-11-28'],
    ['And the day before yesterday?', '2026-11-26/2026-11-27'],
    ['What is planned for tomorrow?', '2026-11-29/2026-11-30'],
    ['What did I do last week?', '2026-11-16/2026-11-23'],
    ['What do I do this week?', '2026-11-23/2026-11-30'],
    ['What do I do next month?', '2026-12-01/2027-01-01'],
    ['What did I do last year?', '2025-01-01/2026-01-01'],
    ['What did I do last Friday?', '2026-11-27/2026-11-28'],
    ['Whom did I meet two days ago?', '2026-11-26/2026-11-27'],
    ['Whom did I meet two weeks ago?', '2026-11-11/2026-11-18'],
    ['Whom did I meet in the last 3 days?', '2026-11-25/2026-11-29'],
  ])('%s', (question, span) => {
    expect(days(spanIn(question, at))).toBe(span);
  });

  test.each([
    'May I ask Mark?',
    'Who will march on?',
    'Did May call?',
    'What is on 31.02.2026?',
    'What is on 31 February?',
    'What happened on 03/04/2026?',
    'What happened on 0026-03-01?',
    'Did May 1234 come?',
    'Which of the 2020 seats?',
    'Who scored 10-5?',
    'When did we move?',
  ])('none: %s', (question) => {
    expect(spanIn(question, at)).toBeUndefined();
  });

  test.each([
    ['german', 'Was geschah am 1. März 2026?', '2026-03-01/2026-03-02'],
    ['german', 'Was geschah im März?', '2026-03-01/2026-04-01'],
    ['spanish', '¿Qué pasó el 1 de marzo de 2026?', '2026-03-01/2026-03-02'],
    ['spanish', '¿Qué pasó en marzo de 2025?', '2025-03-01/2025-04-01'],
    ['french', 'Que s’est-il passé le 1er août ?', '2026-08-01/2026-08-02'],
    ['french', 'Que s’est-il passé en février ?', '2026-02-01/2026-03-01'],
    ['german', 'What happened on March 1st, 2026?', '2026-03-01/2026-03-02'],
    ['english', 'Was geschah im März?', undefined],
  ])('in %s: %s', (textSearchConfig, question, span) => {
    expect(days(spanIn(question, at, textSearchConfig))).toBe(span);
  });

  test('is of the day that texts are found by', () => {
    const named = [
      '2026-03-01',
      'March 1st, 2026',
      '1 March 2026',
      '01.03.2026',
      '1st of March, 2026',
      'Mar. 1 2026',
      '2026.3.1',
    ];
    for (const text of named) {
      expect(readWords(text, 'english').marks, text).toContain('--03-01');
      expect(days(spanIn(`What happened on ${text}?`, at)), text).toBe('2026-03-01/2026-03-02');
    }
  });

  test('is one, whatever is asked, and quickly', () => {
    const word = fc.constantFrom(
      'may',
      'march',
      '1st',
      '31',
      'of',
      '2024',
      'last',
      'week',
      'ago',
      'two',
      '9999',
      '-',
      '.',
      'in',
      '99',
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(word, fc.string()), { maxLength: 30 }),
        fc.date({ noInvalidDate: true }),
        (words, moment) => {
          const span = spanIn(words.join(' '), moment);
          if (span?.from && span.until && Number.isFinite(Number(span.from)))
            expect(Number(span.until)).toBeGreaterThan(Number(span.from));
        },
      ),
    );
    const began = process.cpuUsage().user;
    for (const text of ['9'.repeat(10_000), 'in '.repeat(4_000), '1 '.repeat(5_000), 'last a few '.repeat(900)])
      spanIn(text, at);
    expect(process.cpuUsage().user - began).toBeLessThan(2_000_000);
  });
});

test('a question asks for what is so now', () => {
  for (const question of [
    'What is my current job?',
    'Does Maya still live in Porto?',
    'the LATEST version',
    'Where is he now?',
  ]) {
    expect(asksForNow(question), question).toBe(true);
  }
  for (const question of ['What do you know?', 'Who knows the currency?', 'distil it', 'Where was he then?']) {
    expect(asksForNow(question), question).toBe(false);
  }
});

describe('an event by which a question names a time', () => {
  test.each([
    ['Where did I work before the move?', 'before', ['move']],
    ['Where did Maya live until her wedding in June?', 'before', ['wedding']],
    ['What did we do after the charity race?', 'after', ['charity', 'race']],
    ['How is Noah since Maya’s accident was told?', 'after', ['accident']],
    ['After our first trip to Rome, what did I paint?', 'after', ['first', 'trip']],
  ])('%s', (question, side, words) => {
    expect(eventIn(question)).toEqual({ side, words });
  });

  test.each([
    'Where did I live before?',
    'Before we moved, where was I?',
    'What comes after the?',
    'Who was the one after?',
  ])('none: %s', (question) => {
    expect(eventIn(question)).toBeUndefined();
  });

  test('was when what speaks of it became true, if that is one time', () => {
    const moments = (...dates: string[]) => dates.map((date) => new Date(date));
    expect(days(spanOfEvent('before', moments('2026-03-09', '2026-03-02')))).toBe('/2026-03-02');
    expect(days(spanOfEvent('after', moments('2026-03-09', '2026-03-02')))).toBe('2026-03-02/');
    expect(spanOfEvent('after', moments('2026-03-09', '2025-03-02'))).toBeUndefined();
    expect(spanOfEvent('after', [])).toBeUndefined();
  });
});
