import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { openWorkspace } from '../src/domain/workspace/workspaces.ts';
import { type Principal, scopes } from '../src/graphql/core/context.ts';
import { type DocumentLimits, defaultLimits } from '../src/graphql/cost/limits.ts';
import { createService, type Listening, listen } from '../src/http/server.ts';
import { readConfig } from '../src/library/config.ts';
import { patience } from './support/calibration.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';

let database: Database & { statements: string[] };
let principal: Principal;
const running: Listening[] = [];
let url: string;

/** A server of its own on the file's database. */
async function start(limits?: Partial<DocumentLimits>): Promise<string> {
  const service = createService({
    database,
    authenticate: () => principal,
    embeddings: await localEmbeddings(),
    graphiql: false,
    ...(limits && { limits: { ...defaultLimits, ...limits } }),
    log: (text) => expect.fail(text),
  });
  const listening = await listen(service, 0);
  running.push(listening);
  return listening.url;
}

beforeAll(async () => {
  database = recordStatements(await openTestDatabase());
  const { workspaceId } = await openWorkspace(database, 'acme', 'operator', (await localEmbeddings()).model);
  principal = { workspaceId, credential: 'tester', actor: 'tester', scopes: new Set(scopes) };
  url = await start();
});
afterAll(async () => {
  for (const { stop } of running) await stop();
  await database.close();
});

interface Reply {
  status: number;
  data?: unknown;
  errors?: { message: string; extensions: Record<string, unknown> }[];
}

async function send(query: string, variables: object = {}, { to = url, accept = 'application/json' } = {}) {
  const response = await fetch(to, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, ...((await response.json()) as object) } as Reply;
}

const times = (n: number, part: (index: number) => string) =>
  Array.from({ length: n }, (_, index) => part(index)).join(' ');
const nested = (levels: number) =>
  `{ memories { ${'nodes { companion { memories { '.repeat(levels)}totalCount${' } } }'.repeat(levels)} } }`;
