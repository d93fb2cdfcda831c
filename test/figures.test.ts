import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { figuresOf, withFigures } from './bench/figures.ts';

test('what a benchmark prints becomes a table, with the day and the machine', () => {
  const lines = [
    '',
    '  5 s: 100000 memories',
    '(PostgreSQL is left out: BENCH_DATABASE_URL is not set)',
    '100 memories; 3 rounds',
    'Q1: 1.50 × PostGraphile | p99: 3 × p50',
    '  the service: 811 requests/s',
  ];
  expect(figuresOf('requests', lines, '2026-11-29, 2 cores')).toBe(
    [
      '`npm run bench -- requests`, 2026-11-29, 2 cores. 100 memories; 3 rounds.',
      '',
      '| | |',
      '|---|---|',
      '| Q1 | 1.50 × PostGraphile \\| p99: 3 × p50 |',
      '| … the service | 811 requests/s |',
    ].join('\n'),
  );
});

test('figures stand between the markers of their benchmark, and replace those before', () => {
  const document = 'Before\n<!-- figures of a -->\nold\n<!-- end of a -->\nAfter';
  expect(withFigures(document, 'a', 'new')).toBe('Before\n<!-- figures of a -->\nnew\n<!-- end of a -->\nAfter');
  expect(() => withFigures(document, 'b', 'new')).toThrow('has no place for b');
  expect(withFigures('Before\n\n## Tried\n', 'b', 'new')).toBe(
    'Before\n\n### b\n\n<!-- figures of b -->\nnew\n<!-- end of b -->\n\n## Tried\n',
  );
});

test('every place in the document is of a benchmark that there is, and says when and where', () => {
  const [document, main] = ['../docs/benchmarks.md', './bench/main.ts'].map((file) =>
    readFileSync(new URL(file, import.meta.url), 'utf8'),
  ) as [string, string];
  const places = [...document.matchAll(/<!-- figures of ([\w-]+) -->\n([^\n]*)/g)];
  expect(places.length).toBeGreaterThan(0);
  for (const [, name, first] of places) {
    expect(main).toMatch(new RegExp(`^ {2}'?${name}'?: \\(\\) =>`, 'm'));
    expect(document).toContain(`<!-- end of ${name} -->`);
    expect(first).toMatch(/^`npm run bench -- [\w-]+`, \d{4}-\d\d-\d\d, commit [0-9a-f]{7,}.*, \d+ cores, Node \d+/);
  }
});
