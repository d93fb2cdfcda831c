import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type DefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  parse,
  print,
  printSchema,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { schema } from '../src/graphql/schema.ts';

/** What the contract names and the schema does not have yet. A type that is missing stands for all it holds. */
const notBuilt: string[] = [];

const contract = readFileSync(new URL('contract.graphql', import.meta.url), 'utf8');

test('the contract is a valid schema', () => {
  expect(Object.keys(buildSchema(contract).getMutationType()?.getFields() ?? {})).toContain('createMemory');
});

test('the schema is the contract and more, but for what is not built', () => {
  const missing = notBuilt.map((coordinate) => `${coordinate} is missing`);
  expect(compareSchemas(contract, printSchema(schema))).toEqual(missing);
});

describe('compareSchemas says', () => {
  const small = `
    interface Node { id: ID! }
    type Memory implements Node { id: ID! content: String! similar(first: Int! = 10, at: String): [Memory!]! }
    input Ref @oneOf { id: ID key: String }
    input Filter { statuses: [Status!]! = [ACTIVE, DISPUTED] text: String }
    enum Status { ACTIVE DISPUTED }
    union Result = Memory | Failure
    type Failure { code: String! }
    scalar Moment`;

  const more: [what: string, from: string, to: string][] = [
    ['another type', 'scalar Moment', 'scalar Moment scalar Colour'],
    ['another field', 'content: String!', 'content: String! colour: String'],
    ['another argument, optional', 'at: String', 'at: String minimum: Float'],
    ['another argument with a default', 'at: String', 'at: String minimum: Float! = 0'],
    ['another input field, optional', 'text: String', 'text: String slot: String'],
    ['another value of an enum', 'enum Status { ACTIVE', 'enum Status { ACTIVE ENDED'],
    ['another member of a union', '= Memory |', '= Memory | Other |'],
    ['another interface', 'Memory implements Node', 'Memory implements Node & Other'],
    ['another order', 'ACTIVE DISPUTED', 'DISPUTED ACTIVE'],
  ];
  test.each(more)('nothing of %s', (_what, from, to) => {
    expect(small).toContain(from);
    expect(compareSchemas(small, small.replace(from, to))).toEqual([]);
  });

  const broken: [said: string, from: string, to: string][] = [
    ['Moment is missing', 'scalar Moment', ''],
    ['Moment is an enum, not a scalar', 'scalar Moment', 'enum Moment { NOW }'],
    ['Memory.content is missing', 'content: String!', ''],
    ['Memory.content is String, not String!', 'content: String!', 'content: String'],
    ['Memory.similar is [Memory]!, not [Memory!]!', '[Memory!]!', '[Memory]!'],
    ['Memory.similar(at:) is missing', ', at: String', ''],
    ['Memory.similar(at:) is String!, not String', 'at: String', 'at: String!'],
    ['Memory.similar(first:) is Int, not Int!', 'first: Int! = 10', 'first: Int = 10'],
    ['Memory.similar(first:) defaults to 20, not 10', '= 10', '= 20'],
    ['Memory.similar(first:) defaults to nothing, not 10', 'Int! = 10', 'Int!'],
    ['Memory.similar(at:) defaults to "now", not nothing', 'at: String', 'at: String = "now"'],
    ['Memory.similar(new:) is required, and not of the contract', 'at: String', 'at: String new: Int!'],
    ['Filter.statuses defaults to [ACTIVE], not [ACTIVE, DISPUTED]', '= [ACTIVE, DISPUTED]', '= [ACTIVE]'],
    ['Filter.text is missing', 'text: String', ''],
    ['Filter.new is required, and not of the contract', 'text: String', 'text: String new: Int!'],
    ['Memory implements Node is missing', 'Memory implements Node', 'Memory'],
    ['Ref @oneOf is missing', '@oneOf', ''],
    ['Filter @oneOf is not of the contract', 'input Filter', 'input Filter @oneOf'],
    ['Status.DISPUTED is missing', 'ACTIVE DISPUTED', 'ACTIVE'],
    ['Result.Failure is missing', '= Memory | Failure', '= Memory'],
  ];
  test.each(broken)('%s', (said, from, to) => {
    expect(small).toContain(from);
    expect(compareSchemas(small, small.replace(from, to))).toEqual([said]);
  });
});

