import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadDemo } from '../src/transfer/demo/load.ts';
import { useService } from './support/service.ts';

const service = useService();
let finding: string;
beforeAll(async () => {
  await loadDemo(await service.tenant());
  const { findings } = await service.runUntyped('{ findings { nodes { id kind } } }');
  finding = findings.nodes.find(({ kind }: { kind: string }) => kind === 'UPDATE').id;
});

const page = readFileSync(new URL('../docs/findings.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```graphql\n([\s\S]*?)```\n+```json\n([\s\S]*?)```/g)].map(
  ([, query, answer]) => [query as string, JSON.parse(answer as string)] as const,
);

describe('docs/findings.md', () => {
  test('shows queries with their answers', () => {
    expect(examples.length).toBe(page.match(/```graphql/g)?.length);
    expect(examples.length).toBeGreaterThan(3);
  });

  // In their order: a verdict is about what the query before it has shown.
  test.for(examples)('answers on the demo graph what the page says: %s', async ([query, answer]) => {
    expect(await service.runUntyped(query.replace('fnd_…', finding))).toEqual(answer);
  });
});
