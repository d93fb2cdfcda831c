import { expect, test } from 'vitest';
import { createDocumentCache } from '../src/http/requests/document-cache.ts';

const documents = (count: number, characters: number) =>
  Array.from({ length: count }, (_, n) => `{ a${n} }`.padEnd(characters));

test('of small documents many are kept, of large ones few, and those asked for last', () => {
  const cache = createDocumentCache<object>();
  for (const text of documents(500, 500)) cache.set(text, {});
  expect(cache.size).toBe(500);
  const large = documents(100, 20_000);
  for (const text of large) cache.set(text, {});
  expect(cache.size).toBe(19);
  expect(large.map((text) => cache.has(text))).toEqual(large.map((_, n) => n >= 81));
});

test('however small they are, no more than a thousand are kept', () => {
  const cache = createDocumentCache<object>();
  for (const text of documents(3_000, 10)) cache.set(text, {});
  expect(cache.size).toBe(1_000);
});

test('one that is larger than all that is kept drives nothing out', () => {
  const cache = createDocumentCache<object>();
  cache.set('{ a }', {});
  cache.set('{ b }'.padEnd(1_000_000), {});
  expect([...cache.keys()]).toEqual(['{ a }']);
});
