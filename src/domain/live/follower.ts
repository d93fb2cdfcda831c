import type { Restriction } from '../../kernel/principal.ts';
import type { Directory, TailRow } from './feed.ts';
import { type Interest, matcher, restrictionOf } from './interest.ts';

/**
 * Somebody who follows the feed of a workspace. It holds a place in the feed, and nothing of what is there: who has
 * been woken reads it.
 */
export class Follower {
  readonly interest: Interest;
  readonly #wake: () => void;
  readonly #fail: (error: Error) => void;
  /** Up to here it has been given all that it wants. */
  #position: number;
  /** How far the feed has been looked at. */
  #head: number;
  #directory: Directory;
  #matches: ((row: TailRow) => boolean) | undefined;
  #restriction: Restriction | null | undefined;

  /** `wake` is called when there may be something behind `position`, `fail` once where the workspace is gone. */
  constructor(
    interest: Interest,
    at: { position: number; head: number; directory: Directory },
    { wake, fail }: { wake: () => void; fail: (error: Error) => void },
  ) {
    this.interest = interest;
    this.#position = at.position;
    this.#head = Math.max(at.head, at.position);
    this.#directory = at.directory;
    this.#wake = wake;
    this.#fail = fail;
  }

  get position(): number {
    return this.#position;
  }

  /** How far there may be something to be read; nothing may be skipped beyond it. */
  get head(): number {
    return this.#head;
  }

  get isBehind(): boolean {
    return this.#position < this.#head;
  }

  /** What its credential sees now; null: everything. */
  get restriction(): Restriction | null {
    if (this.#restriction === undefined) this.#restriction = restrictionOf(this.interest.restrictedBy, this.#directory);
    return this.#restriction;
  }

  /** The feed has come as far as `head`: what there is of interest has to be read. */
  raise(head: number): void {
    if (head <= this.#head) return;
    this.#head = head;
    this.#wake();
  }

  /** It has got all up to a position. */
  moveTo(position: number): void {
    this.#position = Math.max(this.#position, position);
  }

  /** One of its names leads to somebody, or to somebody else. */
  learn(what: 'companions' | 'users', name: string, id: string): void {
    this.#directory = { ...this.#directory, [what]: new Map([...this.#directory[what], [name, id]]) };
    this.#matches = undefined;
    this.#restriction = undefined;
  }

  /** The feed has come as far as `head`, by these events. */
  look(rows: readonly TailRow[], head: number): void {
    const wasBehind = this.isBehind;
    this.#head = Math.max(this.#head, head);
    if (wasBehind) return;
    this.#matches ??= matcher(this.interest, this.#directory);
    for (const row of rows) {
      if (row.position <= this.#position || !this.#matches(row)) continue;
      this.#position = row.position - 1;
      this.#wake();
      return;
    }
    this.#position = this.#head;
  }

  fail(error: Error): void {
    this.#fail(error);
  }
}
