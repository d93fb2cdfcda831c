import type { z } from 'zod';
import { comesBack, inexact } from '../../kernel/exact-number.ts';
import { type Item, kinds, LineProblem } from './items.ts';
import { lineOf } from './kinds.ts';

const wanted: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

/** What our own schemas do not say themselves. */
const describeIssue: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'This field is missing.';
      return `This must be ${wanted[issue.expected] ?? issue.expected}.`;
    case 'invalid_value':
      return `This must be one of ${issue.values.join(', ')}.`;
    case 'unrecognized_keys':
      return `Unknown field: ${issue.keys.join(', ')}.`;
    default:
      return undefined;
  }
};

/** How many faults of a line are told. */
const MOST_SAID = 10;

/** Reads a value that stands at `at` within a line. Throws LineProblem, which says what is wrong with it and where. */
export function check<T>(schema: z.ZodType<T>, value: unknown, line: number, at: readonly PropertyKey[] = []): T {
  const parsed = schema.safeParse(value, { error: describeIssue });
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const said = issues.slice(0, MOST_SAID).map(({ path, message }) => {
    const place = [...at, ...path];
    return place.length > 0 ? `${place.join('.')}: ${message}` : message;
  });
  const more = issues.length - said.length;
  throw new LineProblem(line, [...said, ...(more > 0 ? [`And ${more} more.`] : [])].join(' '));
}

/** What an object of our own format says. Throws LineProblem. */
export function itemOf(fields: Record<string, unknown>, line: number, at: readonly PropertyKey[] = []): Item {
  const kind = kinds.find((known) => known === fields.kind);
  if (kind) return check(lineOf[kind], fields, line, at);
  const given = JSON.stringify(fields.kind)?.slice(0, 80);
  throw new LineProblem(line, `Unknown kind ${given}: expected one of ${kinds.join(', ')}.`);
}

/** Texts without so many digits, or an exponent, have no number that would be changed. */
const mayChange = /\d{16}|\d[eE][+-]?\d/;

/** A whole number that would be stored as another one, and where it stands. */
interface Changed {
  path: string[];
  source: string;
}

/** What a message says is kept as JSON.parse reads it, numbers included; its other fields are like those of all lines. */
const isInContent = (path: readonly string[], document: unknown): boolean => {
  const [field] = path;
  if (Array.isArray(document)) return isInContent(path.slice(1), document[Number(field)]);
  return field === 'content' && (document as { kind?: unknown } | null)?.kind === 'message';
};

/** JSON, without whole numbers that would be stored as others. Throws LineProblem. */
function parseKeepingNumbers(text: string, line: number): unknown {
  /** By the object or list that they are in. */
  const within = new Map<unknown, Changed[]>();
  const note = (holder: unknown, changed: Changed) => {
    const noted = within.get(holder);
    if (noted) noted.push(changed);
    else within.set(holder, [changed]);
  };
  // Called for the innermost first, with the object or list that a value is in as `this`.
  const revive: Reviver = function (key, value, { source } = {}) {
    if (typeof value === 'number' && source !== undefined && !comesBack(source)) note(this, { path: [key], source });
    if (typeof value === 'object') {
      for (const { path, source } of within.get(value) ?? []) note(this, { path: [key, ...path], source });
    }
    return value;
  };
  const document: unknown = JSON.parse(text, revive);
  const changed = within.get(document)?.find(({ path }) => !isInContent(path, document));
  if (changed) throw new LineProblem(line, `${changed.path.at(-1)}: ${inexact(changed.source)}`);
  return document;
}
type Reviver = (this: unknown, key: string, value: unknown, context?: { source?: string }) => unknown;

/** The JSON of a line. Throws LineProblem. */
export function parseJson(text: string, line: number): unknown {
  try {
    return mayChange.test(text) ? parseKeepingNumbers(text, line) : JSON.parse(text);
  } catch (error) {
    if (error instanceof LineProblem) throw error;
    throw new LineProblem(line, `This is not JSON (${(error as Error).message}).`, { isNoJson: true });
  }
}
