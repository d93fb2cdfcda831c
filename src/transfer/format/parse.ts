import type { z } from 'zod';
import { comesBack, inexact } from '../../kernel/exact-number.ts';
import { type Item, kinds, LineProblem } from './items.ts';
import { lineOf } from './kinds.ts';
import type { Line } from './lines.ts';
import { McpFile, mcpLine } from './mcp.ts';

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

function check<T>(schema: z.ZodType<T>, value: unknown, line: number): T {
  const parsed = schema.safeParse(value, { error: describeIssue });
  if (parsed.success) return parsed.data;
  const said = parsed.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  );
  throw new LineProblem(line, said.join(' '));
}

/**
 * Reads one line after the other: of our own format, where an object has a `kind`, else of an MCP memory file, which
 * goes to `companion`.
 */
export function lineParser(companion?: string): (line: Line) => Item[] {
  const mcp = new McpFile(companion);
  return ({ number, text }) => {
    const value = parseJson(text, number);
    if ('kind' in value) {
      const kind = kinds.find((known) => known === value.kind);
      if (kind) return [check(lineOf[kind], value, number)];
      throw new LineProblem(number, `Unknown kind ${JSON.stringify(value.kind)}: expected one of ${kinds.join(', ')}.`);
    }
    if (value.type === 'entity' || value.type === 'relation') return mcp.items(check(mcpLine, value, number));
    throw new LineProblem(
      number,
      'This is neither a line of an export, which has a "kind", nor of an MCP memory file, whose "type" is entity or relation.',
    );
  };
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

function parseJson(text: string, line: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = mayChange.test(text) ? JSON.parse(text, keepingNumbers(line)) : JSON.parse(text);
  } catch (error) {
    if (error instanceof LineProblem) throw error;
    throw new LineProblem(line, `This is not JSON (${(error as Error).message}).`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new LineProblem(line, 'This is not a JSON object.');
}
