import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSchema, type GraphQLUnionType, parse, print } from 'graphql';
import { describe, expect, test } from 'vitest';
import { patience } from './support/calibration.ts';
import { schemaTypes } from './support/schema-types-text.ts';

const file = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const printed = readFileSync(file('schema.graphql'), 'utf8');

test(
  'schema.graphql is what `npm run schema` prints',
  () => {
    const now = execFileSync(process.execPath, [file('src/main.ts'), 'schema'], { encoding: 'utf8' });
    expect(printed, 'run `npm run schema`').toBe(now);
  },
  patience(120_000),
);

test(
  'docs/possible-types.json is what `npm run schema` prints: of each interface and union, its types',
  () => {
    const args = [file('src/main.ts'), 'schema', '--possible-types'];
    const now = execFileSync(process.execPath, args, { encoding: 'utf8' });
    expect(readFileSync(file('docs/possible-types.json'), 'utf8'), 'run `npm run schema`').toBe(now);
    const types = buildSchema(printed);
    for (const [name, given] of Object.entries(JSON.parse(now) as Record<string, string[]>)) {
      const all = types.getPossibleTypes(types.getType(name) as GraphQLUnionType).map((type) => type.name);
      expect(given).toEqual(all.sort());
    }
  },
  patience(120_000),
);

test('answers are typed by the schema as it is', () => {
  const types = readFileSync(file('test/support/schema-types.d.ts'), 'utf8');
  expect(types === schemaTypes(), 'run `npm run schema`').toBe(true);
});

/** Lists that are no page and whose descriptions give no number, with what bounds them instead. */
const boundedOtherwise: Record<string, string> = {
  'ArchiveMemoriesPayload.memories': 'as many as the input names',
  'CorrectMemoryInput.embedding': 'as many numbers as viewer.embedding.dimension says',
  'CreateMemoriesPayload.contradictions': 'at most one for each memory of the input',
  'CreateMemoriesPayload.duplicateIds': 'at most as many as the input has',
  'CreateMemoriesPayload.memories': 'as many as the input has',
  'CreateMemoriesPayload.relations': 'as many as the input has',
  'CreateMemoryInput.embedding': 'as many numbers as viewer.embedding.dimension says',
  'CycleError.memories': 'the shortest way through CAUSES relations that somebody made',
  'Entity.aliases': 'as many as were merged into it by hand',
  'ForgetMemoriesPayload.forgottenIds': 'the versions of what the input names',
  'InvalidInputError.issues': 'a few for each item of the input',
  'NewMemory.embedding': 'as many numbers as viewer.embedding.dimension says',
  'NotFoundError.ids': 'at most as many as the input names',
  'RecallExplanation.cues': 'one for each cue that holds: RecallCue.name lists all there are',
  'RecallExplanation.spreadFrom': 'at most one for each word of the question',
  'RecallInput.embedding': 'as many numbers as viewer.embedding.dimension says',
  'ReinforceMemoriesPayload.memories': 'as many as the input names',
  'RestoreMemoriesPayload.memories': 'as many as the input names',
  'UpdateMemoryInput.embedding': 'as many numbers as viewer.embedding.dimension says',
  'Workspace.decayPolicies': 'one for each type of memory',
};

describe('every part of the schema', () => {
  const parts = [...partsOf(printed)];

  test('has a description', () => {
    expect(parts.filter(({ description }) => !description).map(({ coordinate }) => coordinate)).toEqual([]);
  });

  test('that is a list says how long it can be', () => {
    const enums = new Set(parts.filter(({ isEnum }) => isEnum).map(({ coordinate }) => coordinate));
    const endless = parts
      .filter(({ type, description }) => type?.includes('[') && !/\d/.test(description))
      // A list of enum values says nothing more by saying one twice.
      .filter(({ type }) => !enums.has(type?.replace(/[[\]!]/g, '') ?? ''))
      .map(({ coordinate }) => coordinate);
    expect(endless).toEqual(Object.keys(boundedOtherwise));
  });
});

describe('partsOf sees', () => {
  test('types, fields, arguments, input fields and enum values, with their descriptions', () => {
    const parts = [...partsOf('"A" type A { "b" b("c" c: [Int!]): String! } input D { e: ID } enum F { "g" G }')];
    expect(parts.map(({ coordinate, description }) => [coordinate, description])).toEqual([
      ['A', 'A'],
      ['A.b', 'b'],
      ['A.b(c:)', 'c'],
      ['D', ''],
      ['D.e', ''],
      ['F', ''],
      ['F.G', 'g'],
    ]);
  });
});

interface Part {
  coordinate: string;
  description: string;
  /** Of a field, argument or input field. */
  type?: string;
  isEnum?: boolean;
}

/** Everything in a schema that a client can see, in order. */
function* partsOf(text: string): Generator<Part> {
  for (const definition of parse(text).definitions) {
    if (!('name' in definition) || !definition.name || !('description' in definition)) continue;
    const owner = definition.name.value;
    const describe = (node: { description?: { value: string } | undefined }) => node.description?.value ?? '';
    yield { coordinate: owner, description: describe(definition), isEnum: 'values' in definition };
    if ('values' in definition) {
      for (const value of definition.values ?? []) {
        yield { coordinate: `${owner}.${value.name.value}`, description: describe(value) };
      }
    }
    if (!('fields' in definition)) continue;
    for (const field of definition.fields ?? []) {
      const coordinate = `${owner}.${field.name.value}`;
      yield { coordinate, description: describe(field), type: print(field.type) };
      for (const argument of ('arguments' in field && field.arguments) || []) {
        yield {
          coordinate: `${coordinate}(${argument.name.value}:)`,
          description: describe(argument),
          type: print(argument.type),
        };
      }
    }
  }
}
