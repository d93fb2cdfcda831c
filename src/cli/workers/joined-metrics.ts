import { AggregatorRegistry } from 'prom-client';
import type { Series } from '../../http/telemetry/metrics.ts';

/** A worker that does not answer any sooner is shown as it was. */
const ANSWER_MS = 4_000;

interface Asking {
  missing: Set<number>;
  done: () => void;
}

/**
 * The metrics of all workers as if they were of one process: counters and histograms are added up, gauges as each of
 * them says. What workers have counted that have ended stays in, so that no counter goes back.
 */
export class MetricsOfAll {
  /** The latest metrics of each worker, by its number. */
  readonly #last = new Map<number, Series>();
  readonly #asking = new Map<number, Asking>();
  /** What was counted by those that have ended. */
  readonly #ended: Series[] = [];
  #lastId = 0;

  /** Asks workers by `ask`; their answers come to {@link take}. */
  async text(workers: readonly number[], ask: (worker: number, id: number) => void): Promise<string> {
    const id = ++this.#lastId;
    const { promise, resolve } = Promise.withResolvers<void>();
    const late = setTimeout(resolve, ANSWER_MS);
    this.#asking.set(id, { missing: new Set(workers), done: resolve });
    for (const worker of workers) ask(worker, id);
    await promise;
    clearTimeout(late);
    this.#asking.delete(id);
    return AggregatorRegistry.aggregate([...this.#last.values(), ...(await this.#sumOfEnded())]).metrics();
  }

  /** One in place of many, however often workers end. */
  async #sumOfEnded(): Promise<readonly Series[]> {
    const many = [...this.#ended];
    if (many.length > 1)
      this.#ended.splice(0, many.length, await AggregatorRegistry.aggregate(many).getMetricsAsJSON());
    return this.#ended;
  }

  take(worker: number, id: number, series: Series): void {
    this.#last.set(worker, series);
    this.#answered(worker, this.#asking.get(id));
  }

  /** A worker has ended: what it counted stays. */
  end(worker: number): void {
    this.#ended.push((this.#last.get(worker) ?? []).filter(({ type }) => isCount(type)));
    this.#last.delete(worker);
    for (const asking of this.#asking.values()) this.#answered(worker, asking);
  }

  #answered(worker: number, asking: Asking | undefined): void {
    if (!asking) return;
    asking.missing.delete(worker);
    if (asking.missing.size === 0) asking.done();
  }
}

/** By prom-client's own types these are numbers, but they are words. */
const isCount = (type: unknown): boolean => type === 'counter' || type === 'histogram';
