import cluster, { type Worker } from 'node:cluster';
import { RateLimiterClusterMaster } from 'rate-limiter-flexible';
import type { Logger } from '../../http/telemetry/logger.ts';
import { WorkersFailed } from './failed.ts';
import { handOnWhenDead } from './hand-on.ts';
import { MetricsOfAll } from './joined-metrics.ts';
import { type FromWorker, isOurs, type ToWorker } from './messages.ts';
import { Place } from './place.ts';

/** How often in a row a worker may end before it serves. */
const MOST_FAILED_STARTS = 5;
/** How long workers may take to answer what they have been asked when the server ends. */
const STOP_TIMEOUT_MS = 10_000;

type Serving = Extract<FromWorker, { kind: 'serving' }>;

/** Starts the workers, keeps them, and joins what they have in common. It serves nothing itself. */
export class Primary {
  readonly #places: readonly Place[];
  readonly #logger: Logger;
  readonly #metrics = new MetricsOfAll();
  readonly #failed = Promise.withResolvers<never>();
  readonly #first = Promise.withResolvers<Serving>();
  readonly #all = Promise.withResolvers<void>();
  /** Who does the work in the background. */
  #leader: Place | undefined;
  #hasServed = false;
  #isEnding = false;
  #onEnd = () => {};

  constructor(workers: number, logger: Logger) {
    this.#logger = logger;
    this.#places = Array.from({ length: workers }, (_, index) => new Place(index + 1));
    this.#failed.promise.catch(() => {});
    cluster.schedulingPolicy = cluster.SCHED_RR;
    // It counts for the limits that workers have in common.
    new RateLimiterClusterMaster();
  }

  /** Rejects when the server cannot go on. */
  readonly failed: Promise<never> = this.#failed.promise;

  /**
   * Starts the first worker, which brings the database up to date; when that serves, the others. Resolves to what the
   * first says when all serve.
   */
  async start(): Promise<Serving> {
    const [first, ...others] = this.#places as [Place, ...Place[]];
    this.#start(first);
    const serving = await this.#first.promise;
    for (const place of others) this.#start(place);
    await this.#all.promise;
    return serving;
  }

  /** Lets all workers answer what they have been asked, and end. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    const ended = new Promise<void>((resolve) => {
      this.#onEnd = () => this.#places.every(({ worker }) => !worker) && resolve();
    });
    for (const { worker } of this.#places) send(worker, { kind: 'stop' });
    const late = setTimeout(() => this.kill(), STOP_TIMEOUT_MS);
    this.#onEnd();
    await ended;
    clearTimeout(late);
  }

  /** Ends all workers at once. */
  kill(): void {
    this.#isEnding = true;
    for (const { worker } of this.#places) worker?.process.kill('SIGKILL');
  }

  #start(place: Place): void {
    if (this.#isEnding) return;
    const worker = cluster.fork();
    place.worker = worker;
    handOnWhenDead(worker, () => this.#places.some((other) => other !== place && other.serves));
    worker.on('message', (message) => isOurs(message) && this.#take(place, message));
    // If it cannot be sent to, its end follows.
    worker.on('error', () => {});
    worker.once('exit', (code, signal) => this.#ended(place, worker, signal || code));
  }

  #take(place: Place, message: FromWorker): void {
    const { number, worker } = place;
    switch (message.kind) {
      case 'hello':
        send(worker, { kind: 'start', number, listensFirst: !this.#places.some(({ serves }) => serves) });
        break;
      case 'serving':
        this.#serves(place, message);
        break;
      case 'tell':
        this.#tellOthers(place, message);
        break;
      case 'ask-metrics':
        void this.#joinMetrics(worker, message.id);
        break;
      case 'own-metrics':
        this.#metrics.take(number, message.id, message.series);
    }
  }

  #serves(place: Place, serving: Serving): void {
    place.begins();
    this.#hasServed = true;
    if (place.ends > 0) this.#logger.warn(`Worker ${place.number} serves again, as process ${place.pid}.`);
    this.#first.resolve(serving);
    if (this.#places.every(({ serves }) => serves)) this.#all.resolve();
    this.#chooseLeader();
  }

  #tellOthers(place: Place, { channel, what }: Extract<FromWorker, { kind: 'tell' }>): void {
    for (const other of this.#places)
      if (other !== place && other.serves) send(other.worker, { kind: 'told', channel, what });
  }

  async #joinMetrics(worker: Worker | undefined, id: number): Promise<void> {
    const serving = this.#places.filter(({ serves }) => serves);
    const ask = (number: number, own: number) =>
      send(serving.find((place) => place.number === number)?.worker, { kind: 'give-metrics', id: own });
    const numbers = serving.map(({ number }) => number);
    send(worker, { kind: 'metrics', id, text: await this.#metrics.text(numbers, ask) });
  }

  /** One does what is to be done once; when it ends, another. */
  #chooseLeader(): void {
    if (this.#leader || this.#isEnding) return;
    this.#leader = this.#places.find(({ serves }) => serves);
    send(this.#leader?.worker, { kind: 'lead' });
  }

  #ended(place: Place, worker: Worker, how: string | number): void {
    place.ended();
    this.#metrics.end(place.number);
    if (this.#leader === place) this.#leader = undefined;
    this.#onEnd();
    if (this.#isEnding) return;
    this.#chooseLeader();
    const said = typeof how === 'string' ? `was ended by ${how}` : `has ended with code ${how}`;
    const what = `Worker ${place.number} (process ${worker.process.pid}) ${said}`;
    const failure = this.#failureOf(place, what, how);
    if (failure) this.#failed.reject(failure);
    else this.#startAgain(place, what);
  }

  #failureOf(place: Place, what: string, how: string | number): WorkersFailed | undefined {
    // One that ends by itself says why.
    if (!this.#hasServed) return new WorkersFailed(`${what} before it could serve.`, how === 1);
    if (place.failedStarts < MOST_FAILED_STARTS) return undefined;
    return new WorkersFailed(`${what} before it could serve, as ${MOST_FAILED_STARTS} have in a row: the server ends.`);
  }

  #startAgain(place: Place, what: string): void {
    const pause = place.nextPause();
    this.#logger.error(`${what}: another is started in ${pause / 1_000} s.`);
    setTimeout(() => this.#start(place), pause);
  }
}

function send(worker: Worker | undefined, message: ToWorker): void {
  if (worker?.isConnected()) worker.send(message);
}
