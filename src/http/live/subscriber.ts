import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Following } from '../../domain/live/feed-watch.ts';
import { DomainError, Unavailable } from '../../kernel/errors.ts';
import type { Batch, Payload } from './batches.ts';

/** How many events are read at once. */
const BATCH = 16;
/** The most bytes of what was read that wait for a client, but for what is next. */
const MOST_WAITING_BYTES = 65_536;

/** How long it is waited before what could not be read is read again, at first and at most. */
const RETRY_MS = 250;
const MOST_RETRY_MS = 5_000;

interface Options {
  /** Reads what comes next, at most `limit` events. */
  read: (position: number, head: number, limit: number) => Promise<Batch>;
  /** The cursor to resume after a place; undefined where there is none. */
  cursorAt: (position: number) => string | undefined;
  /** Something has been handed over. */
  delivered: () => void;
  /** It has come to an end. */
  over: () => void;
  /** Something that is no outage has gone wrong. */
  failed: (error: unknown) => void;
  /** What the answer goes by; absent: nothing that could be cut off. */
  socket?: {
    /** All of the answer has been sent, or nothing can be sent any more. */
    isGone: () => boolean;
    cut: () => void;
  };
}

/**
 * What one client gets: an event is read when the client has taken what came before, so that nothing gathers for one that
 * is slow. It holds a place in the feed, and the rest of what was read in one go.
 */
export class Subscriber implements AsyncIterableIterator<ExecutionResult> {
  readonly #options: Options;
  #following: Following | undefined;
  #batch: readonly Payload[] = [];
  #next = 0;
  /** Up to here it has all. */
  #position = 0;
  /** Since when it has not asked for more; undefined: it waits for something. */
  #handedAt: number | undefined;
  #endedAt: number | undefined;
  #last: ExecutionResult | undefined;
  #woken = Promise.withResolvers<void>();
  /** How many events are read next: fewer, where not all of what was read could be kept. */
  #limit = BATCH;
  #retryMs = RETRY_MS;
  /** Ends the pause before what could not be read is read again. */
  #endPause: () => void = () => {};

  constructor(options: Options) {
    this.#options = options;
  }

  readonly wake = (): void => this.#woken.resolve();

  /** The workspace is gone. */
  readonly fail = (error: Error): void => this.#end(error);

  begin(following: Following): void {
    this.#following = following;
    this.#position = following.follower.position;
    if (this.hasEnded) following.leave();
  }

  get hasEnded(): boolean {
    return this.#endedAt !== undefined;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<ExecutionResult>> {
    this.#handedAt = undefined;
    for (;;) {
      if (this.hasEnded) return this.#finish();
      const payload = this.#batch[this.#next];
      if (payload) return this.#hand(payload);
      await this.#advance();
    }
  }

  async return(): Promise<IteratorResult<ExecutionResult>> {
    this.end();
    this.#last = undefined;
    return { value: undefined, done: true };
  }

  /** Ends it: with an error as the last event, or with none. What has not been taken is dropped. */
  end(code?: string, message = ''): void {
    if (this.hasEnded) return;
    const after = this.#cursor();
    const extensions = { code, ...(after !== undefined && { after }) };
    if (code !== undefined) this.#last = { errors: [new GraphQLError(message, { extensions })] };
    this.#endedAt = performance.now();
    this.#batch = [];
    this.#following?.leave();
    this.#options.over();
    this.wake();
    this.#endPause();
  }

  /** Whether there is something for it that it has not taken for so long. */
  isTooSlow(ms: number): boolean {
    if (this.#handedAt === undefined || this.hasEnded || performance.now() - this.#handedAt < ms) return false;
    return this.#next < this.#batch.length || (this.#following?.follower.isBehind ?? false);
  }

  /** Ends the connection where its end has not been taken for so long; true: nothing more is to be done. */
  cutIfStuck(ms: number): boolean {
    const { socket } = this.#options;
    if (!socket || this.#endedAt === undefined || socket.isGone()) return true;
    if (performance.now() - this.#endedAt < ms) return false;
    socket.cut();
    return true;
  }

  #end(error: unknown): void {
    const isExpected = error instanceof DomainError;
    if (!isExpected) this.#options.failed(error);
    this.end(isExpected ? error.code : 'INTERNAL_SERVER_ERROR', isExpected ? error.message : 'Unexpected error.');
  }

  #finish(): IteratorResult<ExecutionResult> {
    const last = this.#last;
    this.#last = undefined;
    return last ? { value: last, done: false } : { value: undefined, done: true };
  }

  #hand(payload: Payload): IteratorResult<ExecutionResult> {
    this.#next++;
    this.#position = payload.position;
    this.#handedAt = performance.now();
    this.#options.delivered();
    return { value: payload.result, done: false };
  }

  #cursor(): string | undefined {
    const follower = this.#following?.follower;
    const isEmpty = this.#next >= this.#batch.length;
    return this.#options.cursorAt(isEmpty && follower ? Math.max(this.#position, follower.position) : this.#position);
  }

  /** Reads on, or waits until there may be more. */
  async #advance(): Promise<void> {
    const follower = this.#following?.follower;
    if (!follower?.isBehind) {
      await this.#woken.promise;
      this.#woken = Promise.withResolvers<void>();
      return;
    }
    try {
      const { payloads, to } = await this.#options.read(follower.position, follower.head, this.#limit);
      this.#retryMs = RETRY_MS;
      if (this.hasEnded) return;
      const { kept, bytes } = whatFits(payloads);
      this.#batch = kept;
      this.#next = 0;
      const isAll = kept.length === payloads.length;
      if (!isAll) this.#limit = kept.length;
      else if (2 * bytes <= MOST_WAITING_BYTES) this.#limit = Math.min(BATCH, 2 * this.#limit);
      follower.moveTo(isAll ? to : (kept.at(-1)?.position ?? to));
    } catch (error) {
      if (!(error instanceof Unavailable)) return this.#end(error);
      await this.#pause(this.#retryMs);
      this.#retryMs = Math.min(MOST_RETRY_MS, 2 * this.#retryMs);
    }
  }

  /** Only its end cuts a pause short: new events are no reason to ask a database that is away again at once. */
  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#endPause = resolve;
    const timer = setTimeout(resolve, ms).unref();
    await promise;
    clearTimeout(timer);
  }
}

/** The first payload, and those after it that fit; and their bytes. What is left is read again. */
function whatFits(payloads: readonly Payload[]): { kept: readonly Payload[]; bytes: number } {
  let bytes = 0;
  for (const [index, payload] of payloads.entries()) {
    if (index > 0 && bytes + payload.bytes > MOST_WAITING_BYTES) return { kept: payloads.slice(0, index), bytes };
    bytes += payload.bytes;
  }
  return { kept: payloads, bytes };
}
