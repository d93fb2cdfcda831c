import { isUtf8 } from 'node:buffer';
import { isBlank, NotJson, sign } from './json-tokens.ts';
import { type JsonBounds, JsonWalk, TooMuchJson, type Value } from './json-walk.ts';
import { malformed, Refused } from './refused.ts';
import { Pieces } from './turns.ts';
import { placeholderFor, type Unparsed, Variables } from './variables.ts';

/** What a request asks. */
export interface Parameters {
  query?: string;
  operationName?: string;
  variables?: Record<string, unknown>;
  extensions?: Record<string, unknown>;
}

export const MAX_VALUES = 100_000;
const MAX_BULK_VALUES = 1_000_000;
/** Members of a request beside its variables that are read. */
const MAX_EXTENSIONS_BYTES = 65_536;
/** A document has no room for more. */
const MAX_VARIABLES = 5_000;
/** Work on more bytes waits for its turn. */
const SMALL_BYTES = 65_536;

/** What the JSON of a request may be made of. */
export const boundsOf = (isBulk: boolean): JsonBounds => ({
  values: isBulk ? MAX_BULK_VALUES : MAX_VALUES,
  containers: isBulk ? 250_000 : 75_000,
  members: 50_000,
  // GraphQL looks at the items of a list at once: so many take it some 40 ms.
  items: 8_000,
  depth: 60_000,
  text: 4_194_304,
});

/** What a request asks, and what that is made of. */
export interface ReadParameters {
  parameters: Parameters;
  /** Values of its JSON. */
  values: number;
}

const BOM = Buffer.from('\ufeff');

/** The bytes without the mark that some programs put before UTF-8. Throws Refused where they are no UTF-8. */
export function utf8(bytes: Buffer): Buffer {
  if (!isUtf8(bytes)) {
    throw malformed('The body is not UTF-8: send JSON in UTF-8. Nothing was done.');
  }
  return bytes.subarray(0, BOM.length).equals(BOM) ? bytes.subarray(BOM.length) : bytes;
}

/**
 * Reads what a POST with JSON asks: `query`, `operationName` and `extensions`; other members are passed over, and so
 * are variables, which are parsed when it is known which of them the operation declares. Throws Refused.
 */
export async function readParameters(body: Buffer, bounds: JsonBounds): Promise<ReadParameters> {
  const members = await walkOver(body, bounds, 'The body');
  const { query, operationName, variables, extensions } = members.spans;
  if (!query && !extensions && members.unread.length > 0) {
    throw malformed(
      `Must provide query string: the body has ${members.unread.map((name) => JSON.stringify(name)).join(', ')} and no "query".`,
    );
  }
  const parse = (span: Value | undefined) => span && JSON.parse(body.toString('utf8', span.start, span.end));
  for (const [name, span] of Object.entries({ operationName, extensions })) {
    if (span && span.end - span.start > MAX_EXTENSIONS_BYTES)
      throw malformed(`The member ${name} of the body has more than ${MAX_EXTENSIONS_BYTES} bytes.`);
  }
  const parameters = {
    query: expect('query', parse(query), 'string'),
    operationName: expect('operationName', parse(operationName), 'string') || undefined,
    variables: variables && variablesOf(body, variables, members),
    extensions: expect('extensions', parse(extensions), 'object'),
  };
  return { parameters: parameters as Parameters, values: members.values };
}

/**
 * Whether a body that begins so may come to ask for one of these fields: it begins as an object, and its document, if
 * that has come, names one of them.
 */
export async function mayAskFor(fields: ReadonlySet<string>, beginning: Buffer, bounds: JsonBounds): Promise<boolean> {
  const members = await walkOver(beginning, bounds, 'The body', { isPart: true });
  const { query } = members.spans;
  if (members.values === 0) return false;
  if (!query) return true;
  const text = beginning.toString('utf8', query.start, query.end);
  return [...fields].some((field) => text.includes(field));
}

/** Reads what a GET asks by the query of its URL. Throws Refused. */
export async function readQueryString(search: URLSearchParams, bounds: JsonBounds): Promise<ReadParameters> {
  const given = (name: string) => search.get(name)?.trim() || undefined;
  const what = 'The JSON of the variables in the URL';
  const ahead = '{"variables":';
  const bytes = Buffer.from(`${ahead}${given('variables') ?? null}}`);
  const members = await walkOver(bytes, bounds, what, { ahead: ahead.length });
  const { variables } = members.spans;
  if (variables?.start !== ahead.length || variables.end !== bytes.length - 1) {
    throw notJson(bytes, new NotJson(variables?.end ?? 0), what, ahead.length);
  }
  const parameters = {
    query: given('query'),
    operationName: given('operationName'),
    variables: variablesOf(bytes, variables, members),
    extensions: expect('extensions', parseExtensions(given('extensions')), 'object'),
  };
  return { parameters: parameters as Parameters, values: members.values };
}

function parseExtensions(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('The extensions in the URL are not JSON.');
  }
}

const read: ReadonlySet<string> = new Set(['query', 'operationName', 'variables', 'extensions']);

