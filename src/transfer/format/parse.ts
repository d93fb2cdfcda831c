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

/** Refuses whole numbers that would be stored as others. */
const keepingNumbers =
  (line: number) =>
  (key: string, value: unknown, { source }: { source?: string } = {}): unknown => {
    if (typeof value === 'number' && source !== undefined && !comesBack(source)) {
      throw new LineProblem(line, `${key}: ${inexact(source)}`);
    }
    return value;
  };

/** The JSON of a line. Throws LineProblem. */
export function parseJson(text: string, line: number): unknown {
  try {
    return mayChange.test(text) ? JSON.parse(text, keepingNumbers(line)) : JSON.parse(text);
  } catch (error) {
    if (error instanceof LineProblem) throw error;
    throw new LineProblem(line, `This is not JSON (${(error as Error).message}).`, { isNoJson: true });
  }
}
