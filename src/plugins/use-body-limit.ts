import type { IncomingMessage } from 'node:http';
import type { Plugin } from 'graphql-yoga';
import { refusal } from './refusal.ts';

/** So many times what is allowed is read of a body that is too large. */
const MOST_THROWN_AWAY = 4;

/**
 * Refuses bodies of more than so many bytes. One whose length is announced is judged by that, and read as it comes: Node
 * takes no more of it from the socket. Yoga's own limit would copy each through a stream that counts, which takes longer
 * than to parse and validate a document. Only what comes in chunks is counted, and cut off.
 */
export const useBodyLimit = (limit: number): Plugin<object, { req?: IncomingMessage }> => ({
  onRequestParse({ request, requestParser, setRequestParser, fetchAPI }) {
    const length = request.headers.get('content-length');
    if (length !== null) {
      if (!/^\d+$/.test(length)) throw refusal(400, 'BAD_REQUEST', 'Content-Length is no number of bytes.');
      if (Number(length) > limit) throw tooLarge(limit);
    } else if (requestParser && request.body) {
      setRequestParser(async ({ url, method, headers, body }) => {
        const whole = await read(body as ReadableStream<Uint8Array>, limit);
        return requestParser(new fetchAPI.Request(url, { method, headers, body: whole }));
      });
    }
  },
  /**
   * Closes the connection behind a request that was answered before all of its body was read: the rest is still on it, and
   * would have to be read to be thrown away.
   */
  onResponse({ request, response, serverContext }) {
    const isCut = hasBody(request) && serverContext?.req?.complete === false;
    if (isCut || closing.has(response.status)) response.headers.set('connection', 'close');
  },
});

/** Statuses of refusals that come before the body is read. */
const closing = new Set([413, 415, 429]);

const hasBody = ({ headers }: Request) =>
  headers.has('transfer-encoding') || Number(headers.get('content-length') ?? 0) > 0;

/** The whole body. What is too much of it is thrown away as it comes, up to a bound: a client that is cut off while it sends seldom reads why. */
async function read(body: ReadableStream<Uint8Array>, limit: number): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length <= limit) chunks.push(chunk);
    else if (length > MOST_THROWN_AWAY * limit) break;
  }
  if (length > limit) throw tooLarge(limit);
  return Buffer.concat(chunks);
}

const tooLarge = (limit: number) =>
  refusal(413, 'REQUEST_ENTITY_TOO_LARGE', `A request’s body has at most ${limit} bytes.`);