const bomb = (levels: number) =>
  `{ ...F0 } ${times(levels, (n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`)} fragment F${levels} on Query { viewer { scopes } }`;
const BIG = `{ memories(first: 100) { nodes { relations(first: 100) { edges { neighbor {
  relations(first: 100) { edges { neighbor { content importance } } } } } } } } }`;

/** What must be refused, and what the refusal says. */
const refused: Record<string, { document: string; measure: string; message: RegExp; limit: number; given?: number }> = {
  'a cost of ten times the limit': {
    document: BIG,
    measure: 'complexity',
    message:
      /^This document costs 3,030,211, .* at most 250,000 is allowed\. The costliest field is memories\.nodes\.relations\.edges\.neighbor\.relations, 3,020,000 of it: ask for fewer items/,
    limit: 250_000,
    given: 10 + 1 + 100 * (1 + 1 + 100 * (1 + 1 + 1 + 100 * 3)),
  },
  'a thousand aliases': {
    document: `{ ${times(1000, (n) => `a${n}: __typename`)} }`,
    measure: 'breadth',
    message: /^This document selects 1,000 fields .* at most 500 are allowed/,
    limit: 500,
    given: 1000,
  },
  'a thousand aliased mutations': {
    document: `mutation { ${times(1000, (n) => `a${n}: upsertUser(input: {externalId: "u"}) { __typename }`)} }`,
    measure: 'tokens',
    message: /more than 10,000 tokens/,
    limit: 10_000,
  },
  '50 levels': {
    document: nested(16).replace('totalCount', 'nodes { content }'),
    measure: 'depth',
    message:
      /^This document nests 51 fields in each other, along memories\.nodes\.companion\..*…: at most 30 are allowed/,
    limit: 30,
    given: 51,
  },
  'a fragment bomb': {
    document: bomb(30),
    measure: 'breadth',
    message: /^This document selects 4,294,967,295 fields .*, most of them in \.\.\.F0: at most 500 are allowed/,
    limit: 500,
    // Two fields at each of the 2^30 ends, and a spread for each way to a fragment.
    given: 2 * 2 ** 30 + (2 ** 31 - 1),
  },
  'a bomb of 600 fragments that spread the next thrice': {
    document: `{ ...F0 } ${times(600, (n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} ...F${n + 1} }`)} fragment F600 on Query { a }`,
    measure: 'breadth',
    message: /selects more than 9,007,199,254,740,991 fields .* in \.\.\.F0: at most 500/,
    limit: 500,
    given: Number.MAX_SAFE_INTEGER,
  },
  'inline fragments nested 490 times, in a fragment and again': {
    document: `{ ${'... { '.repeat(490)}...F${' }'.repeat(490)} } fragment F on Query { ${'... { '.repeat(490)}a${' }'.repeat(490)} }`,
    measure: 'breadth',
    message: /selects 982 fields and fragments, counting a fragment each time it is used: at most 500/,
    limit: 500,
    given: 982,
  },
  'inline fragments nested 600 times': {
    document: `{ ${'... { '.repeat(600)}__typename${' }'.repeat(600)} }`,
    measure: 'depth',
    message: /nested too deeply: at most/,
    limit: 30,
  },
  'the same field a thousand times, whose merging would be compared pair by pair': {
    document: `{ ${times(1000, () => 'memories { nodes { id } }')} }`,
    measure: 'breadth',
    message: /selects 3,000 fields/,
    limit: 500,
    given: 3000,
  },
  'introspection a hundred times': {
    document: `{ ${times(100, (n) => `a${n}: __schema { description }`)} }`,
    measure: 'complexity',
    message: /costs 1,000,000 of introspection/,
    limit: 250_000,
    given: 1_000_000,
  },
  'introspection without end': {
    document: `{ __schema { types { ${'ofType { '.repeat(48)}name${' }'.repeat(48)} } } }`,
    measure: 'depth',
    message: /nests 51 fields in each other, along __schema\.types\.ofType/,
    limit: 30,
    given: 51,
  },
  '100,000 tokens': {
    document: `{ ${'a '.repeat(100_000)} }`,
    measure: 'tokens',
    message: /^This document has more than 10,000 tokens .* send values as variables/,
    limit: 10_000,
  },
  'values nested 4,500 times': {
    document: `{ nodes(ids: ${'['.repeat(4_500)}${']'.repeat(4_500)}) { id } }`,
    measure: 'depth',
    message: /nested too deeply: at most/,
    limit: 30,
  },
};

/**
 * The time is that of this thread, client and server: what else the machine does, or the database's thread, is not
 * counted. Garbage of the tests before is collected first; the median of seven counts.
 */
describe('is refused before any of it runs, in less than 50 ms:', () => {
  test.each(Object.entries(refused))('%s', async (_what, { document, measure, message, limit, given }) => {
    await send('{ viewer { workspace { name } } }');
    const before = database.statements.length;
    const taken: number[] = [];
    for (let run = 0; run < 7; run++) {
      globalThis.gc?.();
      const begun = process.threadCpuUsage();
      // Each a document that has not been seen before.
      const { status, data, errors } = await send(`# ${run}\n${document}`);
      const { user, system } = process.threadCpuUsage(begun);
      taken.push((user + system) / 1000);
      expect({ status, data, count: errors?.length }).toEqual({ status: 200, data: undefined, count: 1 });
      expect(errors?.[0]?.message).toMatch(message);
      const expected = { code: 'LIMIT_EXCEEDED', measure, limit, ...(given !== undefined && { given }) };
      expect(errors?.[0]?.extensions).toMatchObject(expected);
    }
    expect(database.statements.slice(before)).toEqual([]);
    expect(taken.sort((a, b) => a - b)[3], `milliseconds: ${taken.map(Math.round)}`).toBeLessThan(patience(50));
  });

  test('twenty things that are wrong with a document are told, and that there are more', async () => {
    const { errors } = await send(`{ ${times(100, (n) => `wrong${n}`)} }`);
    expect(errors?.length).toBe(21);
    expect(errors?.at(-1)?.message).toMatch(/^Too many validation errors/);
  });

  test('with status 400 where the client takes application/graphql-response+json', async () => {
    for (const { document } of Object.values(refused)) {
      const { status, errors } = await send(document, {}, { accept: 'application/graphql-response+json' });
      expect([status, errors?.[0]?.extensions.code, errors?.[0]?.extensions.http]).toEqual([
        400,
        'LIMIT_EXCEEDED',
        undefined,
      ]);
    }
  });
});

