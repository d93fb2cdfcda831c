import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { createLogger } from '../src/http/telemetry/logger.ts';
import { describeError } from '../src/kernel/describe-error.ts';
import { openTestDatabase } from './support/database.ts';
import { CREATE, MARKER, openTold, refuseSomeMemories, type Told, whisper } from './support/telemetry.ts';

let database: Database;
let told: Told;
beforeAll(async () => {
  database = await openTestDatabase();
  await refuseSomeMemories(database);
  told = await openTold(database, { LOG_LEVEL: 'debug' });
});
afterAll(async () => {
  await told.telemetry.stop();
  await database.close();
});
beforeEach(() => void told.logged());

const memory = (content: string) => ({ input: { companion: { key: 'iris' }, content, type: 'FACT' } });

describe('a request is one line, which', () => {
  test('says who asked what, how it went and what it took', async () => {
    const response = await told.post(
      { query: 'query Latest { memories(first: 2) { totalCount } }' },
      { 'x-test-workspace': 'globex', 'x-cost': '1' },
    );
    const { extensions } = (await response.json()) as { extensions: { cost: Record<string, number> } };
    expect(told.logged()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        message: 'request',
        requestId: response.headers.get('x-request-id'),
        route: 'graphql',
        operationName: 'Latest',
        operationType: 'query',
        credentialId: 'key of globex',
        workspaceId: (await told.tenant('globex')).workspaceId,
        status: 200,
        complexity: extensions.cost.complexity,
        statements: extensions.cost.statements,
        durationMs: expect.any(Number),
      },
    ]);
    expect(extensions.cost.statements).toBeGreaterThan(1);
  });

  test('counts the statements of each of two requests at a time', async () => {
    const [one, other] = [
      '{ memories { totalCount } }',
      '{ memories { totalCount nodes { relations { totalCount } } } }',
    ];
    const alone = [];
    await told.send(CREATE, memory('Maya lives in Roda'));
    told.logged();
    for (const query of [one, other]) {
      await told.send(query as string);
      alone.push(told.logged()[0]?.statements);
    }
    expect(new Set(alone).size).toBe(2);
    await Promise.all([one, other].map((query) => told.send(query as string)));
    expect(
      told
        .logged()
        .map(({ statements }) => statements)
        .sort(),
    ).toEqual([...alone].sort());
  });

  test.each([
    ['3f1b-77.a:b', true],
    [`a${'b'.repeat(127)}`, true],
    [`a${'b'.repeat(128)}`, false],
    ['two words', false],
    ['{"a":1}', false],
  ])('goes by the request’s own id where that is sane: %s', async (given, isTaken) => {
    const response = await told.post({ query: '{ __typename }' }, { 'x-request-id': given });
    const id = response.headers.get('x-request-id');
    expect(id === given).toBe(isTaken);
    expect(id).toMatch(isTaken ? /./ : /^[\da-f-]{36}$/);
    expect(told.logged()).toMatchObject([{ requestId: id }]);
  });

  test('names the codes of errors and of expected failures', async () => {
    await told.send('mutation Forget { forgetMemories(input: {ids: ["x"]}) { __typename } }');
    await told.send('query Unknown { nobody }');
    await told.send('query Unread {');
    await told.send(CREATE, memory('This is refused'), { 'x-test-scopes': 'READ' });
    await told.post('x', { 'content-type': 'text/plain' });
    const said = told
      .logged()
      .map(({ operationName, status, errors, level }) => [operationName, status, errors, level]);
    expect(said).toEqual([
      ['Forget', 200, ['INVALID_INPUT'], 'info'],
      ['Unknown', 200, ['GRAPHQL_VALIDATION_FAILED'], 'info'],
      [undefined, 200, ['GRAPHQL_PARSE_FAILED'], 'info'],
      ['Remember', 200, ['FORBIDDEN'], 'info'],
      [undefined, 415, ['HTTP_415'], 'info'],
    ]);
  });

  test('is an error, after what went wrong, where the service is at fault; both have the request’s id', async () => {
    const response = await told.post({ query: CREATE, variables: memory('this breaks') }, { 'x-request-id': 'r-1' });
    expect(await response.text()).toContain('Unexpected error.');
    const [cause, request, ...more] = told.logged();
    expect(more).toEqual([]);
    expect(cause).toMatchObject({ level: 'error', requestId: 'r-1' });
    expect(cause?.message).toMatch(/^database error 23514 \(memories_hush\)\n +at /);
    expect(request).toMatchObject({ level: 'error', requestId: 'r-1', errors: ['INTERNAL_SERVER_ERROR'], status: 200 });
  });

  test('takes names from documents alone, and cuts them', async () => {
    await told.post({ query: `query ${'N'.repeat(500)} { __typename }` });
    await told.post({ query: 'query A { __typename }', operationName: 'B' });
    const [long, other] = told.logged();
    expect(long?.operationName).toBe('N'.repeat(100));
    expect(other).not.toHaveProperty('operationName');
  });

  test('is of level debug for probes', async () => {
    for (const path of ['/health', '/ready', '/nowhere']) await (await told.get(path)).text();
    const said = told.logged().map(({ level, route, status }) => [level, route, status]);
    expect(said).toEqual([
      ['debug', 'health', 200],
      ['debug', 'ready', 200],
      ['debug', 'other', 404],
    ]);
  });
});

