import { buildSchema, type GraphQLObjectType, getOperationAST, parse } from 'graphql';
import { expect, test } from 'vitest';
import { coerceInTurns, Uncoercible } from '../src/graphql/core/coerce-in-turns.ts';
import { useService } from './support/service.ts';

const service = useService();
const schema = buildSchema(`
  type Query { found(of: [Part!]!, one: One, plain: String): Boolean }
  input Part { name: String!, numbers: [Float!], inner: [Part!], unit: String = "m" }
  input One @oneOf { a: [Int!], b: String }
`);
const document = parse(
  'query ($of: [Part!]!, $one: One, $plain: String, $left: Int = 3) { found(of: $of, one: $one, plain: $plain) }',
);
const operation = getOperationAST(document) as never;
const part = (name: string) => ({ name, numbers: Array.from({ length: 30 }, (_, at) => at / 3) });
const parts = Array.from({ length: 40 }, (_, at) => part(`part ${at}`));
const coerced = (variableValues: Record<string, unknown>) =>
  coerceInTurns({ schema, document, variableValues }, operation);

test('values are as the executor would coerce them, defaults included', async () => {
  const { variableValues, ...rest } = await coerced({ of: parts, one: { a: Array(50).fill(1) }, plain: 'text' });
  expect(variableValues).toEqual({
    of: parts.map((one) => ({ ...one, unit: 'm' })),
    one: { a: Array(50).fill(1) },
    plain: 'text',
  });
  const [definition] = getOperationAST(rest.document)?.variableDefinitions ?? [];
  expect(definition?.type).toMatchObject({ name: { value: 'Coerced' } });
  expect(rest.schema.getType('Coerced')).toBeDefined();
  expect((rest.schema.getType('Query') as GraphQLObjectType).name).toBe('Query');
  expect(schema.getType('Coerced')).toBeUndefined();
});

const wrongAt = (at: number, wrong: object) => parts.map((one, index) => (index === at ? { ...one, ...wrong } : one));

test.each([
  [
    { of: wrongAt(7, { numbers: [...Array(30).fill(1), 'x'] }) },
    '$of" got an invalid value at "of.7.numbers.30"; Float cannot represent',
  ],
  [
    { of: wrongAt(8, { name: undefined }) },
    '$of" got an invalid value at "of.8"; Expected value of type "Part" to include required field',
  ],
  [
    { of: wrongAt(9, { other: [...Array(30)] }) },
    '$of" got an invalid value at "of.9"; Expected value of type "Part" not to include',
  ],
  [{ of: parts, one: { a: Array(30).fill(1), b: 'x' } }, '$one" got an invalid value at "one"; Within OneOf'],
  [{ of: [...parts, null] }, '$of" got an invalid value at "of.40"; Expected value of non-null type "Part!"'],
  [{ of: [], one: [{ b: 'x' }] }, '$one" got an invalid value at "one"; Expected value of type "One" to be an object'],
])('what is wrong is told with its place: %#', async (values, message) => {
  const error = await coerced(values).then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(Uncoercible);
  expect(error.errors.map((one: Error) => one.message).join('\n')).toContain(message);
});

const CREATE = `mutation ($memories: [NewMemory!]!, $key: String!) {
  createMemories(input: {companion: {key: $key}, memories: $memories}) {
    ... on CreateMemoriesPayload { memories { content entities { nodes { name } } } }
  }
}`;

test('a large request is answered as a small one, with variables within an input too', async () => {
  const memories = (count: number) =>
    Array.from({ length: count }, (_, at) => ({
      type: 'FACT',
      content: `large ${at}`,
      entities: Array.from({ length: 20 }, (_, place) => ({ name: `of ${place}`, type: 'thing' })),
    }));
  const ask = async (count: number, key: string) =>
    (await service.run(CREATE, { memories: memories(count), key })).createMemories as {
      memories: { content: string }[];
    };
  const large = await ask(150, 'large');
  expect(large.memories.map(({ content }) => content)).toEqual(memories(150).map(({ content }) => content));
  expect(large.memories.slice(0, 3)).toEqual((await ask(3, 'small')).memories);
});

test('a large request with a wrong value is INVALID_INPUT, and nothing is made', async () => {
  const memories = Array.from({ length: 900 }, (_, at) => ({
    type: 'FACT',
    content: at === 700 ? 7 : `wrong ${at}`,
    context: { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 },
  }));
  const { data, errors } = await service.sendUntyped(CREATE, { memories, key: 'wrong' });
  expect(data).toBeFalsy();
  expect(errors).toEqual([
    {
      message:
        'Variable "$memories" got an invalid value at "memories.700.content"; String cannot represent a non string value: 7',
      locations: [{ line: 1, column: 11 }],
      extensions: { code: 'INVALID_INPUT' },
    },
  ]);
  expect((await service.run('{ companion(by: {key: "wrong"}) { id } }')).companion).toBeNull();
});
