import type { IncomingMessage } from 'node:http';
import type { Reservation } from '../requests/body-budget.ts';
import { NotJson } from '../requests/json-tokens.ts';
import { JsonWalk, TooMuchJson } from '../requests/json-walk.ts';
import { boundsOf, utf8 } from '../requests/parameters.ts';
import { announcedBy, receive, tooLarge, unpack } from '../requests/read-body.ts';
import { malformed, Refused } from '../requests/refused.ts';
import { Pieces } from '../requests/turns.ts';

/** A message of JSON-RPC, as far as it is looked at here. */
export interface Message {
  id?: unknown;
  method?: unknown;
  params?: { name?: unknown };
}

/**
 * Reads the message in the body of a request, within the bounds that bodies of GraphQL have: it is counted before
 * anything is made of it. Throws Refused.
 */
export async function readMessage(
  request: Request,
  req: IncomingMessage | undefined,
  most: number,
  reservation: Reservation,
): Promise<Message> {
  const { length, encoding } = announcedBy(request);
  if (length !== undefined && length > most) throw tooLarge(most);
  if (length) reservation.take(length);
  const within = { bytes: most, reservation, reserved: 0 };
  const came = req
    ? await receive(req, { ...within, reserved: length ?? 0 })
    : Buffer.from(await request.arrayBuffer());
  if (came.length > most) throw tooLarge(most);
  const body = utf8(encoding ? await unpack(came, encoding, within) : came);
  const pieces = new Pieces();
  try {
    await new JsonWalk(body, { start: 0, end: body.length }, boundsOf(false), () => {}).run(pieces);
  } catch (error) {
    if (error instanceof NotJson) throw malformed(`The body is not JSON: byte ${error.offset} is not as expected.`);
    if (!(error instanceof TooMuchJson)) throw error;
    throw new Refused(413, 'LIMIT_EXCEEDED', `The body is too large: ${error.message} are allowed.`);
  }
  await pieces.rest();
  const message: unknown = JSON.parse(body.toString('utf8'));
  if (typeof message === 'object' && message !== null && !Array.isArray(message)) return message;
  throw malformed('The body is no object: send one message of JSON-RPC at a time.');
}
