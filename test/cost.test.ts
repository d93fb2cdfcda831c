import { getIntrospectionQuery, getOperationAST, parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { type Complexity, OperationCost } from '../src/graphql/cost/complexity.ts';
import { shapeOf } from '../src/graphql/cost/shape.ts';
import { schema } from '../src/graphql/schema.ts';

function read(text: string, operationName?: string) {
  const document = parse(text);
  expect(validate(schema, document)).toEqual([]);
  const operation = getOperationAST(document, operationName);
  if (!operation) throw new Error('no such operation');
  return new OperationCost(schema, document, operation);
}

const costOf = (text: string, variables = {}): Complexity => read(text).of(variables);
const complexityOf = (text: string, variables = {}): number => costOf(text, variables).complexity;

describe('a document costs the fields of its largest answer:', () => {
  test.each<[what: string, cost: number, text: string]>([
    ['10 a field of Query, 1 any other', 10 + 1 + 1, '{ viewer { workspace { name } } }'],
    ['20 items a page', 10 + 1 + 20 * 1, '{ memories { nodes { content } } }'],
    ['as many as first says', 10 + 1 + 3 * 2, '{ memories(first: 3) { nodes { id content } } }'],
    ['as many as last says', 10 + 1 + 7 * 1, '{ companions(last: 7) { nodes { key } } }'],
    [
      'edges as nodes, the page around them once',
      10 + (1 + 3 * (1 + 1 + 1)) + (1 + 1) + 1,
      '{ memories(first: 3) { edges { cursor node { id } } pageInfo { endCursor } totalCount } }',
    ],
    ['no items', 10 + 1, '{ memories(first: 0) { nodes { content } } }'],
    ['never more than a page holds', 10 + 1 + 100, '{ memories(first: 2000000000) { nodes { content } } }'],
    ['20 items where first is null', 10 + 1 + 20, '{ memories(first: null) { nodes { content } } }'],
    [
      'nested pages multiply',
      10 + 1 + 100 * (1 + 1 + 10 * (1 + 1 + 1 + 10 * (1 + 1))),
      `{ memories(first: 100) { nodes { relations(first: 10) { edges { neighbor {
        relations(first: 10) { edges { neighbor { content } } } } } } } } }`,
    ],
    ['a preset of the schema', 10 + 1 + 10 * 3, '{ memory(id: "a") { similar { similarity memory { __typename } } } }'],
    ['a list by its own first', 10 + 1 + 4 * 1, '{ memory(id: "a") { similar(first: 4) { similarity } } }'],
    ['as many as there are ids', 10 + 3 * 1, '{ nodes(ids: ["a", "b", "c"]) { id } }'],
    ['a list of fixed length', 10 + 1 + 1 + 5 * 2, '{ viewer { workspace { decayPolicies { type floor } } } }'],
    ['a list of plain values as one', 10 + 1, '{ viewer { scopes } }'],
    ['the name of a type', 10 + 1 + 1, '{ viewer { __typename } __typename }'],
  ])('%s: %i', (_what, cost, text) => {
    expect(complexityOf(text)).toBe(cost);
  });

  test('a mutation 100, its lists as long as what it is given', () => {
    const text = `mutation ($input: CreateMemoriesInput!) { createMemories(input: $input) {
      ... on CreateMemoriesPayload { memories { id content } relations { id } }
      ... on Error { code } } }`;
    const memory = { type: 'FACT', content: 'a' };
    const input = { companion: { key: 'a' }, memories: [memory, memory, memory], relations: [] };
    expect(complexityOf(text, { input })).toBe(100 + (1 + 3 * 2) + (1 + 3 * 1) + 1);
  });

  test('ids written into the document, or one in place of a list', () => {
    const archive = (ids: string) =>
      `mutation ($id: ID!) { archiveMemories(input: {ids: ${ids}}) { ... on ArchiveMemoriesPayload { memories { id } } } }`;
    expect(complexityOf(archive('["a", $id]'), { id: 'b' })).toBe(100 + 1 + 2);
    expect(complexityOf(archive('$id').replace('ID!', '[ID!]!'), { id: 'b' })).toBe(100 + 1 + 1);
  });
});

describe('variables', () => {
  const text =
    'query ($outer: Int = 5, $inner: Int) { memories(first: $outer) { nodes { entities(first: $inner) { nodes { name } } } } }';
  const expected = (outer: number, inner: number) => 10 + 1 + outer * (1 + 1 + inner * 1);

  test.each<[variables: object, outer: number, inner: number]>([
    [{}, 5, 20],
    [{ outer: 3, inner: 4 }, 3, 4],
    [{ outer: null, inner: null }, 20, 20],
    [{ outer: 0 }, 0, 20],
    // Not coerced yet: what will be refused must not break the counting.
    [{ outer: 'many', inner: -1 }, 20, 20],
    [{ outer: 1000, inner: {} }, 100, 20],
  ])('%j', (variables, outer, inner) => {
    expect(complexityOf(text, variables)).toBe(expected(outer, inner));
  });

  test('of one document are distinguished', () => {
    const cost = read(text);
    expect([cost.of({ outer: 1, inner: 1 }), cost.of({ outer: 2, inner: 2 })]).toMatchObject([
      { complexity: expected(1, 1) },
      { complexity: expected(2, 2) },
    ]);
  });

  test.each<[ask: boolean | undefined, cost: number]>([
    [true, 10 + 1 + 2 * (1 + 1)],
    [false, 10 + 1 + 2 * 1],
    [undefined, 10 + 1 + 2 * (1 + 1)],
  ])('@include(if: %s)', (ask, cost) => {
    const included =
      'query ($ask: Boolean! = true) { memories(first: 2) { nodes { id ... @include(if: $ask) { content } } } }';
    expect(complexityOf(included, { ask })).toBe(cost);
    const skipped = included.replace('@include', '@skip').replace('= true', '= false');
    expect(complexityOf(skipped, ask === undefined ? {} : { ask: !ask })).toBe(cost);
  });

  test('@skip of a whole list, written into the document', () => {
    expect(complexityOf('{ viewer { scopes } memories @skip(if: true) { nodes { id } } }')).toBe(10 + 1);
    expect(complexityOf('{ viewer { scopes } memories @include(if: true) { nodes { id } } }')).toBe(11 + 10 + 1 + 20);
  });
});

describe('fragments', () => {
  test('count wherever they are spread, by the page they stand in', () => {
    const text = `{ a: memories(first: 2) { ...Page } b: memories(first: 5) { ...Page ... on MemoryConnection { totalCount } } }
      fragment Page on MemoryConnection { nodes { ...Text } }
      fragment Text on Memory { id content }`;
    expect(complexityOf(text)).toBe(10 + 1 + 2 * 2 + (10 + 1 + 5 * 2 + 1));
  });

  test('of every type count', () => {
    expect(complexityOf('{ node(id: "a") { id ... on Memory { content } ... on Entity { name aliases } } }')).toBe(
      10 + 1 + 1 + 2,
    );
  });

  test('by the operation that is run', () => {
    const text = 'query A { viewer { scopes } } query B { memories { nodes { id } } }';
    expect(read(text, 'A').of({}).complexity).toBe(11);
    expect(read(text, 'B').of({}).complexity).toBe(31);
  });
});

test('the costliest field is the last that says how many, as long as it is more than half', () => {
  const text = `query ($first: Int) { viewer { scopes } memories(first: 10) { nodes { id entities(first: 2) { nodes { name } }
    more: relations(first: $first) { edges { neighbor { content } } } } } }`;
  expect(read(text).costliest({ first: 50 })).toEqual({ path: 'memories.nodes.more', cost: 10 * (1 + 1 + 50 * 2) });
  expect(read(text).costliest({ first: 1 })).toEqual({
    path: 'memories',
    cost: 10 + 1 + 10 * (1 + (1 + 1 + 2) + (1 + 1 + 2)),
  });
});

test('introspection has an account of its own', () => {
  expect(costOf(getIntrospectionQuery())).toEqual({ complexity: 0, introspection: 10_000 });
  expect(costOf('{ viewer { scopes } a: __type(name: "Memory") { name } b: __schema { description } }')).toEqual({
    complexity: 11,
    introspection: 20_000,
  });
});

describe('depth and breadth', () => {
  const shape = (depth: number, breadth: number, introspectionDepth = 0, introspectionBreadth = 0) => ({
    ...{ depth, breadth, introspectionDepth, introspectionBreadth },
    isCyclic: false,
  });

  test.each([
    ['fields', '{ viewer { workspace { name } scopes } }', shape(3, 4)],
    ['aliases', '{ a: __typename b: __typename c: __typename }', shape(1, 3)],
    ['an inline fragment is broader, not deeper', '{ ... on Query { viewer { scopes } } }', shape(2, 3)],
    ['so is one spread', '{ ...F ...F } fragment F on Query { viewer { scopes } }', shape(2, 6)],
    ['every operation counts', 'query A { a } query B { b { c } }', shape(2, 3)],
    ['a fragment that nobody spreads', '{ a } fragment F on Query { b { c } }', shape(2, 3)],
    ['introspection', '{ a __schema { types { name } } }', shape(1, 1, 3, 3)],
    [
      'introspection by fragments',
      '{ s: __schema { ...S } __type(name: "A") { b } } fragment S on __Schema { types { name } }',
      shape(0, 0, 3, 6),
    ],
  ])('%s', (_what, text, expected) => {
    expect(shapeOf(parse(text))).toEqual(expected);
  });

  test('each fragment is looked at once, so that 2^30 are no work', () => {
    const bomb = `{ ...F0 } ${Array.from({ length: 30 }, (_, n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`).join(' ')}
      fragment F30 on Query { __typename }`;
    expect(shapeOf(parse(bomb)).breadth).toBe(2 ** 30 + (2 ** 31 - 1));
  });

  test('a circle of fragments is found', () => {
    expect(shapeOf(parse('{ ...A } fragment A on Query { a ...B } fragment B on Query { ...A }')).isCyclic).toBe(true);
    expect(shapeOf(parse('{ a } fragment A on Query { ...A }')).isCyclic).toBe(true);
  });
});
