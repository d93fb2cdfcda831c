import { describe, expect, test } from 'vitest';
import { NOBODY, targetOf, testApart } from './support/apart.ts';
import { allElements, elementsOf, readAttempts, writeAttempts } from './support/attempts.ts';
import { calls, lists, walks } from './support/walk.ts';

describe('with both defences', () => {
  testApart((database) => database);
});

test('what is tried is all that the schema has: every field, argument and part of an input', () => {
  const documents = [
    ...readAttempts(NOBODY, targetOf(NOBODY)),
    ...writeAttempts(NOBODY, targetOf(NOBODY)),
    ...walks(2, NOBODY),
    ...lists(2, NOBODY),
    ...calls(NOBODY),
  ];
  const tried = new Set(documents.flatMap(({ document }) => [...elementsOf(document)]));
  // Cursors hold the time, so that no two are alike; those of edges are made as those of pages are.
  // What a chat model answers is looked at in answer.test.ts: without one there is nothing of it to see.
  const isElsewhere = (element: string) => /Edge\.cursor$|^(?:Answer|Citation)\./.test(element);
  expect(allElements().filter((element) => !tried.has(element) && !isElsewhere(element))).toEqual([]);
  expect(tried.size).toBeGreaterThan(400);
});
