import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Arrangeable, arrange, MAX_ARRANGED } from '../src/model/recall/arrange.ts';
import { isFraming, orderAskedFor } from '../src/model/recall/enumeration.ts';

describe('a question asks for', () => {
  test.each([
    'In which order did I visit the cities?',
    'In what sequence were the walls painted?',
    'Can you list the order in which I brought up the budget?',
    'Can you walk me through the order in which we met?',
    'List my jobs in chronological order.',
    'Tell me about my flats,\nfrom the earliest to the latest',
    'Put the moves in order',
    'Give me a timeline of the move',
    'In welcher Reihenfolge habe ich die Städte besucht?',
    'Erzähle der Reihe nach, was geschah',
    '¿En qué orden visité las ciudades?',
    'Ponlas en orden cronológico',
    'Dans quel ordre ai-je visité les villes\u00a0?',
    'Dis-moi l’ordre dans lequel je les ai visitées',
  ])('an order: %s', (question) => {
    expect(orderAskedFor(question)).toBe('TIME');
  });

  test.each([
    'List all the books I have read.',
    'please list what I bought',
    'LIST MY ALLERGIES',
    'What are all the names of my dogs?',
    'Tell me everything about Maya',
    'Can you summarise my trip?',
    'Summarize how my resume has developed',
    'Give me a complete summary of the project',
    'Give me an overview of my plans',
    'Give me a list of my plants',
    'How many different cities have I lived in?',
    'How many distinct tools did I try?',
    'What different teas did Noah buy?',
    'How much did I spend across all our conversations?',
    'Liste alle Bücher auf, die ich gelesen habe',
    'Nenne mir alle meine Hunde',
    'Zähle meine Reisen auf',
    'Fasse meine Reise zusammen',
    'Gib mir einen Überblick über das Projekt',
    'Wie viele verschiedene Städte habe ich besucht?',
    'Enumera los libros que he leído',
    'Dime todos mis perros',
    'Resume mi viaje',
    'Dame un resumen del proyecto',
    '¿Cuántas ciudades diferentes he visitado?',
    'Énumère mes livres',
    'Donne-moi tous les noms',
    'Résume mon voyage',
    'Donne-moi un aperçu du projet',
    'Combien de villes différentes ai-je visitées\u00a0?',
  ])('many things: %s', (question) => {
    expect(orderAskedFor(question)).toBe('VARIETY');
  });

  test.each([
    'When did Maya order the lamp?',
    'What was the order of the day?',
    'Did you order the list of guests?',
    'Is my resume on the list?',
    'Who wrote the summary of the book?',
    'How many dogs does Maya have?',
    'What is different now?',
    'Can you walk me through how to prove it?',
    'Did Noah take me through the tunnel?',
    'What is the sequence number?',
    'Where does all the money go?',
    'Wann zahle ich die Miete?',
    'Gibt Maya auf?',
    '¿Todos fueron a Lima?',
    'Tout va bien\u00a0?',
    'lister',
    'list',
    '',
  ])('neither: %s', (question) => {
    expect(orderAskedFor(question)).toBe('RELEVANCE');
  });

  test('what it does quickly, whatever it is', () => {
    const began = process.cpuUsage().user;
    for (const word of ['list ', 'liste ', 'cuántos ', 'put in ', 'across all ', 'please ', 'a '])
      for (const end of ['', 'x', ' in order', 'ä']) orderAskedFor(word.repeat(5_000) + end);
    expect(process.cpuUsage().user - began).toBeLessThan(2_000_000);
  });

  test('by words that frame it, with accents and without', () => {
    for (const word of ['list', 'order', 'summarize', 'überblick', 'énumère']) expect(isFraming(word)).toBe(true);
    for (const word of ['resume', 'lamp', 'bestellung', 'ensemble']) expect(isFraming(word)).toBe(false);
  });
});

