import type { IncomingMessage } from 'node:http';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { bulkMutations } from '../../graphql/core/bulk-mutations.ts';
import type { Principal } from '../../kernel/principal.ts';
import type { BodyBudget, Reservation } from '../requests/body-budget.ts';
import { boundsOf, mayAskFor, type ReadParameters, readParameters, utf8 } from '../requests/parameters.ts';
import { announcedBy, type BodyLimits, type Encoding, receive, tooLarge, unpack } from '../requests/read-body.ts';
import { Refused } from '../requests/refused.ts';
import { noteSize } from '../requests/size.ts';
import { refusalFor } from './refusal.ts';

/** How large bodies may be, in bytes. */
export interface BodySettings {
  /** A body. */
  most: number;
  /** The body of a bulk mutation. */
  bulk: number;
  /** Of all that are in flight. */
  budget: BodyBudget;
}

interface Served {
  req?: IncomingMessage;
  principal: Principal;
}

/** What is known of a body before it is read. */
interface Announced {
  request: Request;
  req: IncomingMessage | undefined;
  /** Its bytes; undefined where it comes in chunks. */
  length: number | undefined;
  encoding: Encoding | undefined;
  /** Whether it may become a bulk mutation. */
  mayBeBulk: boolean;
}

/**
 * Reads bodies, within bounds: of one body, by what its operation and its credential may send; of all that are in
 * flight, by a budget that a body takes from before it is read, and gives back when its request is answered. Comes
 * after the authentication.
 */
export function useBodyLimit({ most, bulk, budget }: BodySettings): Plugin<object, Served> {
  const reservations = new WeakMap<object, Reservation>();

  const read = async (announced: Announced, reservation: Reservation): Promise<ReadParameters & { bytes: number }> => {
    const { request, req, length, encoding, mayBeBulk } = announced;
    const bounds = boundsOf(mayBeBulk);
    const look = {
      from: most,
      async at(beginning: Buffer) {
        if (!(await mayAskFor(bulkMutations, beginning, bounds))) throw tooLarge(most);
      },
    };
    const within: BodyLimits = { bytes: mayBeBulk ? bulk : most, reservation, reserved: 0 };
    if (length) reservation.take(length);
    const came = req
      ? await receive(req, { ...within, reserved: length ?? 0, ...(mayBeBulk && !encoding && { look }) })
      : Buffer.from(await request.arrayBuffer());
    const unpacked = encoding ? await unpack(came, encoding, { ...within, ...(mayBeBulk && { look }) }) : came;
    const body = utf8(unpacked);
    const bytes = Math.max(came.length, unpacked.length);
    if (typeOf(request) === 'application/graphql') return { parameters: { query: body.toString() }, values: 0, bytes };
    return { ...(await readParameters(body, bounds)), bytes };
  };

  return {
    // The handler comes to an end in every case.
    onRequest({ requestHandler, setRequestHandler }) {
      setRequestHandler(async (request, serverContext) => {
        try {
          return await requestHandler(request, serverContext);
        } finally {
          reservations.get(serverContext)?.release();
          reservations.delete(serverContext);
        }
      });
    },
    onRequestParse({ request, serverContext, requestParser, setRequestParser }) {
      if (request.method !== 'POST' || !requestParser) return;
      const { principal, req } = serverContext;
      const mayBeBulk = bulk > most && principal.scopes.has('WRITE');
      const announced: Announced = { request, req, mayBeBulk, ...refusing(() => announcedBy(request)) };
      if (announced.length !== undefined && announced.length > (mayBeBulk ? bulk : most))
        throw refusalFor(tooLarge(mayBeBulk ? bulk : most));
      setRequestParser(async () => {
        const reservation = budget.open(principal.workspaceId);
        reservations.set(serverContext, reservation);
        try {
          const { parameters, values, bytes } = await read(announced, reservation);
          noteSize(request, { bytes, values, most, reservation });
          return parameters as GraphQLParams;
        } catch (error) {
          throw error instanceof Refused ? refusalFor(error) : error;
        }
      });
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
  };
}

function refusing<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof Refused ? refusalFor(error) : error;
  }
}

/** Statuses of refusals that come before the body is read. */
const closing = new Set([413, 415, 429]);

const typeOf = ({ headers }: Request) => headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();

const hasBody = ({ headers }: Request) =>
  headers.has('transfer-encoding') || Number(headers.get('content-length') ?? 0) > 0;

/** How long what a client still sends is taken and thrown away after it was refused. */
const LINGER_MS = 5_000;

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
