import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDateTime } from '../src/kernel/date-time.ts';
import { comesBack, isKept } from '../src/kernel/exact-number.ts';
import { exportFile, importFile } from '../src/transfer/command.ts';
import { useService } from './support/service.ts';
import { countRows } from './support/tables.ts';

const service = useService();

const CREATE = `mutation ($context: JSONObject) {
  createMemory(input: { companion: { key: "iris" }, type: EXPERIENCE, content: "c", context: $context }) {
    ... on CreateMemoryPayload { memory { context } } ... on Error { message }
  }
}`;

/** Sends what must be refused, and returns the first error; nothing is written. */
async function refused(query: string, variables: Record<string, unknown> = {}) {
  const { database } = await service.tenant();
  const before = await countRows(database);
  const { errors = [] } = await service.sendUntyped(query, variables);
  expect(await countRows(database)).toEqual(before);
  expect(service.logged).toEqual([]);
  return errors[0];
}

/** Sends a body as it is. */
async function sendText(body: string) {
  const headers = { 'content-type': 'application/json' };
  return (await service.service.fetch('http://test/graphql', { method: 'POST', headers, body })).json();
}
const get = async (query: string, variables: string) =>
  (await service.service.fetch(`http://test/graphql?${new URLSearchParams({ query, variables })}`)).json();

describe('an unquoted word within JSON', () => {
  test.each([
    ['a filter', '{ memories(filter: { context: { speaker: Maya } }) { totalCount } }'],
    ['a value that is stored', CREATE.replace('($context: JSONObject)', '').replace('$context', '{ speaker: Maya }')],
    ['a list', '{ memories(filter: { context: { tags: ["a", Maya] } }) { totalCount } }'],
    ['an object within', '{ memories(filter: { context: { a: [{ b: { c: Maya } }] } }) { totalCount } }'],
    [
      'the default of a variable',
      'query ($c: JSONObject = { speaker: Maya }) { memories(filter: { context: $c }) { totalCount } }',
    ],
  ])('in %s is refused with its place, and what to do', async (_what, query) => {
    const error = await refused(query);
    expect(error).toMatchObject({
      message: expect.stringContaining('A JSON value cannot be the unquoted word Maya: quote it, as "Maya".'),
      locations: [{ line: expect.any(Number), column: expect.any(Number) }],
    });
  });

  test('and quoted ones, variables and keys that are none, are what they are', async () => {
    const query = `mutation ($who: String, $deep: JSONObject) { createMemory(input: { companion: { key: "iris" }, type: EXPERIENCE, content: "c",
      context: { speaker: "Maya", who: $who, list: [$who, 1, 1.5, true, null, """block"""], deep: $deep, __proto__: { a: 1 } } }) {
      ... on CreateMemoryPayload { memory { context } } } }`;
    const { createMemory } = await service.runUntyped(query, { who: 'Ada', deep: { a: [1] } });
    expect(JSON.stringify(createMemory.memory.context)).toEqual(
      JSON.stringify({
        who: 'Ada',
        deep: { a: [1] },
        list: ['Ada', 1, 1.5, true, null, 'block'],
        speaker: 'Maya',
        ['__proto__']: { a: 1 },
      }),
    );
  });
});

describe('a variable that stands within JSON', () => {
  const query = 'query ($who: String) { memories(filter: { context: { speaker: $who } }) { totalCount } }';

  test('cannot be left out: the filter would let everything through', async () => {
    expect(await refused(query)).toMatchObject({
      message: 'Variable "$who" has no value, and cannot be left out of the JSON that it stands in: send one, or null.',
      extensions: { code: 'INVALID_INPUT' },
    });
    expect(await refused(query.replace('speaker: $who', 'list: [$who]'))).toMatchObject({
      extensions: { code: 'INVALID_INPUT' },
    });
  });

  test('may be null, have a default, or stand elsewhere', async () => {
    await service.runUntyped(query, { who: null });
    await service.runUntyped(query.replace('String', 'String = "Maya"'));
    await service.runUntyped('query ($f: MemoryFilter, $n: Int) { memories(filter: $f, first: $n) { totalCount } }');
  });
});

