import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Plugin } from 'graphql-yoga';

interface OnSocket {
  req?: IncomingMessage;
  res?: ServerResponse;
  /** The bytes of the answer are those of others, too: that it is not read holds nothing. */
  isShared?: boolean;
  /** The answer comes little by little, for as long as the client takes it: it holds next to nothing. */
  isStream?: boolean;
}

/** How often it is looked at what all answers together hold, while there are any. */
const LOOK_EVERY_MS = 250;

/**
 * Answers that clients have not read yet: each stays in memory for as long. The connection of one that is not read
 * within `withinMs` is closed; where all of them together hold more than `most` bytes, those that have taken longest.
 */
class UnreadAnswers {
  readonly #withinMs: number;
  readonly #most: number;
  /** By their answers, the oldest first. */
  readonly #requests = new Map<ServerResponse, IncomingMessage>();
  #looking: NodeJS.Timeout | undefined;

  constructor(withinMs: number, most: number) {
    this.#withinMs = withinMs;
    this.#most = most;
  }

  add(request: IncomingMessage, response: ServerResponse, isShared: boolean): void {
    // The answer itself has no socket yet where the client has not taken one before it.
    const timer = setTimeout(() => request.socket.destroy(), this.#withinMs).unref();
    response.once('close', () => {
      clearTimeout(timer);
      this.#requests.delete(response);
    });
    if (isShared) return;
    this.#requests.set(response, request);
    this.#looking ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  /** To be called when an answer has been added that is large. */
  lookSoon(): void {
    setImmediate(() => this.#look());
  }

  #look(): void {
    if (this.#requests.size === 0) {
      clearInterval(this.#looking);
      this.#looking = undefined;
      return;
    }
    let held = 0;
    for (const { writableLength } of this.#requests.keys()) held += writableLength;
    for (const [response, request] of this.#requests) {
      if (held <= this.#most) return;
      if (response.writableLength === 0) continue;
      held -= response.writableLength;
      request.socket.destroy();
    }
  }
}

/** An answer of so many bytes changes what all of them hold. */
const LARGE_BYTES = 65_536;

/** Bounds for how long, and how much, answers stay in memory that their clients do not read. */
export function useResponseDeadline(withinMs: number, mostBytes: number): Plugin<object, OnSocket> {
  const unread = new UnreadAnswers(withinMs, mostBytes);
  return {
    onResponse({ response, serverContext }) {
      const { req, res, isShared = false, isStream = false } = serverContext ?? {};
      if (!req || !res || isStream) return;
      unread.add(req, res, isShared);
      if (!isShared && Number(response.headers.get('content-length') ?? 0) >= LARGE_BYTES) unread.lookSoon();
    },
  };
}
