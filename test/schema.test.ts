import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, print } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

/** What a small frontend asks for: pages that grow, fragments that are read again by id, lists that mutations change. */
const documents = [
  `query graphQuery($id: ID!) {
    node(id: $id) { ...graph_memory @alias(as: "memory") }
    companion(by: { key: "iris" }) { ...graph_companion }
    ...graph_newest
    ...graph_entities
  }`,
  `fragment graph_memory on Memory
    @refetchable(queryName: "graphMemoryPage")
    @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" }) {
    content status importance
    relations(first: $count, after: $cursor, types: [CAUSES]) @connection(key: "graph_memory_relations") {
      edges { direction neighbor { id content } node { type strength } }
    }
  }`,
  `fragment graph_companion on Companion
    @refetchable(queryName: "graphCompanionPage")
    @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" }) {
    name
    memories(last: $count, before: $cursor, filter: { types: [FACT] }) @connection(key: "graph_companion_memories") {
      totalCount
      edges { node { id content } }
    }
  }`,
  `fragment graph_newest on Query
    @refetchable(queryName: "graphNewestPage")
    @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" }) {
    memories(first: $count, after: $cursor, orderBy: { field: RECORDED_AT }) @connection(key: "graph_newest_memories") {
      edges { node { id user { externalId } } }
    }
  }`,
  `fragment graph_entities on Query
    @refetchable(queryName: "graphEntitiesPage")
    @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" }) {
    entities(first: $count, after: $cursor) @connection(key: "graph_entities_entities") {
      edges { node { id name memories(first: 3) { nodes { id } } } }
    }
  }`,
  `mutation graphCreateMutation($input: CreateMemoryInput!, $connections: [ID!]!) {
    createMemory(input: $input) {
      ... on Error { message code }
      ... on CreateMemoryPayload {
        memory @appendNode(connections: $connections, edgeTypeName: "MemoryEdge") { id content }
      }
    }
  }`,
  `mutation graphForgetMutation($input: ForgetMemoriesInput!, $connections: [ID!]!) {
    forgetMemories(input: $input) {
      ... on ForgetMemoriesPayload { forgottenIds @deleteEdge(connections: $connections) }
    }
  }`,
];

/** The compiler's program for this platform, or null. */
const relayCompiler = createRequire(import.meta.url)('relay-compiler') as string | null;

describe.skipIf(relayCompiler === null)('relay-compiler', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'palimpsest-relay-'));
    mkdirSync(join(folder, 'src/__generated__'), { recursive: true });
    const settings = { src: 'src', schema: 'schema.graphql', language: 'typescript' };
    writeFileSync(join(folder, 'relay.config.json'), JSON.stringify(settings));
    writeFileSync(join(folder, 'src/graph.ts'), documents.map((text) => `graphql\`${text}\`;`).join('\n'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Compiles the documents of a small frontend against a schema. */
  function compile(schema: string) {
    writeFileSync(join(folder, 'schema.graphql'), schema);
    const { status, stdout, stderr } = spawnSync(relayCompiler as string, ['relay.config.json'], {
      cwd: folder,
      encoding: 'utf8',
    });
    return { status, said: stdout + stderr };
  }

  test('accepts connections, refetchable fragments and edges changed by mutations', () => {
    const { status, said } = compile(printed);
    expect(status, said).toBe(0);
    expect(readdirSync(join(folder, 'src/__generated__'))).toContain('graphMemoryPage.graphql.ts');
  });

  test.each([
    ["expose a 'pageInfo { endCursor }'", 'endCursor: String', 'lastCursor: String'],
    ["('Memory') can never occur for parent type 'Node'", 'type Memory implements Node', 'type Memory'],
  ])('would miss what it needs: %s', (message, from, to) => {
    expect(printed).toContain(from);
    const { status, said } = compile(printed.replace(from, to));
    expect(status).toBe(1);
    expect(said).toContain(message);
  });
});
