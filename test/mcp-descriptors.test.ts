import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test } from 'vitest';
import { type JsonSchema, toolDescriptors } from '../src/mcp/descriptor.ts';
import { texts } from '../src/mcp/texts/all.ts';
import { toolFiles } from './support/tools/files.ts';

const src = new URL('../src/', import.meta.url);

test('descriptors and typed operations are those that the documents and the schema make', () => {
  const files = toolFiles();
  for (const [path, text] of files) {
    const file = new URL(path, src);
    expect(existsSync(file) && readFileSync(file, 'utf8'), `${path}: run \`npm run tools\``).toBe(text);
  }
  const there = readdirSync(new URL('client/operations/', src)).map((name) => `client/operations/${name}`);
  expect(there.filter((path) => !files.has(path))).toEqual([]);
});

test('there are at most 12 tools, and a model reads at most 3,000 tokens of them', () => {
  expect(toolDescriptors.map(({ name }) => name)).toEqual([
    'context',
    'recall',
    'open',
    'explore',
    'connect',
    'timeline',
    'remember',
    'correct',
    'retract',
    'dispute',
    'forget',
    'update_working_memory',
  ]);
  const tokens = toolDescriptors.map(({ name, description, inputSchema, outputSchema }) =>
    countTokens(JSON.stringify({ name, description, inputSchema, outputSchema })),
  );
  expect(tokens.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(3_000);
});

const keywordsIn = (schema: JsonSchema): string[] =>
  Object.entries(schema).flatMap(([keyword, value]) => {
    if (keyword === 'properties') {
      return [keyword, ...Object.values(value as Record<string, JsonSchema>).flatMap(keywordsIn)];
    }
    return keyword === 'items' ? [keyword, ...keywordsIn(value as JsonSchema)] : [keyword];
  });

const propertiesIn = ({ properties = {}, items }: JsonSchema): string[] => [
  ...Object.entries(properties).flatMap(([name, schema]) => [name, ...propertiesIn(schema)]),
  ...(items ? propertiesIn(items) : []),
];

describe.each(toolDescriptors)('$name', (descriptor) => {
  const { name, kind, inputSchema, outputSchema, annotations, bound, idempotency, scopes } = descriptor;

  test('has a title, a description and a text of its own', () => {
    expect(descriptor.title).toMatch(/^[A-Z]/);
    expect(descriptor.description).toMatch(/\.$/);
    expect(texts[name]).toBeInstanceOf(Function);
  });

  test('has schemas of objects that every client takes: nothing is referred to', () => {
    for (const schema of [inputSchema, outputSchema]) {
      expect(schema.type).toBe('object');
      expect(keywordsIn(schema).filter((keyword) => /^\$|Of$|^not$|^if$/.test(keyword))).toEqual([]);
    }
  });

  test('asks a model for nothing that comes from outside, and for no vectors', () => {
    const given = propertiesIn(inputSchema);
    for (const hidden of ['companion', 'user', 'conversation', 'embedding']) expect(given).not.toContain(hidden);
    for (const variable of bound) expect(descriptor.document).toMatch(`$${variable}: `);
  });

  test('says what it does: reads, or writes once for a key', () => {
    expect(annotations.readOnlyHint).toBe(kind === 'query');
    expect(idempotency).toBe(kind === 'query' ? null : 'idempotencyKey');
    expect(scopes).toEqual(kind === 'query' ? ['READ'] : ['READ', 'WRITE']);
    if (idempotency) expect(inputSchema.properties?.[idempotency]).toMatchObject({ type: 'string' });
    expect(annotations.destructiveHint).toBe(name === 'forget');
  });
});
