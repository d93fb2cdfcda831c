import { errorCodes } from '../../src/kernel/errors.ts';
import type { FuzzAnswer, FuzzRequest } from './fuzz-requests.ts';

/** Codes of answers that are no data of ours: what HTTP or GraphQL itself is asked wrongly. */
const transportCodes = [
  'BAD_REQUEST',
  'REQUEST_ENTITY_TOO_LARGE',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
];
const known = new Set<string>([...errorCodes, ...transportCodes]);

/**
 * What a message says only where it tells of the inside: stack frames, SQL, tables and columns that no schema names.
 */
const inside =
  /\n\s+at |\bat \S+ \(|node:internal|node_modules|\/src\/|\.ts:\d|\bviolates\b|SQLSTATE|duplicate key|syntax error at|invalid input syntax|out of range for type|\brelation "|\bcolumn "|\bworkspace_id\b|\blineage_id\b|_history\b|idempotency_keys|pending_embeddings|palimpsest_|pg_catalog|\bselect .* from\b|insert into|Cannot read propert|is not a function|is not iterable|undefined \(reading|Maximum call stack|\[object Object\]/i;

interface GraphQLAnswer {
  data?: unknown;
  errors?: { message: unknown; extensions?: { code?: unknown } }[];
}

/**
 * What is wrong with an answer, in a word or two; undefined: nothing. `foreign` must not be in it unless it was sent.
 */
export function wrongWith(request: FuzzRequest, answer: FuzzAnswer, foreign: string): string | undefined {
  const { status, text, headers } = answer;
  if (request.raw) {
    if (status >= 500 && status !== 505) return `status ${status}`;
    return inside.test(text) ? 'tells of the inside' : undefined;
  }
  if (status === 0) return 'no answer';
  // Several of them at once may be more than is taken: then they may come again.
  const isPutOff = request.kind === 'bounds' && status === 503 && headers['retry-after'] !== undefined;
  if (status >= 500 && !isPutOff) return `status ${status}`;
  if (
    text.includes(foreign) &&
    !request.body.includes(foreign) &&
    !request.target.includes(encodeURIComponent(foreign))
  ) {
    return 'a row of another workspace';
  }
  if (request.method === 'HEAD' || !request.target.startsWith('/graphql')) return undefined;
  if (!/json/.test(headers['content-type'] ?? '')) return undefined;
  let parsed: GraphQLAnswer | GraphQLAnswer[];
  try {
    parsed = JSON.parse(text);
  } catch {
    return 'JSON that is none';
  }
  for (const one of [parsed].flat()) {
    for (const { message, extensions } of one.errors ?? []) {
      if (typeof message !== 'string' || message === '') return 'an error without a message';
      if (message.startsWith('Unexpected error')) return 'an unexpected error';
      const code = extensions?.code;
      if (code === 'INTERNAL_SERVER_ERROR') return 'an internal error';
      const given = request.body.toString();
      const part = inside.exec(message)?.[0];
      if (part !== undefined && !given.includes(part)) return `tells of the inside: ${part.slice(0, 40)}`;
      if (code !== undefined && !known.has(String(code))) return `the unknown code ${code}`;
      if (code === undefined) return `an error without a code: ${message.slice(0, 60)}`;
    }
  }
  return undefined;
}

/** The codes of an answer's errors, those that are data too. */
export function codesOf({ text }: FuzzAnswer): string[] {
  return [...text.matchAll(/"code(?:_\d+)?":"([A-Z_]+)"/g)].map(([, code]) => code as string);
}
