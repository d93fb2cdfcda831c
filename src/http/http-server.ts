import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { limitConnections, requestLimit } from './connections.ts';
import { connectionsPerAddress, type RequestSettings } from './requests/settings.ts';

/** How long a client may take to send its headers, if REQUEST_TIMEOUT_MS is not less. */
const HEADERS_TIMEOUT_MS = 10_000;
/** The most bytes of a request's line and headers: a document in a URL has to fit. More is answered 431. */
const MAX_HEADER_BYTES = 16_384;

/**
 * An HTTP server that never waits for a client without end: one that sends too slowly is answered 408 and cut off. A
 * connection above the maximum, of all or of one address, is closed at once, without an answer.
 */
export function openHttpServer(handle: RequestListener, settings: RequestSettings): Server {
  const { requestTimeoutMs, keepAliveTimeoutMs, maxConnections, trustedProxies } = settings;
  const perAddress = connectionsPerAddress(settings);
  const mayEnter = trustedProxies > 0 ? requestLimit(perAddress, trustedProxies) : () => true;
  const options = {
    requestTimeout: requestTimeoutMs,
    headersTimeout: Math.min(requestTimeoutMs, HEADERS_TIMEOUT_MS),
    keepAliveTimeout: keepAliveTimeoutMs,
    // How often connections are looked at for being too slow.
    connectionsCheckingInterval: Math.min(1_000, Math.ceil(requestTimeoutMs / 4)),
    maxHeaderSize: MAX_HEADER_BYTES,
  };
  const server = createServer(options, (request, response) => {
    if (!isAddressed(request)) refuse(response, 400, NO_URL);
    else if (!mayEnter(request, response)) refuse(response, 429, TOO_MANY, { 'retry-after': '1' });
    else handle(request, response);
  });
  server.maxConnections = maxConnections;
  // Of several processes of one port, one that has too many would hand the connection on, and all of them without end.
  Object.assign(server, { dropMaxConnection: true });
  if (trustedProxies === 0) limitConnections(server, perAddress);
  return server;
}

/** Whether the path and the Host header make a URL; all that comes later relies on it. */
const isAddressed = ({ url, headers }: IncomingMessage): boolean =>
  URL.canParse(`http://${headers.host ?? 'localhost'}${url}`);

const NO_URL = {
  message: 'The Host header and the path of this request do not form a URL.',
  extensions: { code: 'BAD_REQUEST' },
};
const TOO_MANY = {
  message: 'Too many requests of this address are being answered: try again when one of them has been.',
  extensions: { code: 'RATE_LIMITED' },
};

function refuse(response: ServerResponse, status: number, error: object, headers: OutgoingHttpHeaders = {}): void {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', connection: 'close', ...headers })
    .end(JSON.stringify({ errors: [error] }));
}
