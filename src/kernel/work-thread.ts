import { parentPort, type ResourceLimits, type Transferable, Worker } from 'node:worker_threads';

/** What goes to a thread, and what comes back: an answer, or what is told of a failure. */
export interface Asked<Request> {
  id: number;
  request: Request;
}
export type Told<Answer> =
  | { id: number; answer: Answer }
  | { id: number; failure: { name: string; message: string; code?: unknown } };

/** The thread has ended before it had answered. */
export class ThreadEnded extends Error {
  override name = 'ThreadEnded';
}

/**
 * A thread for what takes long to compute, so that nobody else waits for it. It starts with the first thing it is
 * asked, and again after it has ended. It keeps no process from ending, except while it is asked something.
 */
export class WorkThread<Request, Answer> {
  readonly #file: URL;
  readonly #limits: ResourceLimits;
  readonly #waiting = new Map<number, { resolve(answer: Answer): void; reject(error: unknown): void }>();
  #worker: Worker | undefined;
  #nextId = 0;

  /** `file`: a module that calls {@link answerAsThread}. Where it takes more memory than `limits` say, it is ended. */
  constructor(file: URL, limits: ResourceLimits = {}) {
    this.#file = file;
    this.#limits = limits;
  }

  /**
   * Rejects with what the thread has thrown, by name and message, or {@link ThreadEnded}. `moved` are the buffers of the
   * request that need no copy: they are empty afterwards.
   */
  ask(request: Request, moved: readonly Transferable[] = []): Promise<Answer> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, request } satisfies Asked<Request>, moved);
    });
  }

  /** Ends it now; what it was asked is refused. */
  async end(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(this.#file, { resourceLimits: this.#limits });
    worker.on('message', (told: Told<Answer>) => {
      const waiter = this.#waiting.get(told.id);
      this.#waiting.delete(told.id);
      if (this.#waiting.size === 0) worker.unref();
      if ('failure' in told) waiter?.reject(Object.assign(new Error(told.failure.message), told.failure));
      else waiter?.resolve(told.answer);
    });
    const lose = (cause?: unknown) => {
      if (this.#worker === worker) this.#worker = undefined;
      const ended = new ThreadEnded('A thread of the service has ended.', { cause });
      for (const { reject } of this.#waiting.values()) reject(ended);
      this.#waiting.clear();
    };
    worker.on('error', lose);
    worker.on('exit', () => this.#worker === worker && lose());
    return worker;
  }
}

/** What a thread does: answers one thing after the other. `moved` are the buffers of an answer that need no copy. */
export function answerAsThread<Request, Answer>(
  answer: (request: Request) => Answer | Promise<Answer>,
  moved: (answer: Answer) => Transferable[] = () => [],
): void {
  const port = parentPort;
  if (!port) throw new Error('this runs as a worker thread');
  let last: Promise<unknown> = Promise.resolve();
  port.on('message', ({ id, request }: Asked<Request>) => {
    last = last
      .then(() => answer(request))
      .then(
        (value) => port.postMessage({ id, answer: value } satisfies Told<Answer>, moved(value)),
        ({ name, message, code }) => port.postMessage({ id, failure: { name, message, code } } satisfies Told<Answer>),
      );
  });
}