describe('the limits are met to the one:', () => {
  test('complexity, by the variables of the request', async () => {
    const to = await start({ complexity: 10 + 1 + 30 * 2 });
    const document = 'query ($first: Int) { memories(first: $first) { nodes { id content } } }';
    for (const [first, isAllowed] of [
      [30, true],
      [31, false],
      [1, true],
      [100, false],
      [null, true],
    ] as const) {
      const { errors } = await send(document, { first }, { to });
      expect(errors?.[0]?.extensions.code, `${first}`).toBe(isAllowed ? undefined : 'LIMIT_EXCEEDED');
    }
    const { errors } = await send(document, { first: 31 }, { to });
    expect(errors).toEqual([
      {
        message:
          'This document costs 73, the number of fields of the largest possible answer: at most 71 is allowed. The costliest field is memories, 73 of it: ask for fewer items (first, last) or levels there.',
        extensions: { code: 'LIMIT_EXCEEDED', measure: 'complexity', limit: 71, given: 73, field: 'memories' },
      },
    ]);
  });

  test.each<[limits: Partial<DocumentLimits>, allowed: string, over: string]>([
    [{ depth: 3 }, '{ viewer { workspace { name } } }', '{ viewer { workspace { decayPolicies { type } } } }'],
    [
      { breadth: 4 },
      '{ ...F } fragment F on Query { viewer { workspace { name } } }',
      '{ viewer { scopes workspace { id name } } }',
    ],
    [{ tokens: 6 }, '{ viewer { __typename } }', '{ viewer { __typename scopes } }'],
  ])('%j', async (limits, allowed, over) => {
    const to = await start(limits);
    expect((await send(allowed, {}, { to })).errors).toBeUndefined();
    const [measure, limit] = Object.entries(limits)[0] as [string, number];
    expect((await send(over, {}, { to })).errors).toMatchObject([
      { extensions: { code: 'LIMIT_EXCEEDED', measure, limit } },
    ]);
  });

  test('a page of 100, of 10, of 10 is within the defaults, and what a resolver refuses it still does', async () => {
    expect(
      (await send(BIG.replaceAll('100)', '10)').replace('memories(first: 10)', 'memories(first: 100)'))).errors,
    ).toBeUndefined();
    expect((await send('{ memories(first: 2000000) { nodes { id } } }')).errors?.[0]?.message).toBe(
      'Items of a page (first): at most 100, given 2000000.',
    );
  });

  test('introspection is possible with any limits', async () => {
    const to = await start({ complexity: 1, depth: 1, breadth: 1 });
    const document = getIntrospectionQuery({
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    const { errors, data } = await send(document, {}, { to });
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({ __schema: { queryType: { name: 'Query' } } });
    const { errors: others } = await send('{ __schema { types { name } } viewer { scopes } }', {}, { to });
    expect(others?.[0]?.extensions).toMatchObject({ measure: 'depth', limit: 1, given: 2 });
  });
});

describe('fragments in a circle are an error of validation, however many', () => {
  test.each([1, 2, 130])('%i', async (count) => {
    const circle = times(count, (n) => `fragment F${n} on Query { ...F${(n + 1) % count} }`);
    const { errors } = await send(`{ ...F0 } ${circle}`);
    expect(errors?.[0]?.message).toMatch(/^Cannot spread fragment "F0" within itself/);
    expect(errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  });
});

test('the environment sets the limits', () => {
  expect(readConfig({}).limits).toEqual(defaultLimits);
  const env = { LIMIT_COMPLEXITY: '5', LIMIT_DEPTH: '6', LIMIT_BREADTH: '7', LIMIT_TOKENS: '8' };
  expect(readConfig(env).limits).toEqual({ complexity: 5, depth: 6, breadth: 7, tokens: 8 });
  for (const name of Object.keys(env)) expect(() => readConfig({ [name]: '0' })).toThrow(name);
});
