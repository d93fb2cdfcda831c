import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadDemo } from '../src/transfer/demo/load.ts';
import { useService } from './support/service.ts';

const service = useService();
beforeAll(async () => {
  await loadDemo(await service.tenant());
});

const page = readFileSync(new URL('../docs/consolidation.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```graphql\n([\s\S]*?)```\n+```json\n([\s\S]*?)```/g)].map(
  ([, query, answer]) => [query as string, JSON.parse(answer as string)] as const,
);

describe('docs/consolidation.md', () => {
  test('shows queries with their answers', () => {
    expect(examples.length).toBe(page.match(/```graphql/g)?.length);
    expect(examples.length).toBeGreaterThan(1);
  });

  // In their order: the profile is what the query before it has made.
  test.for(examples)('answers on the demo graph what the page says: %s', async ([query, answer]) => {
    expect(await service.runUntyped(query)).toEqual(answer);
  });
});