interface Members {
  spans: { [name in keyof Parameters]?: Value };
  /** The members of `variables`. */
  variables: Unparsed[];
  /** The beginnings of the names of a few others. */
  unread: string[];
  values: number;
}

/** Names that nobody asked for are shown to be helpful, no more. */
const MOST_SHOWN = 3;

interface WalkOptions {
  /** How many bytes stand before what the client sent. */
  ahead?: number;
  /** The end is still to come; `values` is 0 where there is no use in that. */
  isPart?: boolean;
}

/** Finds where the members of a request are. Throws Refused where it is no JSON object, or more than is read. */
async function walkOver(bytes: Buffer, bounds: JsonBounds, what: string, options: WalkOptions = {}): Promise<Members> {
  const { ahead = 0, isPart = false } = options;
  const members: Members = { spans: {}, variables: [], unread: [], values: 0 };
  const first = bytes.findIndex((byte) => !isBlank(byte));
  // More than the usual of what is no object is too much, whatever it is.
  if (isPart && bytes[first] !== sign.openObject) return members;
  if (first < 0) throw malformed(`${what} is empty: send {"query": "…"} as JSON.`);
  if (bytes[first] === sign.openList) {
    throw malformed(`${what} is a list: send one operation at a time, as an object.`);
  }
  const pieces = new Pieces();
  if (bytes.length > SMALL_BYTES) await pieces.rest();
  const walk = new JsonWalk(
    bytes,
    { start: 0, end: bytes.length },
    bounds,
    noting(members, () => walk),
  );
  try {
    await walk.run(pieces);
  } catch (error) {
    if (error instanceof NotJson && isPart && isCut(bytes, error)) return { ...members, values: walk.values };
    if (error instanceof NotJson) throw notJson(bytes, error, what, ahead);
    if (error instanceof TooMuchJson) throw tooMuch(error, what);
    throw error;
  }
  if (bytes[first] !== sign.openObject) throw malformed(`${what} is not an object: send {"query": "…"}.`);
  members.values = walk.values;
  return members;
}

/** Whether what is wrong may be that the rest is still to come: of an escape, the last few bytes. */
const isCut = (bytes: Buffer, { offset }: NotJson): boolean => offset >= bytes.length - 6;

/** Notes the members of a request, and those of its variables. */
function noting(members: Members, walkOf: () => JsonWalk): (value: Value) => void {
  let variables: Unparsed[] = [];
  let [outer, isVariables, counted] = [-1, false, 0];
  return (value) => {
    if (value.level > 2 || value.keyAt < 0) return;
    const walk = walkOf();
    if (value.level === 2) {
      if (walk.outerKeyAt !== outer) {
        outer = walk.outerKeyAt;
        isVariables = walk.keyOf(outer) === 'variables';
      }
      if (isVariables) {
        const { start, end } = value;
        const { written, path = [] } = walk.inexact ?? {};
        const inexact = written === undefined ? undefined : { written, path: path.slice(2) };
        variables.push({ name: walk.keyOf(value.keyAt), start, end, values: walk.values - counted, inexact });
        if (variables.length > MAX_VARIABLES) throw new TooMuchJson('variables', MAX_VARIABLES);
      }
    } else {
      const name = walk.keyOf(value.keyAt);
      if (read.has(name)) members.spans[name as keyof Parameters] = value;
      else if (members.unread.length < MOST_SHOWN) members.unread.push(name.slice(0, 50));
      if (name === 'variables') members.variables = variables;
      variables = [];
    }
    walk.inexact = undefined;
    counted = walk.values;
  };
}

/** A member of a request that has this type, or is null. */
function expect(name: string, value: unknown, type: 'string' | 'object'): unknown {
  if (value === undefined || value === null) return undefined;
  if (typeof value === type && !Array.isArray(value)) return value;
  const given = Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  throw malformed(
    `The member ${name} of a request is ${given}: ${type === 'string' ? 'a string' : 'an object'} is expected.`,
  );
}

function variablesOf(bytes: Buffer, { start }: Value, { variables }: Members): Record<string, unknown> | undefined {
  const kind = bytes[start];
  if (kind === sign.openObject) return placeholderFor(new Variables(bytes, variables));
  const given = kind === sign.openList ? 'a list' : kind === sign.quote ? 'a string' : 'no object';
  if (bytes.toString('latin1', start, start + 4) === 'null') return undefined;
  throw malformed(`The member variables of a request is ${given}: an object is expected.`);
}

function notJson(bytes: Buffer, { offset }: NotJson, what: string, ahead: number): Refused {
  const before = bytes.subarray(ahead, offset);
  let line = 1;
  let lineStart = 0;
  for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', lineStart)) {
    line++;
    lineStart = at + 1;
  }
  const column = before.toString('utf8', lineStart).length + 1;
  const place = offset >= bytes.length - (ahead > 0 ? 1 : 0) ? 'it ends too early' : `line ${line}, column ${column}`;
  return malformed(`${what} is not JSON: ${place}.`);
}

const tooMuch = ({ message, limit }: TooMuchJson, what: string): Refused =>
  new Refused(413, 'LIMIT_EXCEEDED', `${what} is too large: ${message} are allowed.`, { extensions: { limit } });