describe('a whole number beyond 2^53', () => {
  const told =
    '9007199254740993 is beyond ±9007199254740991 (2^53 − 1) and would be changed: send it as a string, in quotes.';

  test('in a variable is refused with its place', async () => {
    const body = (context: string) => `{"query": ${JSON.stringify(CREATE)}, "variables": {"context": ${context}}}`;
    const cases: [string, (string | number)[]][] = [
      ['{"messageId": 9007199254740993}', ['context', 'messageId']],
      ['{"a": [1, {"b": 2}, {"c": [9007199254740993]}], "d": 1}', ['context', 'a', 2, 'c', 0]],
    ];
    for (const [context, path] of cases) {
      expect(await sendText(body(context))).toEqual({
        errors: [
          {
            message: `Variable "$context" at ${JSON.stringify(path.join('.'))}: ${told}`,
            extensions: { code: 'INVALID_INPUT', issues: [{ path, message: told }] },
          },
        ],
      });
    }
    for (const number of [
      '-9007199254740992',
      '9007199254740993.0',
      '90071992547409930e-1',
      '123456789012345678901234567890',
    ]) {
      expect(await sendText(body(`{"a": ${number}}`)), number).toMatchObject({
        errors: [{ extensions: { code: 'INVALID_INPUT' } }],
      });
    }
  });

  test('in a URL, too', async () => {
    const answer = await get(
      'query ($c: JSONObject) { memories(filter: { context: $c }) { totalCount } }',
      '{"c": {"id": 9007199254740993}}',
    );
    expect(answer).toMatchObject({ errors: [{ message: `Variable "$c" at "c.id": ${told}` }] });
  });

  test('in a literal is refused with its place', async () => {
    const query = '{ memories(filter: { context: { ids: [1, { id: 9007199254740993 }] } }) { totalCount } }';
    expect(await refused(query)).toMatchObject({
      message: expect.stringContaining(told),
      locations: [{ line: 1, column: 48 }],
    });
  });

  test('does not matter where nobody asked for it', async () => {
    const undeclared = `{"id": 9007199254740993, "query": "{ __typename }", "variables": {"a": 9007199254740993}}`;
    expect(await sendText(undeclared)).toEqual({ data: { __typename: 'Query' } });
  });

  test('may be given as a measure, and all others are kept', async () => {
    const context =
      '{"a": 6.02e23, "b": 1e20, "c": -9007199254740991, "d": 9007199254740991, "e": 0.12345678901234567, "f": "9007199254740993"}';
    const answer = await sendText(`{"query": ${JSON.stringify(CREATE)}, "variables": {"context": ${context}}}`);
    expect(answer).toEqual({ data: { createMemory: { memory: { context: JSON.parse(context) } } } });
  });

  test.each([
    ['9007199254740991', true, true],
    ['9007199254740992', false, true],
    ['9007199254740993', false, false],
    ['100000000000000000000', false, true],
    ['1e400', true, true],
    ['1.0e3', true, true],
    ['0.00000000000000000001', true, true],
    ['-0', true, true],
  ])('%s', (written, kept, back) => {
    expect([isKept(written), comesBack(written)]).toEqual([kept, back]);
  });
});

