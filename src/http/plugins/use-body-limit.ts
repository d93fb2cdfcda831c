import type { IncomingMessage } from 'node:http';
import type { Plugin } from 'graphql-yoga';
import { refusal } from './refusal.ts';

/**
 * Refuses bodies of more than so many bytes. One whose length is announced is judged by that, and read as it comes:
 * Node takes no more of it from the socket. Yoga's own limit would copy each through a stream that counts, which takes
 * longer than to parse and validate a document. Only what comes in chunks is counted, and cut off.
 */
export const useBodyLimit = (limit: number): Plugin<object, { req?: IncomingMessage }> => ({
  onRequestParse({ request, requestParser, setRequestParser, fetchAPI }) {
    const length = request.headers.get('content-length');
    if (length !== null) {
      if (!/^\d+$/.test(length)) throw refusal(400, 'BAD_REQUEST', 'Content-Length is not a number of bytes.');
      if (Number(length) > limit) throw tooLarge(limit);
    } else if (requestParser && request.body) {
      setRequestParser(async ({ url, method, headers, body }) => {
        const whole = await read(body as ReadableStream<Uint8Array>, limit);
        return requestParser(new fetchAPI.Request(url, { method, headers, body: whole }));
      });
    }
  },
  /**
   * Closes the connection behind a request that was answered before all of its body was read: the rest is still on it,
   * and would have to be read to be thrown away.
   */
  onResponse({ request, response, serverContext }) {
    const isCut = hasBody(request) && serverContext?.req?.complete === false;
    if (isCut || closing.has(response.status)) response.headers.set('connection', 'close');
    if (isCut && serverContext?.req) linger(serverContext.req);
  },
});

/** Statuses of refusals that come before the body is read. */
const closing = new Set([413, 415, 429]);

const hasBody = ({ headers }: Request) =>
  headers.has('transfer-encoding') || Number(headers.get('content-length') ?? 0) > 0;

/** How long what a client still sends is taken and thrown away after it was refused. */
const LINGER_MS = 5_000;

/** The whole body. The rest of one that is too large is thrown away as it comes, until its connection is closed. */
async function read(body: ReadableStream<Uint8Array>, limit: number): Promise<Buffer<ArrayBuffer>> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    length += value.byteLength;
    if (length > limit) break;
    chunks.push(value);
  }
  // Not cancelled: that would end the connection, and the answer with it.
  drain(reader).catch(() => {});
  throw tooLarge(limit);
}

async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  while (!(await reader.read()).done);
}

/**
 * Closes a connection's own side when the answer is written, and the other side a little later: a client that still
 * sends when both are closed is reset, and never reads why.
 */
function linger({ socket }: IncomingMessage): void {
  socket.destroySoon = () => {
    socket.end();
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  };
}

const tooLarge = (limit: number) =>
  refusal(413, 'REQUEST_ENTITY_TOO_LARGE', `The body of a request may have at most ${limit} bytes.`);
