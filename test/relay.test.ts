import { readFileSync } from 'node:fs';
import { buildSchema, type GraphQLSchema, isInterfaceType, isObjectType, parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';

const file = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const printed = file('../schema.graphql');
const operations = parse(file('relay.graphql'));

/** What would keep a Relay frontend from working: sentences. */
function relayIssues(schemaText: string): string[] {
  const schema = buildSchema(schemaText);
  return [...validate(schema, operations).map(({ message }) => message), ...issuesOfTypes(schema)];
}

/** What Relay's compiler asks of types, beside the fields that it selects. */
function issuesOfTypes(schema: GraphQLSchema): string[] {
  const found: string[] = [];
  const expectType = (coordinate: string, pattern: RegExp) => {
    const type = typeAt(schema, coordinate);
    if (!pattern.test(type)) found.push(`${coordinate} is ${type || 'missing'}, not ${pattern.source}`);
  };
  expectType('Query.node', /^Node$/);
  expectType('Query.node(id:)', /^ID!$/);
  expectType('Node.id', /^ID!$/);
  for (const field of ['startCursor', 'endCursor']) expectType(`PageInfo.${field}`, /^String!?$/);
  for (const field of ['hasPreviousPage', 'hasNextPage']) expectType(`PageInfo.${field}`, /^Boolean!?$/);
  const connections = Object.keys(schema.getTypeMap()).filter((name) => name.endsWith('Connection'));
  for (const connection of connections) {
    const edge = connection.replace(/Connection$/, 'Edge');
    expectType(`${connection}.edges`, new RegExp(`^\\[${edge}!?\\]!?$`));
    expectType(`${connection}.pageInfo`, /^PageInfo!?$/);
    expectType(`${edge}.cursor`, /^String!?$/);
    expectType(`${edge}.node`, /^[A-Z]\w*!?$/);
  }
  // What is appended is an edge's node; what is deleted is found by ids.
  const node = typeAt(schema, 'MemoryEdge.node').replace('!', '');
  expectType('CreateMemoryPayload.memory', new RegExp(`^${node}!?$`));
  expectType('ForgetMemoriesPayload.forgottenIds', /^\[ID!?\]!?$/);
  return found;
}

/** The type of `Type.field` or `Type.field(argument:)`, or an empty text. */
function typeAt(schema: GraphQLSchema, coordinate: string): string {
  const [, owner = '', name = '', argument] = /^(\w+)\.(\w+)(?:\((\w+):\))?$/.exec(coordinate) ?? [];
  const type = schema.getType(owner);
  const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
  const found = argument ? field?.args.find((each) => each.name === argument) : field;
  return found ? String(found.type) : '';
}

describe('a Relay frontend', () => {
  test('finds what it needs: connections, refetchable fragments and edges changed by mutations', () => {
    expect(relayIssues(printed)).toEqual([]);
  });

  test.each([
    ['Cannot query field "endCursor" on type "PageInfo"', 'endCursor: String', 'lastCursor: String'],
    ['PageInfo.endCursor is Int', 'endCursor: String', 'endCursor: Int'],
    ['Cannot query field "hasPreviousPage"', 'hasPreviousPage: Boolean!', 'hasEarlier: Boolean!'],
    ['objects of type "Node" can never be of type "Memory"', 'type Memory implements Node', 'type Memory'],
    ['Query.node(id:) is String!', /node\((\s+"""[^"]+""")?\s+id: ID!/, 'node(id: String!'],
    [
      'ForgetMemoriesPayload.forgottenIds is [String!]!',
      /(?<=type ForgetMemoriesPayload \{[^}]*)forgottenIds: \[ID!\]!/,
      'forgottenIds: [String!]!',
    ],
    ['MemoryConnection.edges is [MemoryRelationEdge!]!', 'edges: [MemoryEdge!]!', 'edges: [MemoryRelationEdge!]!'],
  ])('would miss it: %s', (message, from, to) => {
    const changed = printed.replace(from, to);
    expect(changed).not.toBe(printed);
    expect(relayIssues(changed).join('\n')).toContain(message);
  });
});
