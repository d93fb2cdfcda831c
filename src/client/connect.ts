import { textOf } from './document.ts';
import type { Execute, ExecuteOptions, Executes } from './execute.ts';
import { type Pages, pagesBy } from './pages.ts';
import { isRepeatable } from './repeatable.ts';
import { dataBySending, type Send } from './send.ts';

/** What of its workspace a client sees and changes; without, all that its credential does. */
export interface Narrowing {
  /** The key of a companion. */
  companion?: string | undefined;
  /** The external id of a user. */
  user?: string | undefined;
}

export interface ConnectOptions extends Narrowing {
  /** Where GraphQL is, e.g. `http://127.0.0.1:4000/graphql`. */
  url: string;
  /** An API key or a JWT. Default: none is sent. */
  key?: string | undefined;
  /** Further headers of each request. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** What sends requests. Default: the global `fetch`. */
  fetch?: Send | undefined;
  /** How long one attempt may take, in milliseconds: 1 to 2147483647. Default: 60000. */
  timeoutMs?: number | undefined;
  /**
   * How often a request is sent again that could not be taken (429, 502, 503, 504) or of which no answer came: 0 to 20.
   * Queries are, and mutations whose inputs all have an `idempotencyKey` among the variables. Default: 3.
   */
  retries?: number | undefined;
}

/** What asks a service. Opens nothing, so there is nothing to close. */
export interface Connected extends Executes {
  /** Asks for a list page by page. */
  pages: Pages;
  /** The same client, which sees no more than a companion, or a user, or what both have in common. */
  narrowed(to: Narrowing): Connected;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
const DEFAULT_RETRIES = 3;
const MAX_RETRIES = 20;

/** A client of a service: it sends one request for each document. Throws TypeError and RangeError for what is not allowed. */
export function connect(options: ConnectOptions): Connected {
  const { url, fetch: send = (...request) => fetch(...request) } = options;
  const { timeoutMs = DEFAULT_TIMEOUT_MS, retries = DEFAULT_RETRIES } = options;
  inRange('timeoutMs', timeoutMs, 1, MAX_TIMEOUT_MS);
  inRange('retries', retries, 0, MAX_RETRIES);
  const headers = headersOf(options);
  // Throws for a URL or a header that no request can have.
  new Request(url, { headers });
  const run = async (
    document: Parameters<typeof textOf>[0],
    variables?: object,
    { signal }: ExecuteOptions = {},
  ): Promise<unknown> => {
    const query = textOf(document);
    const body = JSON.stringify({ query, variables });
    const mayRepeat = isRepeatable(query, variables);
    return dataBySending({ send, url, headers, body, timeoutMs, retries: mayRepeat ? retries : 0, signal });
  };
  const execute = run as Execute;
  return { execute, pages: pagesBy(execute), narrowed: (to) => connect({ ...options, ...narrower(options, to) }) };
}

function headersOf({ key, companion, user, headers }: ConnectOptions): Record<string, string> {
  const all = new Headers(headers);
  all.set('content-type', 'application/json');
  all.set('accept', 'application/graphql-response+json, application/json');
  if (key) all.set('authorization', `Bearer ${key}`);
  // Headers are ASCII; keys may be any text.
  if (companion !== undefined) all.set('palimpsest-companion', encodeURIComponent(companion));
  if (user !== undefined) all.set('palimpsest-user', encodeURIComponent(user));
  return Object.fromEntries(all);
}

/** What is narrowed stays so: another companion or user would be seen by who should not. Throws TypeError. */
export function narrower(before: Narrowing, to: Narrowing): Narrowing {
  const one = (what: keyof Narrowing) => {
    const [had, wanted] = [before[what], to[what]];
    if (had !== undefined && wanted !== undefined && had !== wanted) {
      throw new TypeError(`This client is narrowed to the ${what} ${had} already, and cannot be to ${wanted}.`);
    }
    return wanted ?? had;
  };
  return { companion: one('companion'), user: one('user') };
}

function inRange(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`${name} must be a whole number from ${least} to ${most}, and is ${value}.`);
}
