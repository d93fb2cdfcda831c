import DataLoader from 'dataloader';
import type { ReadTransaction } from '../../db/read-transaction.ts';
import { Reading } from '../../db/reading.ts';
import type { PointInTime } from '../../kernel/point.ts';

/**
 * The graph at one point in time, within one request. Every object read from it keeps a reference to it, so that
 * everything nested below is read at the same point. Its loaders batch what one level of a document asks for.
 */
export class Snapshot {
  readonly tx: ReadTransaction;
  readonly point: PointInTime;
  readonly reading: Reading;
  readonly #loaders = new Map<string, DataLoader<string, unknown>>();
  readonly #values = new Map<string, unknown>();

  constructor(tx: ReadTransaction, point: PointInTime) {
    this.tx = tx;
    this.point = point;
    this.reading = new Reading(tx.workspaceId, point);
  }

  /** The one value of a kind and key, made when first asked for: the Drizzle plugin fetches a row for each object. */
  one<V>(kind: string, key: string, make: () => V): V {
    const name = `${kind} ${key}`;
    if (!this.#values.has(name)) this.#values.set(name, make());
    return this.#values.get(name) as V;
  }

  /**
   * What `batch` finds for a key. Keys asked for in one tick share one call. `question` names the batch: equal
   * questions must have equal answers.
   */
  load<V>(
    question: string,
    key: string,
    batch: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>,
  ): Promise<V | undefined> {
    let loader = this.#loaders.get(question);
    if (!loader) {
      loader = new DataLoader<string, unknown>(async (keys) => {
        const found = await batch(keys);
        return keys.map((each) => found.get(each));
      });
      this.#loaders.set(question, loader);
    }
    return loader.load(key) as Promise<V | undefined>;
  }
}