/**
 * What in `built` breaks `contract`, both in the schema language: a sentence each, sorted, beginning with the schema
 * coordinate. graphql's own findBreakingChanges looks at neither @oneOf nor the defaults, and takes a stricter type
 * for the same.
 */
function compareSchemas(contract: string, built: string): string[] {
  const [agreed, actual] = [membersOf(contract), membersOf(built)];
  const said: string[] = [];
  for (const [coordinate, { type, value, owner }] of agreed) {
    const found = actual.get(coordinate);
    if (!found) {
      if (!owner || actual.has(owner)) said.push(`${coordinate} is missing`);
      continue;
    }
    if (found.type !== type) said.push(`${coordinate} is ${found.type}, not ${type}`);
    if (found.value !== value) said.push(`${coordinate} defaults to ${found.value}, not ${value}`);
  }
  for (const [coordinate, { owner, isRequired }] of actual) {
    if (isRequired && owner && agreed.has(owner) && !agreed.has(coordinate)) {
      said.push(`${coordinate} is ${coordinate.endsWith('@oneOf') ? '' : 'required, and '}not of the contract`);
    }
  }
  return said.sort();
}

interface Member {
  /** The type of a field, argument or input field; the kind of a definition. */
  type: string;
  /** The default value. */
  value: string;
  /** The coordinate of what it belongs to. */
  owner?: string;
  /** A caller must give it. */
  isRequired?: boolean;
}

/** Everything a schema has that a client can come to rely on, by its coordinate. */
function membersOf(text: string): Map<string, Member> {
  return new Map(parse(text).definitions.flatMap((definition) => [...members(definition)]));
}

const kinds: Record<string, string> = {
  [Kind.SCALAR_TYPE_DEFINITION]: 'a scalar',
  [Kind.OBJECT_TYPE_DEFINITION]: 'an object',
  [Kind.INTERFACE_TYPE_DEFINITION]: 'an interface',
  [Kind.UNION_TYPE_DEFINITION]: 'a union',
  [Kind.ENUM_TYPE_DEFINITION]: 'an enum',
  [Kind.INPUT_OBJECT_TYPE_DEFINITION]: 'an input',
};

function* members(definition: DefinitionNode): Generator<[coordinate: string, Member]> {
  const type = kinds[definition.kind];
  if (!type || !('name' in definition) || !definition.name) return;
  const owner = definition.name.value;
  const plain = { type: '', value: 'nothing', owner };
  yield [owner, { type, value: 'nothing' }];
  if ('interfaces' in definition) {
    for (const { name } of definition.interfaces ?? []) yield [`${owner} implements ${name.value}`, plain];
  }
  if ('types' in definition) for (const { name } of definition.types ?? []) yield [`${owner}.${name.value}`, plain];
  if ('values' in definition) for (const { name } of definition.values ?? []) yield [`${owner}.${name.value}`, plain];
  if (definition.directives?.some(({ name }) => name.value === 'oneOf')) {
    yield [`${owner} @oneOf`, { ...plain, isRequired: true }];
  }
  if (!('fields' in definition)) return;
  for (const field of definition.fields ?? []) {
    const coordinate = `${owner}.${field.name.value}`;
    if (field.kind === Kind.INPUT_VALUE_DEFINITION) {
      yield [coordinate, input(field, owner)];
      continue;
    }
    yield [coordinate, { ...plain, type: print(field.type) }];
    for (const argument of field.arguments ?? []) {
      yield [`${coordinate}(${argument.name.value}:)`, input(argument, coordinate)];
    }
  }
}

function input({ type, defaultValue }: InputValueDefinitionNode, owner: string): Member {
  const isRequired = type.kind === Kind.NON_NULL_TYPE && !defaultValue;
  return { type: print(type), value: defaultValue ? print(defaultValue) : 'nothing', owner, isRequired };
}
