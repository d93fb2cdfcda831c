import { encodeId, type NodeType } from '../../../src/kernel/ids.ts';
import { DECIDED, JUDGED, LEAVERS, type Size, SLOT_LINE } from './fill.ts';
import { type Kind, keyOf } from './keys.ts';

const types: Partial<Record<Kind, NodeType>> = {
  companion: 'Companion',
  user: 'User',
  memory: 'Memory',
  relation: 'MemoryRelation',
  entity: 'Entity',
  contradiction: 'Contradiction',
  finding: 'Finding',
  profile: 'Profile',
  proposal: 'Proposal',
  event: 'MemoryEvent',
  conversation: 'Conversation',
  message: 'Message',
  workingMemory: 'WorkingMemory',
  session: 'Session',
  webhook: 'Webhook',
};

/** What operations are about, in a workspace filled to a size. */
export class Subjects {
  readonly #size: Size;
  #fresh = 0;
  #opened = 0;
  #closed = 0;
  #judged = 0;
  #decided = 0;
  readonly #left = { companion: LEAVERS, user: LEAVERS };

  constructor(size: Size) {
    this.#size = size;
  }

  id(kind: Kind, n: number): string {
    return encodeId(types[kind] as NodeType, keyOf(kind, n));
  }

  /** The memory with the most relations of those that are not archived. */
  get hub(): string {
    return this.id('memory', 2);
  }

  /** The `n`-th memory of `main` that nothing has happened to: it holds, is undisputed and answers no slot. */
  plainNumber(n: number): number {
    const hundreds = Math.floor(this.#size.memories * 0.007);
    return 100 * (1 + ((n * 89) % hundreds)) + 22 + Math.floor(n / hundreds);
  }

  plain(n: number): string {
    return this.id('memory', this.plainNumber(n));
  }

  /** One of these that no operation has had. */
  fresh(): string {
    return this.plain(this.#nextFresh());
  }

  many(count: number): string[] {
    return Array.from({ length: count }, () => this.fresh());
  }

  /** The number of times something fresh was asked for: a number that no other has. */
  get turn(): number {
    return this.#nextFresh();
  }

  /** A contradiction that is open, and one that is not. */
  open(): string {
    return this.#contradiction(this.#opened++, 0);
  }

  closed(): string {
    return this.#contradiction(this.#closed++, 3);
  }

  /** The next one each time: there are few, and each can be resolved, or reopened, once. */
  #contradiction(nth: number, kind: number): string {
    return this.id('contradiction', 5 * (1 + (nth % Math.floor(this.#size.memories / 1_000))) + kind);
  }

  /** Findings that no operation has judged, of memories that no operation is about. */
  findings(count: number): string[] {
    return Array.from({ length: count }, () => this.id('finding', JUDGED + this.#judged++));
  }

  /** Proposals that no operation has decided, one of each kind, about memories that no operation is about. */
  proposals(): string[] {
    const first = DECIDED + 4 * this.#decided++;
    return [0, 1, 2, 3].map((kind) => this.id('proposal', first + kind));
  }

  /** The moment since which so many memories of `main` were recorded. */
  since(count: number): string {
    const minutes = Math.floor(this.#size.memories * 0.8) - count;
    return new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString();
  }

  /** A memory that a correction has put in the place of another. */
  corrected(): string {
    return this.id('memory', 100 * (1 + (this.#nextFresh() % Math.floor(this.#size.memories / 200))) + 8);
  }

  /** The name of a slot with several versions, and the last memory in it. */
  slot(): { slot: string; last: string } {
    const first = 250 * (1 + (this.#nextFresh() % Math.floor(this.#size.memories / 500)));
    return { slot: `slot ${first}`, last: this.id('memory', first + 50 * (SLOT_LINE - 1)) };
  }

  /** The name of a companion or user that is still to be deleted. */
  leaving(kind: 'companion' | 'user'): string {
    return `leaving ${this.#left[kind]--}`;
  }

  #nextFresh(): number {
    return this.#fresh++;
  }
}
