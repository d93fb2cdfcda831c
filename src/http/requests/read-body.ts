import type { IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import type { Reservation } from './body-budget.ts';
import { Collected } from './collected.ts';
import { malformed, Refused } from './refused.ts';

/** How a body may be packed; what is answered in Accept-Encoding where it is packed otherwise. */
export const encodings = ['gzip', 'br', 'deflate'] as const;
export type Encoding = (typeof encodings)[number];

/** How many times as large as it came a body may be when it is unpacked. */
const MAX_RATIO = 100;
/** Below this size any ratio is fine. */
const RATIO_FROM_BYTES = 1_048_576;

/** What the headers say of a body: its bytes, unless it comes in chunks, and how it is packed. Throws Refused. */
export function announcedBy({ headers }: Request): { length: number | undefined; encoding: Encoding | undefined } {
  const length = headers.get('content-length') ?? undefined;
  if (length !== undefined && !/^\d+$/.test(length)) throw malformed('Content-Length is not a number of bytes.');
  const encoding = headers.get('content-encoding')?.trim().toLowerCase();
  return {
    length: length === undefined ? undefined : Number(length),
    encoding: encoding && encoding !== 'identity' ? (encoding as Encoding) : undefined,
  };
}

/** What is taken of a body. */
export interface BodyLimits {
  /** Bytes, packed and unpacked. */
  bytes: number;
  reservation: Reservation;
  /** Bytes that have been taken of the budget already. */
  reserved: number;
  /** Looks at what has come when it is more than so many bytes. It rejects where the rest is not worth to be taken. */
  look?: { from: number; at(beginning: Buffer): Promise<void> };
}

export const tooLarge = (limit: number, more = ''): Refused =>
  new Refused(413, 'REQUEST_ENTITY_TOO_LARGE', `The body of a request may have at most ${limit} bytes${more}.`);

/**
 * All that comes in a stream. Where that is too much, or not what was announced, `leave` is told what becomes of the
 * rest. Throws Refused.
 */
function gather(stream: Readable, limits: BodyLimits, leave: () => void): Promise<Buffer> {
  const { bytes, reservation, look } = limits;
  const collected = new Collected();
  let reserved = limits.reserved;
  let isLookedAt = look === undefined;
  return new Promise((resolve, reject) => {
    const stop = () => {
      stream.off('data', take).off('end', end).off('error', fail).off('close', closed);
      // What nobody waits for any more may still fail.
      stream.on('error', () => {});
    };
    const fail = (error: Error) => {
      stop();
      leave();
      reject(error);
    };
    const take = (chunk: Buffer) => {
      try {
        const length = collected.length + chunk.length;
        if (length > bytes) throw tooLarge(bytes);
        if (length > reserved) reservation.take(length - reserved);
        reserved = Math.max(reserved, length);
        collected.add(chunk);
      } catch (error) {
        return fail(error as Error);
      }
      if (isLookedAt || collected.length <= (look?.from ?? 0)) return;
      isLookedAt = true;
      stream.pause();
      look?.at(collected.copy()).then(() => stream.resume(), fail);
    };
    const end = () => {
      stop();
      resolve(collected.take());
    };
    const closed = () => fail(malformed('The connection was closed before the body was whole.'));
    stream.on('data', take).on('end', end).on('error', fail).on('close', closed);
  });
}

/**
 * The whole body as it comes from a socket. The rest of one that is refused is thrown away as it comes, until its
 * connection is closed: to end the stream would end the connection, and the answer with it. Throws Refused.
 */
export const receive = (request: IncomingMessage, limits: BodyLimits): Promise<Buffer> =>
  gather(request, limits, () => request.resume());

/** What was packed. Throws Refused where that is too large, or where it was not packed so. */
export function unpack(packed: Buffer, encoding: Encoding, limits: BodyLimits): Promise<Buffer> {
  const stream = unpackerOf(packed, encoding);
  const most = Math.max(RATIO_FROM_BYTES, packed.length * MAX_RATIO);
  const unpacked = gather(stream, { ...limits, bytes: Math.min(limits.bytes, most) }, () => stream.destroy());
  stream.end(packed);
  return unpacked.catch((error) => {
    if (!(error instanceof Refused)) throw malformed(`The body is not packed as Content-Encoding: ${encoding} says.`);
    if (error.status !== 413 || most >= limits.bytes) throw error;
    throw tooLarge(most, ` when it is unpacked: ${MAX_RATIO} times what it has packed`);
  });
}

function unpackerOf(packed: Buffer, encoding: Encoding): Transform {
  if (encoding === 'gzip') return createGunzip();
  if (encoding === 'br') return createBrotliDecompress();
  // Some send deflate without the frame that HTTP asks for.
  const isFramed = packed.length > 1 && ((packed[0] as number) & 0x0f) === 8 && packed.readUInt16BE(0) % 31 === 0;
  return isFramed ? createInflate() : createInflateRaw();
}
