import type { Plugin } from 'graphql-yoga';
import { encodings } from '../requests/read-body.ts';

const allowed = new Set(['application/json', 'application/graphql', 'application/graphql+json']);
/** ASCII is UTF-8, too. */
const charsets = new Set(['utf-8', 'utf8', 'us-ascii']);
const unpacked = new Set(['', 'identity', ...encodings]);

/**
 * Refuses bodies that a page of any other site could make a browser send without asking (forms and plain text): a
 * server on a developer's machine must not be changed by a web page. Refuses those in other characters than UTF-8, and
 * those that are packed in a way that is not read, too.
 */
export const useJsonRequests = (): Plugin => ({
  // For every path: Yoga also answers at others, such as /graphql/ and /any/graphql.
  onRequestParse({ request: { method, headers }, fetchAPI, endResponse }) {
    if (method !== 'POST') return;
    const message = whyNot(headers);
    if (message === undefined) return;
    const body = { errors: [{ message, extensions: { code: 'INVALID_INPUT' } }] };
    const told = { 'accept-encoding': encodings.join(', ') };
    endResponse(fetchAPI.Response.json(body, { status: 415, headers: told }));
  },
});

/** Why a body with these headers is not read; undefined where it is. */
function whyNot(headers: Headers): string | undefined {
  const [given = '', ...parameters] = (headers.get('content-type') ?? '').split(';').map((part) => part.trim());
  const type = given.toLowerCase();
  if (!allowed.has(type)) {
    return `The content type ${JSON.stringify(type)} is not accepted: send application/json.`;
  }
  const charset = parameters
    .map((parameter) => /^charset\s*=\s*"?([^"]*)"?$/i.exec(parameter)?.[1]?.toLowerCase())
    .find((name) => name !== undefined);
  if (charset !== undefined && !charsets.has(charset)) {
    return `The charset ${JSON.stringify(charset)} is not accepted: send JSON in UTF-8. Nothing was done.`;
  }
  const encoding = (headers.get('content-encoding') ?? '').trim().toLowerCase();
  if (!unpacked.has(encoding)) {
    const named = JSON.stringify(encoding);
    return `The content encoding ${named} is not accepted: send the body as it is, or packed by one of ${encodings.join(', ')}.`;
  }
  return undefined;
}
