import { pin } from './place.ts';

/** Follows the transactions of a session, and pins in each what answers depend on, where a pooler makes that needful. */
export class Pinning {
  /** A pooler gives each transaction another session. */
  readonly #isPooled: boolean;
  /** The value of search_path, as this database has it. */
  readonly #path: string;
  #isWithinTransaction = false;

  constructor(isPooled: boolean, path: string) {
    this.#isPooled = isPooled;
    this.#path = path;
  }

  /** What a session begins with that stays the same. */
  get atStart(): string | undefined {
    return this.#isPooled ? undefined : pin(this.#path, 'session');
  }

  /** What each transaction begins with instead, where sessions change with it. */
  get atEach(): string | undefined {
    return this.#isPooled ? pin(this.#path, 'transaction') : undefined;
  }

  /** True where a single statement has to have a transaction of its own, for its settings. */
  get needsTransaction(): boolean {
    return this.#isPooled && !this.#isWithinTransaction;
  }

  /** The transaction has ended by a message of its own. */
  ended(): void {
    this.#isWithinTransaction = false;
  }

  /** The statements of a message, with the settings where they are due. */
  pinned(text: string): string {
    const isWithin = this.#isWithinTransaction;
    const [begin] = /^begin\b[^;]*/.exec(text) ?? [];
    const ends = /\b(?:commit|rollback)$/.test(text);
    this.#isWithinTransaction = (begin !== undefined || isWithin) && !ends;
    if (!this.#isPooled) return text;
    const settings = pin(this.#path, 'transaction');
    if (begin !== undefined) return `${begin}; ${settings}${text.slice(begin.length)}`;
    // Several statements in one message are one transaction.
    return isWithin || ends ? text : `${settings}; ${text}`;
  }
}
