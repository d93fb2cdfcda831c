import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { RequestSettings } from './requests/settings.ts';

/** How long a client may take to send its headers, if REQUEST_TIMEOUT_MS is not less. */
const HEADERS_TIMEOUT_MS = 10_000;
/** The most bytes of a request's line and headers: a document in a URL has to fit. More is answered 431. */
const MAX_HEADER_BYTES = 16_384;

/**
 * An HTTP server that never waits for a client without end: one that sends too slowly is answered 408 and cut off. A
 * connection above the maximum is closed at once, without an answer.
 */
export function openHttpServer(handle: RequestListener, settings: RequestSettings): Server {
  const { requestTimeoutMs, keepAliveTimeoutMs, maxConnections } = settings;
  const options = {
    requestTimeout: requestTimeoutMs,
    headersTimeout: Math.min(requestTimeoutMs, HEADERS_TIMEOUT_MS),
    keepAliveTimeout: keepAliveTimeoutMs,
    // How often connections are looked at for being too slow.
    connectionsCheckingInterval: Math.min(1_000, Math.ceil(requestTimeoutMs / 4)),
    maxHeaderSize: MAX_HEADER_BYTES,
  };
  const server = createServer(options, (request, response) => {
    if (isAddressed(request)) handle(request, response);
    else refuse(response);
  });
  server.maxConnections = maxConnections;
  return server;
}

/** Whether the path and the Host header make a URL; all that comes later relies on it. */
const isAddressed = ({ url, headers }: IncomingMessage): boolean =>
  URL.canParse(`http://${headers.host ?? 'localhost'}${url}`);

function refuse(response: ServerResponse): void {
  const message = 'The Host header and the path of this request do not form a URL.';
  response
    .writeHead(400, { 'content-type': 'application/json; charset=utf-8', connection: 'close' })
    .end(JSON.stringify({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] }));
}
