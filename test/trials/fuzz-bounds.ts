import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { defaultRequestSettings } from '../../src/http/requests/settings.ts';
import type { Choices } from './random.ts';

/** A body at the bound of what is read, just below it or just above. */
export interface BodyAtBounds {
  body: Buffer;
  headers: Record<string, string>;
}

const { maxBodyBytes, maxBulkBodyBytes } = defaultRequestSettings;

const VIEWER = '{ viewer { scopes } }';
const CREATE = 'mutation ($input: CreateMemoriesInput!) { createMemories(input: $input) { __typename } }';
const CONTEXT = 'query ($c: JSONObject) { memories(filter: { context: $c }, first: 1) { totalCount } }';
const NODES = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';

/** A number at a bound, or next to it. */
const near = (choices: Choices, bound: number) => bound + choices.pick([-1, 0, 1, 2]);

const list = (value: string, count: number) => `[${Array(count).fill(value).join()}]`;
const asked = (query: string, variables: string) => `{"query":${JSON.stringify(query)},"variables":${variables}}`;

/** The text, with as many blanks or undeclared characters as make it so long. */
function padded(choices: Choices, text: string, length: number): string {
  const rest = Math.max(0, length - Buffer.byteLength(text));
  if (choices.chance(50)) return text + ' '.repeat(rest);
  return `{"pad":"${'x'.repeat(Math.max(0, rest - 9))}",${text.slice(1)}`;
}

/** Values at the bounds: of JSON's structure, of numbers, texts and moments. */
function variables(choices: Choices): string {
  const context = (value: string) => asked(CONTEXT, `{"c":{"v":${value}}}`);
  return choices.weighted<() => string>([
    [2, () => asked(NODES, `{"ids":${list('"x"', near(choices, choices.pick([100, 50_000, 100_000])))}}`)],
    [2, () => asked(VIEWER, `{"a":${list('{}', near(choices, choices.pick([8_000, 50_000])))}}`)],
    [1, () => asked(VIEWER, `{"a":${list(list('{}', 1_000), near(choices, 250))}}`)],
    [1, () => asked(VIEWER, `{"a":${list(list('0', 2_000), near(choices, 500))}}`)],
    [1, () => asked(VIEWER, `{${Array.from({ length: near(choices, 5_000) }, (_, at) => `"v${at}":0`).join()}}`)],
    [
      1,
      () => {
        const depth = near(choices, choices.pick([64, 59_997, 60_000]));
        return context(`${'['.repeat(depth)}${']'.repeat(depth)}`);
      },
    ],
    [1, () => context(`"${'x'.repeat(near(choices, choices.pick([65_528, 4_194_304])))}"`)],
    [
      4,
      () =>
        context(
          choices.pick([
            '9007199254740991',
            '9007199254740992',
            '9007199254740993',
            '-9007199254740993',
            '9007199254740993.0',
            '1e308',
            '1e309',
            '-0',
            '1e-400',
            `0.${'1'.repeat(choices.below(500))}`,
            '1'.repeat(1 + choices.below(500)),
            '01',
            '1.',
            '.5',
            '+1',
            'NaN',
          ]),
        ),
    ],
    [2, () => context(choices.pick(['"\\u0000"', '"\\ud800"', '"\\uD83D\\uDE00"', '"\\x"', '{"__proto__":{"a":1}}']))],
    [
      2,
      () => {
        const moment = choices.pick([
          '2016-12-31T23:59:60Z',
          '9999-12-31T23:59:59.999Z',
          '0001-01-01T00:00:00Z',
          '2026-03-01',
          '2026-03-01T09:30:00+0100',
        ]);
        return asked(
          'query ($at: DateTime) { memories(at: { validAt: $at }, first: 1) { totalCount } }',
          `{"at":"${moment}"}`,
        );
      },
    ],
  ])();
}

/** A large batch, which may be a little too large or too much. */
function batch(choices: Choices): string {
  const count = near(choices, choices.pick([100, 1_000]));
  const content = 'x'.repeat(choices.below(2_000));
  const memories = Array.from({ length: count }, () => `{"type":"EXPERIENCE","content":"${content}"}`).join();
  return asked(CREATE, `{"input":{"companion":{"key":"bounds"},"memories":[${memories}]}}`);
}

/** A body at the bounds, as it is or packed. */
export function bodyAtBounds(choices: Choices): BodyAtBounds {
  const text = choices.weighted<() => string>([
    [10, () => variables(choices)],
    [4, () => padded(choices, asked(VIEWER, '{}'), near(choices, maxBodyBytes))],
    [
      1,
      () =>
        padded(
          choices,
          asked(CREATE, '{"input":{"companion":{"key":"bounds"},"memories":[]}}'),
          near(choices, maxBulkBodyBytes),
        ),
    ],
    [1, () => batch(choices)],
  ])();
  const json = { 'content-type': 'application/json' };
  const body = Buffer.from(text);
  return choices.weighted<() => BodyAtBounds>([
    [6, () => ({ body, headers: json })],
    [2, () => ({ body, headers: { ...json, 'transfer-encoding': 'chunked' } })],
    [1, () => ({ body: gzipSync(body, { level: 1 }), headers: { ...json, 'content-encoding': 'gzip' } })],
    [1, () => ({ body: deflateSync(body, { level: 1 }), headers: { ...json, 'content-encoding': 'deflate' } })],
    [
      1,
      () => ({ body: brotliCompressSync(body.subarray(0, 200_000)), headers: { ...json, 'content-encoding': 'br' } }),
    ],
  ])();
}

/**
 * Documents whose answers are at the bounds of what is answered: each is a function of the choices. Sent like any other
 * document, with variables of its own.
 */
export const answersAtBounds: ((choices: Choices) => { query: string; variables: string })[] = [];
