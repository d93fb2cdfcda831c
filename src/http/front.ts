import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { RequestSettings } from './requests/settings.ts';

/** What answers requests, and how it comes to an end. */
export interface Served {
  handle: RequestListener & { dispose(): unknown };
  /** What requests may take. */
  requests: RequestSettings;
  /** From here on `/ready` says no. */
  drain(): void;
}

/** The longest that a timer may be. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** After how many seconds a client may ask again. */
const RETRY_AFTER_SECONDS = '1';
const STARTING = JSON.stringify({
  errors: [
    {
      message: 'The service is starting: try again in a moment, or when /ready answers 200.',
      extensions: { code: 'UNAVAILABLE' },
    },
  ],
});

/**
 * Stands in for the service while that is still starting, so that the port answers from the first moment on: `/health`
 * says that the process lives, `/ready` that it cannot serve yet, and all else is put off. From {@link open} on the
 * service answers.
 */
export class Front implements Served {
  readonly requests: RequestSettings;
  #service: Served | undefined;
  #busy = 0;
  #lastAt = performance.now();

  constructor(requests: RequestSettings) {
    this.requests = requests;
  }

  readonly handle = Object.assign(
    (...of: Parameters<RequestListener>) => {
      this.#note(of[1]);
      return this.#service ? this.#service.handle(...of) : putOff(...of);
    },
    { dispose: () => this.#service?.handle.dispose() },
  );

  /** Resolves when no request has been answered for so long. */
  untilIdle(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        const left = this.#busy > 0 ? ms : this.#lastAt + ms - performance.now();
        if (left <= 0) resolve();
        else setTimeout(look, Math.min(left, MAX_TIMER_MS)).unref();
      };
      look();
    });
  }

  #note(response: ServerResponse): void {
    this.#busy++;
    response.once('close', () => {
      this.#busy--;
      this.#lastAt = performance.now();
    });
  }

  open(service: Served): void {
    this.#service = service;
  }

  drain(): void {
    this.#service?.drain();
  }
}

function putOff({ url = '' }: IncomingMessage, response: ServerResponse): void {
  const [path] = url.split('?');
  if (path === '/health') {
    response.writeHead(200).end();
    return;
  }
  const isGraphql = path !== '/ready';
  response
    .writeHead(503, { 'retry-after': RETRY_AFTER_SECONDS, ...(isGraphql && { 'content-type': 'application/json' }) })
    .end(isGraphql ? STARTING : undefined);
}