test('nothing a caller says is logged, no matter what goes wrong with it', async () => {
  const answers = await whisper(told);
  expect(JSON.stringify(answers), 'it has been said').toContain(MARKER);
  const raw = told.lines.join('');
  const lines = told.logged();
  const errors = lines.filter(({ level }) => level === 'error').map(({ message }) => String(message).split('\n')[0]);
  expect(errors).toEqual(expect.arrayContaining(['database error 23514 (memories_hush)', 'database error P0001']));
  expect(lines.filter(({ message }) => message === 'request')).toHaveLength(answers.length);
  expect(raw).not.toContain(MARKER);
});

test('of what could not be read, an error’s message is left out', () => {
  const read = () => JSON.parse(MARKER);
  expect(read).toThrow(MARKER);
  try {
    read();
  } catch (error) {
    expect(describeError(error)).toMatch(/^SyntaxError\n +at /);
    expect(describeError(error)).not.toContain(MARKER);
  }
});

describe('what is shown:', () => {
  const shown = (settings: Parameters<typeof createLogger>[0], isTerminal: boolean) => {
    const lines: string[] = [];
    const logger = createLogger(settings, isTerminal, { write: (line) => lines.push(line) });
    const record = { route: 'graphql', outcome: 'success', codes: new Set(), statements: { sent: 0 }, durationMs: 1 };
    logger.error('It broke\n    at work');
    logger.warn('It may break');
    logger.finished({ ...record, id: 'r-1' } as never);
    return lines;
  };
  const unset = { level: undefined, format: undefined };

  test('to a program, everything from info on, as JSON', () => {
    const lines = shown(unset, false).map((line) => JSON.parse(line));
    expect(lines.map(({ level }) => level)).toEqual(['error', 'warn', 'info']);
    expect(lines[0].message).toBe('It broke\n    at work');
  });

  test('to a person at a terminal, what is wrong, as text', () => {
    const [error, warning, ...more] = shown(unset, true);
    expect(error).toMatch(/^\d\d:\d\d:\d\d error It broke\n {4}at work\n$/);
    expect(warning).toMatch(/^\d\d:\d\d:\d\d warn {2}It may break\n$/);
    expect(more).toEqual([]);
  });

  test('or as is set', () => {
    expect(shown({ level: 'silent', format: undefined }, false)).toEqual([]);
    expect(shown({ level: 'error', format: 'json' }, true)).toEqual([expect.stringMatching(/^\{"level":"error"/)]);
    expect(shown({ level: 'info', format: 'text' }, false)[2]).toMatch(/info {2}request requestId=r-1 route=graphql/);
  });
});
