import { type Answer, type Delivery, dataOf, OperationError, unavailable } from './operation-error.ts';

/** What sends requests: the global `fetch`, or what behaves like it. An OperationError of it is no failure of the network. */
export type Send = (url: string, init: RequestInit) => Promise<Response>;

/** A request, and how often and how long it may be tried. */
export interface Sending {
  send: Send;
  url: string;
  headers: Record<string, string>;
  body: string;
  /** How long one attempt may take, in milliseconds. */
  timeoutMs: number;
  /** How many attempts may follow the first. */
  retries: number;
  signal: AbortSignal | undefined;
}

/** The service, or what stands before it, cannot take a request now. */
const PASSING = new Set([429, 502, 503, 504]);
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** Whoever is asked to wait longer is told so, and decides. */
const LONGEST_RETRY_AFTER_SECONDS = 60;

/** The data of the answer. Sends the request again after a failure that may pass. Throws OperationError, or why it was aborted. */
export async function dataBySending(sending: Sending): Promise<unknown> {
  for (let retry = 0; ; retry++) {
    try {
      return await attempt(sending);
    } catch (error) {
      const pauseMs = retry < sending.retries ? pauseAfter(error, retry) : undefined;
      if (pauseMs === undefined) throw error;
      await pause(pauseMs, sending.signal);
    }
  }
}

async function attempt({ send, url, headers, body, timeoutMs, signal }: Sending): Promise<unknown> {
  signal?.throwIfAborted();
  const limit = AbortSignal.timeout(timeoutMs);
  const ending = signal ? AbortSignal.any([signal, limit]) : limit;
  try {
    const response = await unless(ending, send(url, { method: 'POST', headers, body, signal: ending }));
    return dataOf(answerOf(await unless(ending, response.text()), response), deliveryOf(response));
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (error instanceof OperationError) throw error;
    throw unavailable(
      limit.aborted
        ? `The service has not answered within ${timeoutMs} ms. It may still do what it was asked.`
        : `The service cannot be reached: ${causeOf(error)}.`,
      { cause: error },
    );
  }
}

function answerOf(text: string, response: Response): Answer {
  const answer = parsed(text);
  if (typeof answer === 'object' && answer !== null && ('data' in answer || 'errors' in answer)) {
    return answer as Answer;
  }
  const message = `The server answered ${response.status}, and nothing of GraphQL: ${text.slice(0, 200)}`;
  throw unavailable(message, deliveryOf(response));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function deliveryOf({ status, headers }: Response): Delivery {
  const seconds = Number(headers.get('retry-after') || Number.NaN);
  return {
    status,
    retryAfterSeconds: seconds >= 0 ? seconds : undefined,
    requestId: headers.get('x-request-id') ?? undefined,
  };
}

/** What a failure of `fetch` came from: its own message says nothing. */
function causeOf(error: unknown): string {
  const { message, cause } = error as Error;
  return (cause instanceof Error && (cause.message || (cause as { code?: string }).code)) || message || String(error);
}

/** How long to wait before the next attempt; undefined: another one would not help, or nobody wants to wait so long. */
function pauseAfter(error: unknown, retry: number): number | undefined {
  if (!(error instanceof OperationError)) return undefined;
  const { status, code, retryAfterSeconds } = error;
  const mayPass = status === undefined || status === 200 ? code === 'UNAVAILABLE' : PASSING.has(status);
  if (!mayPass) return undefined;
  // Clients that failed together shall not come back together.
  const own = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** retry) * (0.5 + Math.random() / 2);
  if (retryAfterSeconds === undefined) return own;
  return retryAfterSeconds > LONGEST_RETRY_AFTER_SECONDS ? undefined : Math.max(own, retryAfterSeconds * 1_000);
}

/** The same promise, rejected as soon as the signal ends the waiting: what sends may take no notice of it. */
function unless<T>(signal: AbortSignal, running: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    running.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end);
      resolve();
    }, ms);
    signal?.addEventListener('abort', end, { once: true });
  });
}
