import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type Agents, PrivateAddress } from './address.ts';

/** How long a receiver may take to answer. */
export const TIMEOUT_MS = 15_000;
/** How much of an answer's body is read, so that the connection can be used again. Nothing is made of it. */
const MAX_ANSWER_BYTES = 65_536;

/** What came of an attempt. */
export interface Answer {
  /** What the receiver answered; null: nothing. */
  statusCode: number | null;
  /** Why nothing came of it; null: it was taken. */
  error: string | null;
  /** When the receiver wants to be asked again, in milliseconds from now. */
  retryAfterMs: number | null;
}

interface Outgoing {
  url: string;
  headers: Record<string, string>;
  body: string;
}

interface How {
  agents: Agents;
  /** Breaks it off: then it rejects. */
  signal: AbortSignal;
  /** Default: {@link TIMEOUT_MS}. */
  timeoutMs?: number | undefined;
}

/** Sends one request, and follows no redirect. Rejects only where the signal comes: then nobody knows what came of it. */
export async function send(outgoing: Outgoing, how: How): Promise<Answer> {
  const { signal, timeoutMs = TIMEOUT_MS } = how;
  const inTime = AbortSignal.timeout(timeoutMs);
  for (let attempt = 1; ; attempt++) {
    try {
      return await sendOnce(outgoing, how.agents, AbortSignal.any([signal, inTime]));
    } catch (error) {
      if (signal.aborted) throw error;
      // A kept connection that the receiver has closed meanwhile says nothing of the receiver.
      if (attempt === 1 && error instanceof Stale && !inTime.aborted) continue;
      const why = inTime.aborted ? `It did not answer within ${timeoutMs / 1000} s.` : describe(error);
      return { statusCode: null, error: why, retryAfterMs: null };
    }
  }
}

/** The connection had been used before, and was closed. */
class Stale extends Error {}

function sendOnce({ url, headers, body }: Outgoing, agents: Agents, signal: AbortSignal): Promise<Answer> {
  const bytes = Buffer.from(body);
  const make = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = make(url, {
      method: 'POST',
      agent: agents.of(url),
      headers: { ...headers, 'content-type': 'application/json', 'content-length': bytes.length },
      signal,
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = request.reusedSocket && /^(ECONNRESET|EPIPE)$/.test(error.code ?? '');
      reject(isStale ? new Stale('', { cause: error }) : error);
    });
    request.on('response', (response) => {
      drain(response);
      resolve(answerOf(response));
    });
    request.end(bytes);
  });
}

/** Reads what is left of an answer, up to a bound, until the time is over. */
function drain(response: IncomingMessage): void {
  let bytes = 0;
  response.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > MAX_ANSWER_BYTES) response.destroy();
  });
  response.on('error', () => {});
}

function answerOf({ statusCode = 0, headers }: IncomingMessage): Answer {
  const isTaken = statusCode >= 200 && statusCode < 300;
  const isRedirect = statusCode >= 300 && statusCode < 400;
  return {
    statusCode,
    error: isTaken ? null : `It answered ${statusCode}${isRedirect ? ': redirects are not followed' : ''}.`,
    retryAfterMs: isTaken ? null : readRetryAfter(headers['retry-after']),
  };
}

/** Seconds, or a date. */
function readRetryAfter(value: string | undefined): number | null {
  if (value === undefined) return null;
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

const known: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'The connection was refused.',
  ENOTFOUND: 'The name of its host is not known.',
  EAI_AGAIN: 'The name of its host could not be looked up.',
  ECONNRESET: 'The connection broke.',
  EPIPE: 'The connection broke.',
  ETIMEDOUT: 'It could not be reached in time.',
  EHOSTUNREACH: 'It could not be reached.',
  ENETUNREACH: 'It could not be reached.',
};

/** In words of our own: those of the other side may quote anything. */
function describe(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  // Several addresses were tried.
  const first = error instanceof AggregateError ? error.errors[0] : undefined;
  if (first) return describe(first);
  if (code !== undefined && known[code]) return known[code];
  if (error instanceof PrivateAddress) return message;
  if (code !== undefined && /CERT|ERR_TLS|SELF_SIGNED|UNABLE_TO_/.test(code)) {
    return `Its certificate is not valid (${code}).`;
  }
  return code !== undefined && /^[A-Z0-9_]{1,60}$/.test(code)
    ? `It could not be sent (${code}).`
    : 'It could not be sent.';
}