describe('the order of a list', () => {
  const day = (n: number) => new Date(Date.UTC(2026, 0, 1 + n));
  const item = (id: string, score: number, more: Partial<Arrangeable> = {}): Arrangeable => ({
    id,
    score,
    conversation: id,
    validFrom: day(0),
    said: id,
    ...more,
  });
  const ids = (placed: readonly { id: string }[]) => placed.map(({ id }) => id).join('');

  test('is that of the scores where nothing is said twice', () => {
    expect(arrange([item('a', 0.9), item('b', 0.8), item('c', -0.5)], 'VARIETY', false)).toEqual([
      { id: 'a', variety: 1 },
      { id: 'b', variety: 1 },
      { id: 'c', variety: 1 },
    ]);
  });

  test('brings other conversations forward, or other days where there are none', () => {
    const talk = { conversation: 'talk' };
    const placed = arrange(
      [item('a', 1, talk), item('b', 0.95, talk), item('c', 0.9, talk), item('d', 0.8)],
      'VARIETY',
      false,
    );
    expect(placed).toEqual([
      { id: 'a', variety: 1 },
      { id: 'b', variety: 0.9 },
      { id: 'd', variety: 1 },
      { id: 'c', variety: 0.9 ** 2 },
    ]);
    const dated = (n: number) => ({ conversation: null, validFrom: day(n) });
    const byDay = [item('a', 1, dated(1)), item('b', 0.99, dated(1)), item('c', 0.95, dated(2))];
    expect(ids(arrange(byDay, 'VARIETY', false))).toBe('acb');
  });

  test('has what says nearly the same later', () => {
    const said = 'I visited Rome in the spring of that year';
    const items = [
      item('a', 1, { said }),
      item('b', 0.99, { said: `${said.toUpperCase()}!` }),
      item('c', 0.98, { said: `${said} once` }),
      item('d', 0.97, { said: 'I visited Rome' }),
      item('e', 0.6),
    ];
    expect(arrange(items, 'VARIETY', false)).toEqual([
      { id: 'a', variety: 1 },
      { id: 'd', variety: 1 },
      { id: 'e', variety: 1 },
      { id: 'b', variety: 0.5 },
      { id: 'c', variety: 0.5 },
    ]);
  });

  test('of time is that of tens', () => {
    const items = Array.from({ length: 12 }, (_, n) =>
      item('abcdefghijkl'.charAt(n), 1 - n / 100, { validFrom: day(-n) }),
    );
    expect(ids(arrange(items, 'TIME', false))).toBe('jihgfedcbalk');
    expect(ids(arrange([item('b', 1), item('a', 2)], 'TIME', false))).toBe('ab');
  });

  test('that a model gave stays, but for time', () => {
    const same = { conversation: 'talk', said: 'same' };
    const items = [item('c', 1, same), item('b', 3, { ...same, validFrom: day(-1) }), item('a', 2, same)];
    expect(ids(arrange(items, 'VARIETY', true))).toBe('cba');
    expect(ids(arrange(items, 'TIME', true))).toBe('bac');
  });

  test('can be recomputed: it is that of score times variety', () => {
    const given = fc.record({
      score: fc.double({ min: -1, max: 2, noNaN: true }),
      conversation: fc.constantFrom('x', 'y', null),
      validFrom: fc.constantFrom(day(0), day(1)),
      said: fc.constantFrom('one two three', 'One, two: three.', 'four', ''),
    });
    fc.assert(
      fc.property(fc.array(given, { maxLength: 80 }), (all) => {
        const items = all.map((each, n) => ({ ...each, id: String(n) })).sort((a, b) => b.score - a.score);
        const placed = arrange(items, 'VARIETY', false);
        const scores = new Map(items.map(({ id, score }) => [id, score]));
        const values = placed.map(({ id, variety }) => (scores.get(id) as number) * variety);
        expect(values).toEqual(values.toSorted((a, b) => b - a));
        expect(new Set(placed.map(({ id }) => id)).size).toBe(Math.min(items.length, MAX_ARRANGED));
      }),
    );
  });
});
