import cluster, { type Worker } from 'node:cluster';
import type { JoinedMetrics, Series } from '../../http/telemetry/metrics.ts';
import type { Channel, Peers } from '../../kernel/peers.ts';
import { type FromWorker, isOurs, type ToWorker } from './messages.ts';

/** How long a worker waits for the metrics of the others. */
const METRICS_TIMEOUT_MS = 8_000;

type Start = Extract<ToWorker, { kind: 'start' }>;

/** A worker's way to the process that has started it, and by it to the other workers. */
export class Link {
  readonly #worker = cluster.worker as Worker;
  readonly #takes = new Map<string, ((what: never) => void)[]>();
  readonly #asked = new Map<number, (text: string) => void>();
  readonly #start = Promise.withResolvers<Start>();
  readonly #lead = Promise.withResolvers<void>();
  readonly #stop = Promise.withResolvers<void>();
  #lastId = 0;
  #read: () => Promise<Series> = async () => [];

  constructor() {
    this.#worker.on('message', (message) => isOurs(message) && this.#take(message));
    this.send({ kind: 'hello' });
  }

  /** Which worker this is. */
  readonly started: Promise<Start> = this.#start.promise;
  readonly leads: Promise<void> = this.#lead.promise;
  readonly stopped: Promise<void> = this.#stop.promise;

  send(message: FromWorker): void {
    if (this.#worker.isConnected()) this.#worker.send(message);
  }

  /** Nothing keeps the process any more. */
  leave(): void {
    this.#worker.disconnect();
  }

  readonly peers: Peers = {
    channel: <T>(name: string): Channel<T> => ({
      tell: (what) => this.send({ kind: 'tell', channel: name, what }),
      listen: (take) => void this.#takes.set(name, [...(this.#takes.get(name) ?? []), take]),
    }),
  };

  readonly metrics: JoinedMetrics = {
    offer: (read) => {
      this.#read = read;
    },
    text: () => this.#askMetrics(),
  };

  async #askMetrics(): Promise<string> {
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const late = setTimeout(() => reject(new Error('The metrics of all workers took too long.')), METRICS_TIMEOUT_MS);
    this.#asked.set(id, resolve);
    this.send({ kind: 'ask-metrics', id });
    try {
      return await promise;
    } finally {
      clearTimeout(late);
      this.#asked.delete(id);
    }
  }

  #take(message: ToWorker): void {
    switch (message.kind) {
      case 'start':
        this.#start.resolve(message);
        break;
      case 'lead':
        this.#lead.resolve();
        break;
      case 'stop':
        this.#stop.resolve();
        break;
      case 'told':
        for (const take of this.#takes.get(message.channel) ?? []) take(message.what as never);
        break;
      case 'give-metrics':
        void this.#giveMetrics(message.id);
        break;
      case 'metrics':
        this.#asked.get(message.id)?.(message.text);
    }
  }

  async #giveMetrics(id: number): Promise<void> {
    const series = await this.#read().catch((): Series => []);
    this.send({ kind: 'own-metrics', id, series });
  }
}
