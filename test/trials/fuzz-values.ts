import {
  type GraphQLInputType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import { encodeId, prefixes as idPrefixes, type NodeType } from '../../src/kernel/ids.ts';
import type { Choices } from './random.ts';

/** A number that JSON and JavaScript cannot carry, written into the text as it stands. */
export class RawNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
/** The name of an enum's value. */
export class EnumName {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}
export type Value = null | boolean | number | string | RawNumber | EnumName | Value[] | { [name: string]: Value };

/** What generators draw on: what answers have shown so far, and what must never show in another workspace. */
export interface Pools {
  /** Stands in every text written in this workspace, and nowhere else. */
  marker: string;
  /** By prefix. */
  ids: Record<string, string[]>;
  cursors: string[];
  /** How many numbers a vector has. */
  dimension: number;
}

/** What a value is drawn with. */
export interface Draw {
  choices: Choices;
  /** The workspace that asks. */
  own: Pools;
  /** The other one. */
  foreign: Pools;
  /** Whether values are all of a kind that may be accepted. */
  isTame: boolean;
}

/** One of the first in most cases, and always where the draw is tame; else one of the odd ones. */
function draw<T>(
  { choices, isTame }: Draw,
  usual: readonly (readonly [number, () => T])[],
  odd: readonly (readonly [number, () => T])[],
): T {
  return choices.weighted(isTame ? usual : [...usual, ...odd])();
}

const KEPT = 300;

/** Notes the ids and cursors of an answer. */
export function learn({ ids, cursors }: Pools, answer: string, turn: number): void {
  for (const [id] of answer.matchAll(/\b(?:mem|rel|ent|con|evt|cmp|usr|wsp)_[0-9a-z]{26}(?:@[^"\\ ]{1,60})?/g)) {
    const kept = ids[id.slice(0, 3)] ?? [];
    ids[id.slice(0, 3)] = kept;
    if (kept.length < KEPT) kept.push(id);
    else kept[(turn * 7 + kept.length) % KEPT] = id;
    turn++;
  }
  for (const [, cursor] of answer.matchAll(/"[a-z]*cursor_\d+":"([^"]+)"/g)) {
    if (cursors.length < KEPT) cursors.push(cursor as string);
    else cursors[turn++ % KEPT] = cursor as string;
  }
}

const words = 'coffee tea Berlin Lisbon violin rain Monday sister garden train bread river winter moon salt'.split(' ');
const odd = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'x\udfff\ud800',
  '\u202e\u2066abc',
  'ﷺ'.repeat(50),
  '👩‍👩‍👧‍👦🏳️‍🌈',
  'é'.normalize('NFD'),
  'İıſßẞŉǰ',
  '日本語の文章と漢字かな',
  '\ufeff\u200b\u00ad',
  "'; drop table memories; --",
  '%_\\%',
  '$1 $$ :x ?',
  '{"a":1}',
  '{{7*7}} #{7*7}',
  '<script>alert(1)</script>',
  '../../etc/passwd',
  '\r\nSet-Cookie: a=b',
  '\u2028\u2029\u0085\u000b',
  '-1e400',
  'NaN',
  'null',
  '__proto__',
  'constructor',
  '@speaker',
  "& | ! ( ) :* <-> '",
];

function text(of: Draw): string {
  const { choices, own: pools } = of;
  const said = Array.from({ length: 1 + choices.below(8) }, () => choices.pick(words)).join(' ');
  return draw<string>(
    of,
    [
      [50, () => `${said} ${choices.below(1000)} ${pools.marker}`],
      [20, () => `${said} ${pools.marker}`],
    ],
    [
      [10, () => choices.pick(odd)],
      [4, () => `${pools.marker}${choices.pick(odd)}${said}`],
      [4, () => String.fromCharCode(...Array.from({ length: choices.below(20) }, () => choices.below(0x10000)))],
      [1, () => 'word '.repeat(choices.below(3_000))],
      [1, () => 'é'.repeat(choices.below(120_000))],
      [1, () => Array.from({ length: choices.below(2_000) }, (_, at) => `w${at}${choices.below(9)}`).join(' ')],
    ],
  );
}

/** The id of something that does not exist. */
const freshId = (choices: Choices, prefix: string) => {
  const hex = (digits: number) => Array.from({ length: digits }, () => choices.below(16).toString(16)).join('');
  const [type] = Object.entries(idPrefixes).find(([, each]) => each === prefix) ?? [];
  return encodeId(type as NodeType, `019a${hex(4)}-${hex(4)}-7${hex(3)}-8${hex(3)}-${hex(12)}`);
};

const prefixes = Object.values(idPrefixes);

const points = [
  '@2026-01-01T00:00:00.000Z',
  '@/2026-01-01T00:00:00.000Z',
  '@0001-01-01T00:00:00.000Z/9999-12-31T23:59:59.999Z',
  '@9999-12-31T23:59:59.999Z',
  '@now',
  '@',
  '@@',
];

function anyId(of: Draw, prefix: string): string {
  const { choices, own, foreign } = of;
  const from = (pools: Pools, kind: string) => {
    const kept = pools.ids[kind] ?? [];
    return kept.length > 0 ? choices.pick(kept) : freshId(choices, kind);
  };
  return draw<string>(
    of,
    [[72, () => from(own, prefix)]],
    [
      [6, () => from(foreign, prefix)],
      [6, () => from(own, choices.pick(prefixes))],
      [4, () => from(own, prefix).split('@')[0] + choices.pick(points)],
      [4, () => freshId(choices, prefix)],
      [3, () => altered(choices, from(own, prefix))],
      [3, () => choices.pick(odd)],
      [2, () => `${prefix}_${'z'.repeat(26)}`],
    ],
  );
}

/** A text with a character changed, cut off or added. */
function altered(choices: Choices, given: string): string {
  const at = choices.below(given.length + 1);
  return choices.weighted<() => string>([
    [1, () => given.slice(0, at)],
    [1, () => given.slice(0, at) + String.fromCharCode(33 + choices.below(94)) + given.slice(at + 1)],
    [1, () => given.slice(0, at) + choices.pick(odd) + given.slice(at)],
    [1, () => given.toUpperCase()],
  ])();
}

function cursor(of: Draw): string {
  const { choices, own, foreign } = of;
  const kept = own.cursors.length > 0 ? choices.pick(own.cursors) : 'WzFd';
  const parts = (): unknown[] => {
    try {
      return JSON.parse(Buffer.from(kept, 'base64url').toString());
    } catch {
      return [1, 2, 3];
    }
  };
  const forged = (change: (parts: unknown[]) => void) => {
    const changed = parts();
    if (Array.isArray(changed)) change(changed);
    return Buffer.from(JSON.stringify(changed)).toString('base64url');
  };
  const value = () =>
    choices.pick<unknown>([
      null,
      '',
      0,
      -1,
      1e308,
      'x',
      '\0',
      {},
      [],
      'infinity',
      'NaN',
      '2026-01-01T00:00:00Z',
      true,
      '1e999',
      '9'.repeat(400),
    ]);
  return draw<string>(
    of,
    [[55, () => kept]],
    [
      [8, () => (foreign.cursors.length > 0 ? choices.pick(foreign.cursors) : kept)],
      [12, () => altered(choices, kept)],
      [
        18,
        () =>
          forged((changed) => {
            changed[choices.below(changed.length + 1)] = value();
          }),
      ],
      [4, () => forged((changed) => changed.splice(choices.below(changed.length + 1), 1))],
      [3, () => choices.pick(odd)],
    ],
  );
}

function moment(of: Draw): Value {
  const { choices } = of;
  const near = () => new Date(1_767_225_600_000 + (choices.below(720) - 360) * 3_600_000 * 24).toISOString();
  return draw<Value>(
    of,
    [
      [60, near],
      [10, () => new Date(1_767_225_600_000 + choices.below(4) * 86_400_000).toISOString()],
    ],
    [
      [
        25,
        () =>
          choices.pick<Value>([
            '0001-01-01T00:00:00Z',
            '0000-01-01T00:00:00Z',
            '9999-12-31T23:59:59.999Z',
            '9999-12-31T23:59:59-14:00',
            '0001-01-01T00:00:00+14:00',
            '+275760-09-13T00:00:00.000Z',
            '-000001-01-01T00:00:00.000Z',
            '2026-02-30T00:00:00Z',
            '2026-12-31T23:59:60Z',
            '2026-12-31T24:00:00Z',
            '2026-01-01T00:00:00.123456789Z',
            '2026-01-01',
            'infinity',
            'now',
            '',
            0,
            1e15,
            -1,
          ]),
      ],
      [5, () => choices.pick(odd)],
    ],
  );
}

const number = (choices: Choices): Value =>
  choices.pick<Value>([
    0,
    1,
    -1,
    0.5,
    5,
    10,
    10.000001,
    -0,
    1e-320,
    1e308,
    -1e308,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    2 ** 53,
    0.1,
    7,
    3,
    2,
    new RawNumber('1e999'),
    new RawNumber('-1e999'),
    new RawNumber('0.1e-400'),
  ]);

function json(of: Draw, depth = 0): Value {
  const { choices } = of;
  if (depth > 4) return 'deep';
  const names = ['speaker', 'conversationId', 'turnNumber', 'source', 'x'];
  if (!of.isTame) names.push('__proto__', 'constructor', '', 'a\0b', '\ud800');
  const object = () =>
    Object.fromEntries(
      Array.from({ length: choices.below(4) }, (): [string, Value] => [
        choices.pick(names),
        choices.chance(30) ? json(of, depth + 1) : text(of),
      ]),
    );
  return draw<Value>(
    of,
    [[6, object]],
    [
      [1, () => Array.from({ length: choices.below(4) }, () => json(of, depth + 1))],
      [1, () => number(choices)],
      [1, () => null],
    ],
  );
}

/** Which ids an argument or input field wants, by its name and the type it stands in. */
function prefixOf(owner: string, name: string): string {
  if (owner === 'CompanionRef') return 'cmp';
  if (owner === 'UserRef') return 'usr';
  if (name === 'relationId') return 'rel';
  if (owner === 'MergeEntitiesInput') return 'ent';
  if (owner === 'ResolveContradictionInput' || owner === 'ReopenContradictionInput') return 'con';
  return name === 'entityIds' || name === 'entities' ? 'ent' : 'mem';
}

function scalar(of: Draw, type: string, owner: string, name: string): Value {
  const { choices, own, isTame } = of;
  const isUsual = isTame || choices.chance(85);
  switch (type) {
    case 'ID':
      return anyId(of, owner === 'node' || owner === 'nodes' ? choices.pick(prefixes) : prefixOf(owner, name));
    case 'Boolean':
      return choices.chance(50);
    case 'DateTime':
      return moment(of);
    case 'JSONObject':
      return json(of);
    case 'Int':
      if (!isUsual) return number(choices);
      return choices.below(name === 'first' || name === 'last' ? 8 : 5);
    case 'Float':
      return isUsual ? choices.below(11) / 10 : number(choices);
    default:
      if (name === 'after' || name === 'before') return cursor(of);
      if (!isUsual) return text(of);
      if (name === 'idempotencyKey') return `${own.marker}-${choices.below(100_000)}`;
      if (name === 'ref') return `r${choices.below(4)}`;
      if (name === 'key' || name === 'externalId') return `${own.marker} ${name}${choices.below(4)}`;
      if (name === 'slot') return `${own.marker} slot${choices.below(3)}`;
      if (name === 'name' || name === 'type') return `${own.marker} ${choices.pick(words.slice(0, 5))}`;
      return text(of);
  }
}

/** Fields that are left out of a tame value: most of what they may be given is refused, and that is tried elsewhere. */
const rare = new Set(['embedding', 'effectiveAt', 'validFrom', 'validUntil', 'expiresAt', 'relations', 'at']);

/** A value for an argument or input field. */
export function valueFor(of: Draw, type: GraphQLInputType, owner: string, name: string, depth = 0): Value {
  const { choices, own, isTame } = of;
  if (!isTame && choices.chance(1)) {
    return choices.pick<Value>([null, true, 0, '', [], {}, [[]], { a: 1 }, 'text', 1.5, [null], new EnumName('FACT')]);
  }
  if (!isTame && !isNonNullType(type) && choices.chance(2)) return null;
  const wanted = getNullableType(type);
  if (isListType(wanted)) {
    if (name === 'embedding') return vector(of, own.dimension);
    const counts: [number, () => number][] = [[60, () => 1 + choices.below(3)]];
    const length = draw<number>(of, counts, [
      [6, () => 0],
      [6, () => choices.below(12)],
      [1, () => (depth < 3 ? 110 : 2)],
    ]);
    return Array.from({ length }, () => valueFor(of, wanted.ofType, owner, name, depth + 1));
  }
  if (isEnumType(wanted)) {
    if (!isTame && choices.chance(2)) return new EnumName('NO_SUCH_VALUE');
    const allowed = wanted
      .getValues()
      .filter((value) => !isTame || owner !== 'RelateMemoriesInput' || !/^CO[NR]/.test(value.name));
    return new EnumName(choices.pick(allowed).name);
  }
  if (isInputObjectType(wanted)) {
    const field = ({ type: fieldType, name: fieldName }: { type: GraphQLInputType; name: string }): [string, Value] => [
      fieldName,
      valueFor(of, fieldType, wanted.name, fieldName, depth + 1),
    ];
    const fields = Object.values(wanted.getFields());
    if (wanted.isOneOf && (isTame || choices.chance(97))) return Object.fromEntries([field(choices.pick(fields))]);
    const given = fields.filter(
      (each) =>
        (isNonNullType(each.type) && each.defaultValue === undefined && (isTame || choices.chance(99))) ||
        choices.chance(depth > 3 || (isTame && rare.has(each.name)) ? 5 : 22),
    );
    return Object.fromEntries(given.map(field));
  }
  return scalar(of, String(wanted), owner, name);
}

function vector(draw: Draw, dimension: number): Value {
  const { choices, isTame } = draw;
  if (isTame) return Array.from({ length: dimension }, (_, at) => (at + 1 + choices.below(2)) / 1_000);
  const length = choices.chance(10) ? choices.below(5) : dimension;
  const of = choices.weighted<Value>([
    [5, 0.5],
    [1, 0],
    [1, 1e308],
    [1, 1e-320],
    [1, 1e39],
    [1, new RawNumber('1e999')],
  ]);
  return Array.from({ length }, (_, at) => (at % 7 === 0 ? of : at / 1_000));
}

/** A value as GraphQL writes it. */
export function literal(value: Value): string {
  if (value instanceof RawNumber) return value.text;
  if (value instanceof EnumName) return value.name;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Object.is(value, -0)) return '-0';
  if (value === null || typeof value !== 'object') return String(value);
  const fields = Object.entries(value).filter(([name]) => /^[_A-Za-z]\w*$/.test(name));
  return `{${fields.map(([name, part]) => `${name}: ${literal(part)}`).join(', ')}}`;
}

/** A value as JSON writes it. */
export function jsonText(value: Value): string {
  if (value instanceof RawNumber) return value.text;
  if (value instanceof EnumName) return JSON.stringify(value.name);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, part]) => `${JSON.stringify(name)}:${jsonText(part)}`)
    .join(',')}}`;
}
