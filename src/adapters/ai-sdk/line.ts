/**
 * What is done one after the other, for each key: hosts save a question, its answer and the chat at once, and mean this
 * order.
 */
export class Line {
  readonly #last = new Map<string, Promise<unknown>>();

  async run<Value>(key: string, act: () => Promise<Value>): Promise<Value> {
    const before = this.#last.get(key);
    const running = before ? before.then(act, act) : act();
    this.#last.set(key, running);
    try {
      return await running;
    } finally {
      if (this.#last.get(key) === running) this.#last.delete(key);
    }
  }

  /** Resolves when all that was begun is done, or has failed. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#last.values());
  }
}
