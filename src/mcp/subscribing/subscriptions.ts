import { type Read, Watch } from './watch.ts';

/** How long an answer waits for what there is to begin with. */
const BEGIN_MS = 2_000;

/** The resources that the client of one connection is told of. */
export class Subscriptions {
  readonly #read: Read;
  readonly #told: (uri: string) => void;
  readonly #unexpected: (error: unknown) => void;
  /** By what the client calls a subscription: what ends it. */
  readonly #open = new Map<string | number, AbortController>();

  constructor(read: Read, told: (uri: string) => void, unexpected: (error: unknown) => void) {
    this.#read = read;
    this.#told = told;
    this.#unexpected = unexpected;
  }

  get size(): number {
    return this.#open.size;
  }

  has(key: string | number): boolean {
    return this.#open.has(key);
  }

  /** Resolves when changes from now on are told, or after 2 s: while a server is starting, nothing is known yet. */
  async add(key: string | number, uris: readonly string[]): Promise<void> {
    this.remove(key);
    const stop = new AbortController();
    this.#open.set(key, stop);
    const watch = new Watch(uris, this.#read);
    const begun = watch.begin(stop.signal);
    begun
      .then(() => watch.run(this.#told, stop.signal))
      // Reading it says what is wrong with the credential.
      .catch((error) => stop.signal.aborted || this.#unexpected(error))
      .finally(() => this.#open.get(key) === stop && this.#open.delete(key));
    const late = new Promise<void>((resolve) => setTimeout(resolve, BEGIN_MS).unref());
    await Promise.race([begun.catch(() => {}), late]);
  }

  remove(key: string | number): void {
    this.#open.get(key)?.abort();
    this.#open.delete(key);
  }

  close(): void {
    for (const key of [...this.#open.keys()]) this.remove(key);
  }
}
