import type { CORSOptions, Plugin } from 'graphql-yoga';

/** What pages may send beyond what they need no leave for, and read beyond what they may. */
const REQUEST_HEADERS = [
  'Authorization',
  'Content-Type',
  'X-Cost',
  'X-Request-Id',
  'X-Palimpsest-Agent-Session',
  'Palimpsest-Companion',
  'Palimpsest-User',
  'Traceparent',
  'Tracestate',
  'Content-Encoding',
  'Mcp-Protocol-Version',
  'Mcp-Method',
  'Mcp-Name',
];
const RESPONSE_HEADERS = ['Retry-After', 'X-Request-Id'];
/** How long a browser remembers what it may: the longest that any does. */
const MAX_AGE_S = 86_400;

/**
 * Yoga's settings for these origins. Others get no headers, and so their pages get nothing. Cookies and similar things
 * are never asked for: a credential is in the Authorization header.
 */
export function corsOptions(origins: readonly string[]): ((request: Request) => CORSOptions) | false {
  if (origins.length === 0) return false;
  const allowed = new Set(origins);
  return (request) => {
    const origin = request.headers.get('origin');
    if (origin === null || !(allowed.has('*') || allowed.has(origin))) return false;
    return {
      origin: [origin],
      methods: ['GET', 'POST'],
      allowedHeaders: REQUEST_HEADERS,
      exposedHeaders: RESPONSE_HEADERS,
      credentials: false,
      maxAge: MAX_AGE_S,
    };
  };
}

/** Tells caches that an answer depends on who asks, also where nothing was allowed. */
export const useVaryByOrigin = (origins: readonly string[]): Plugin =>
  origins.length === 0
    ? {}
    : {
        onResponse({ response }) {
          response.headers.append('vary', 'Origin');
        },
      };