describe('a moment', () => {
  test.each([
    ['2026-03-01T09:30:00', 'the time zone is missing: add Z, or an offset such as +01:00'],
    ['2026-03-01T09:30:00+0100', 'the offset of the time zone needs a colon, such as +01:00'],
    ['2026-03-01T09:30:00.5+01', 'the offset of the time zone needs minutes, such as +01:00'],
    ['2026-03-01', 'the time is missing: add one with a time zone, such as T00:00:00Z'],
    ['2026-03-01 09:30:00Z', 'a T is expected between date and time, not a blank'],
    ['2026-03-01T09:30Z', 'the seconds are missing: hours, minutes and seconds are expected, such as 09:30:00'],
    ['1772357400', 'it is a number: a date and a time are expected'],
    ['2026-02-29T00:00:00Z', '2026-02 has the days 01 to 28'],
    ['2026-13-01T00:00:00Z', 'there is no month 13'],
    ['2026-03-01T24:00:00Z', 'there is no hour 24: 00 to 23 are expected'],
    ['2026-03-01T09:30:00+24:00', 'there is no time zone +24:00'],
    ['2026-03-01T09:30:60Z', 'there is a second 60 only at the end of a month, at 23:59:60Z'],
    ['2016-12-30T23:59:60Z', 'there is a second 60 only at the end of a month, at 23:59:60Z'],
    ['20260301T093000Z', 'the date needs hyphens and the time colons'],
    ['yesterday', 'a date, a T, a time and a time zone are expected'],
  ])('%s is refused: %s', async (given, why) => {
    const told = `DateTime cannot represent ${JSON.stringify(given)}: ${why}. Send e.g. 2026-03-01T09:30:00Z.`;
    const literal = await refused(`{ memories(at: { validAt: ${JSON.stringify(given)} }) { totalCount } }`);
    expect(literal?.message).toContain(told);
    const query = 'query ($at: DateTime) { memories(at: { validAt: $at }) { totalCount } }';
    expect((await refused(query, { at: given }))?.message).toContain(told);
  });

  test('that is a number is refused, by variable and by literal', async () => {
    const why = 'it is a number: a date and a time are expected, in quotes';
    expect((await refused('{ memories(at: { validAt: 1772357400 }) { totalCount } }'))?.message).toContain(why);
    const query = 'query ($at: DateTime) { memories(at: { validAt: $at }) { totalCount } }';
    expect((await refused(query, { at: 1772357400 }))?.message).toContain(why);
  });

  test.each([
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['1990-12-31T15:59:60-08:00', '1991-01-01T00:00:00.000Z'],
    ['2016-12-31T23:59:60.25Z', '2017-01-01T00:00:00.250Z'],
    ['2026-03-01t09:30:00z', '2026-03-01T09:30:00.000Z'],
    ['2026-03-01T09:30:00.123456789+05:30', '2026-03-01T04:00:00.123Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['2024-02-29T23:59:59-00:00', '2024-02-29T23:59:59.000Z'],
  ])('%s is %s', (given, iso) => {
    expect(readDateTime(given).toISOString()).toBe(iso);
  });

  test('at a leap second is stored as the second after', async () => {
    const { createMemory } =
      await service.runUntyped(`mutation { createMemory(input: { companion: { key: "iris" }, type: FACT,
      content: "leap", validFrom: "2016-12-31T23:59:60Z" }) { ... on CreateMemoryPayload { memory { validFrom } } } }`);
    expect(createMemory.memory.validFrom).toBe('2017-01-01T00:00:00.000Z');
  });
});

describe('a line of an import', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'palimpsest-forms-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const line = (more: string) => `{"kind":"memory","id":"a","companion":"iris","type":"FACT","content":"Said",${more}}`;
  const importLine = async (text: string, workspace = 'import') => {
    const file = join(folder, 'import.jsonl');
    writeFileSync(file, text);
    await importFile(await service.tenant(workspace), file);
  };
  const exported = async (workspace: string) => {
    const file = join(folder, 'export.jsonl');
    await exportFile(await service.tenant(workspace), file);
    return readFileSync(file, 'utf8');
  };

  test.each([
    [
      '"context":{"a":[{"messageId":9007199254740993}]}',
      'line 1: messageId: 9007199254740993 is beyond ±9007199254740991',
    ],
    [
      '"context":{"messageId":-12345678901234567890}',
      'line 1: messageId: -12345678901234567890 is beyond ±9007199254740991',
    ],
    [
      '"validFrom":"2026-03-01T09:30:00"',
      'line 1: validFrom: A moment with its offset is expected, e.g. 2026-01-31T09:00:00.000Z: the time zone is missing',
    ],
    ['"validFrom":"2026-03-01"', 'the time is missing: add one with a time zone'],
    ['"validFrom":1772357400', 'line 1: validFrom: This must be a string.'],
  ])('with %s is refused, and nothing is stored', async (more, message) => {
    await expect(importLine(line(more))).rejects.toThrow(message);
    expect(await exported('import')).toBe('');
  });

  test('with numbers that were stored comes back as it was exported', async () => {
    await importLine(
      line('"context":{"a":100000000000000000000,"b":9007199254740992,"c":6.02e23},"validFrom":"2016-12-31T23:59:60Z"'),
      'one',
    );
    const text = await exported('one');
    expect(text).toContain('"validFrom":"2017-01-01T00:00:00.000Z"');
    await importLine(text, 'two');
    expect(await exported('two')).toBe(text);
  });
});
