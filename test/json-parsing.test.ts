import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseInPieces } from '../src/http/requests/json-pieces.ts';
import { NotJson } from '../src/http/requests/json-tokens.ts';
import { type JsonBounds, JsonWalk } from '../src/http/requests/json-walk.ts';
import { Pieces } from '../src/http/requests/turns.ts';

const bounds: JsonBounds = { values: 1e6, containers: 1e6, members: 1e6, items: 1e6, depth: 1e6, text: 1e6 };
const walk = (bytes: Buffer, onValue = () => {}) =>
  new JsonWalk(bytes, { start: 0, end: bytes.length }, bounds, onValue).run(new Pieces());
const inPieces = (text: string) => {
  const bytes = Buffer.from(`pad${text}pad`);
  return parseInPieces(bytes, { start: 3, end: bytes.length - 3 });
};

/** JSON with blanks, in which some values are far longer than a piece. */
const json = fc
  .tuple(
    fc.jsonValue({ maxDepth: 5 }),
    fc.integer({ min: 1, max: 400 }),
    fc.constantFrom(0, 1, 2, '\t'),
    fc.string({ maxLength: 300 }),
  )
  .map(([value, times, indent, more]) => {
    const many = Array.from({ length: times }, (_, at) => ({
      [`${more}${at}`]: value,
      list: [value, more.repeat(9), at],
    }));
    return JSON.stringify({ many, value, nested: [[[many]]], __proto__x: more }, null, indent);
  });

test('what is parsed in pieces is what JSON.parse makes', async () => {
  await fc.assert(
    fc.asyncProperty(json, async (text) => {
      expect(await inPieces(text)).toEqual(JSON.parse(text));
    }),
    { numRuns: 60 },
  );
});

test('large values within each other, keys that are there twice, and __proto__', async () => {
  const long = `[${Array(30_000).fill('"a"').join()}]`;
  const text = `{"a": ${long}, "b": {"c": [[${long}], 1, {"__proto__": ${long}, "e": 1}], "__proto__": {"x": 1}}, "a": {"\\u0061": ${long}, "a": 2}, "": ${long}}`;
  const made = await inPieces(text);
  expect(JSON.stringify(made)).toBe(JSON.stringify(JSON.parse(text)));
  expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
});

describe('a walk takes for JSON', () => {
  const isJson = (text: string) => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };
  const isWalked = async (text: string) => {
    try {
      await walk(Buffer.from(text));
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(NotJson);
      return false;
    }
  };

  test('what JSON.parse takes, and nothing else', async () => {
    const parts = fc.constantFrom(
      ...'{ } [ ] , : " \\ 0 1 - + . e E true null tru "a" "a": \\u0061 \n \t \u00a0 é'.split(' '),
      ' ',
      '\u0001',
    );
    const broken = fc.tuple(fc.json(), fc.nat(), parts, fc.nat({ max: 2 })).map(([text, at, part, cut]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + part + text.slice(place + cut);
    });
    const soup = fc.array(parts, { maxLength: 12 }).map((all) => all.join(''));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), broken, soup), async (text) => {
        expect([text, await isWalked(text)]).toEqual([text, isJson(text.toWellFormed())]);
      }),
      { numRuns: 3_000 },
    );
  });
});

test('pieces of work take turns, and timers come between', async () => {
  const order: string[] = [];
  const work = async (name: string) => {
    const pieces = new Pieces();
    for (let at = 0; at < 3; at++) {
      await pieces.rest();
      order.push(name);
    }
  };
  let isDone = false;
  const ticks = (async () => {
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve));
      order.push('-');
    }
  })();
  await Promise.all([work('a'), work('b')]);
  isDone = true;
  await ticks;
  const said = order.join('');
  expect(said.replaceAll('-', '')).toBe('ababab');
  expect(said).not.toMatch(/[ab]{2}/);
});
