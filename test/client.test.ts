import { beforeAll, expect, test } from 'vitest';
import { connect } from '../src/client/connect.ts';
import type { GraphQLDocument } from '../src/client/document.ts';
import type { Executes } from '../src/client/execute.ts';
import { OperationError } from '../src/client/operation-error.ts';
import { useServers } from './support/server.ts';

const openServer = useServers();
let client: Executes;
let url: string;
beforeAll(async () => {
  ({ url } = await openServer());
  client = connect({ url, key: 'none' });
});

const refused = async (running: Promise<unknown>): Promise<OperationError> => {
  const error = await running.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OperationError);
  return error as OperationError;
};

const CREATE = `mutation ($input: CreateMemoryInput!) { createMemory(input: $input) {
  ... on CreateMemoryPayload { memory { id content } }
  ... on InvalidInputError { issues { path message } } } }`;

test('data comes back as it was asked for', async () => {
  const input = { companion: { key: 'iris' }, type: 'FACT', content: 'Ann lives in Porto' };
  const data = await client.execute<{ createMemory: { memory: { content: string } } }>(CREATE, { input });
  expect(data.createMemory.memory.content).toBe('Ann lives in Porto');
});

test('a parsed document with its source will do, and one without is refused', async () => {
  const parsed: GraphQLDocument = Object.assign({ kind: 'Document' }, { loc: { source: { body: '{ __typename }' } } });
  expect(await client.execute(parsed)).toEqual({ __typename: 'Query' });
  await expect(client.execute(Object.assign({ kind: 'Document' }))).rejects.toThrow(TypeError);
});

test('an expected failure is thrown with its code and what was selected of it', async () => {
  const input = { companion: { key: 'iris' }, type: 'FACT', content: '' };
  const error = await refused(client.execute(CREATE, { input }));
  expect(error).toMatchObject({ code: 'INVALID_INPUT', path: ['createMemory'] });
  expect(error.details).toEqual({ issues: [{ path: ['input', 'content'], message: expect.any(String) }] });
});

test('an error of a field is thrown with its code, its path and the rest of the data', async () => {
  const error = await refused(client.execute('{ fine: __typename memory(id: "nonsense") { id } }'));
  expect(error).toMatchObject({ code: 'INVALID_INPUT', path: ['memory'], data: { fine: 'Query', memory: null } });
});

test('a refused request and an unknown field are thrown with their codes', async () => {
  expect((await refused(client.execute('{ nothingOfThisName }'))).code).toBe('GRAPHQL_VALIDATION_FAILED');
  const other = connect({
    url,
    fetch: (to, init) =>
      fetch(to, { ...init, headers: { ...(init.headers as object), 'x-test-credential': 'nobody' } }),
  });
  expect((await refused(other.execute('{ __typename }'))).code).toBe('UNAUTHENTICATED');
});

test('an answer that is not of GraphQL is thrown with its status', async () => {
  const error = await refused(connect({ url: url.replace('graphql', 'nowhere') }).execute('{ __typename }'));
  expect(error).toMatchObject({ code: 'UNAVAILABLE', details: { status: 404 } });
  for (const answer of [null, [], 'text', { message: 'Bad gateway' }]) {
    const odd = connect({ url, fetch: async () => Response.json(answer, { status: 502 }) });
    expect(await refused(odd.execute('{ __typename }'))).toMatchObject({ details: { status: 502 } });
  }
});
