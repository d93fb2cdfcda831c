import { batch, computed, signal } from '@preact/signals';
import type { At, GraphMemory, Moment } from '../model/moment.ts';
import { readNow, readThen } from './again.ts';
import { type Found, findMentions, findNear, findStart, type Reach, type Start } from './start.ts';

/** Memories in the graph at most: more are neither drawn fast nor seen apart. */
export const MOST_NODES = 2_000;

/**
 * The memories of the graph: what it began with, and what was opened since. It only grows, so that moving a clock takes
 * nothing away; each memory is kept as it is now, and as it is at the moment that the clocks show.
 */
export class GraphSession {
  readonly #start: Start;
  readonly #reach: () => Reach;
  readonly #ending = new AbortController();
  #moving = new AbortController();
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #at: At;

  /** As they are now; undefined: nothing has been read yet. */
  readonly now = signal<Moment | undefined>(undefined);
  /** As they are where the clocks are, where that is another moment than now. */
  readonly #earlier = signal<Moment | undefined>(undefined);
  readonly past = computed<Moment | undefined>(() => this.#earlier.value ?? this.now.value);
  /** Requests that are on their way. */
  readonly #busy = signal(0);
  readonly isLoading = computed(() => this.#busy.value > 0);
  readonly error = signal<unknown>(undefined);
  /** What the start came to. */
  readonly found = signal<Omit<Found, 'memories'>>({ isPart: false });
  /** Nodes that were opened. */
  readonly opened = signal<ReadonlySet<string>>(new Set());

  constructor(start: Start, at: At, reach: () => Reach) {
    this.#start = start;
    this.#at = at;
    this.#reach = reach;
  }

  /** Ends all waiting. */
  end(): void {
    this.#ending.abort();
    this.#moving.abort();
  }

  /** Reads the start, or reads all again: what changed, what was added to the start, and without what was forgotten. */
  load(): Promise<void> {
    // One that waits for its turn will see all that has happened until then.
    this.#next ??= this.#inTurn(async () => {
      this.#next = undefined;
      const known = [...(this.now.peek()?.keys() ?? [])];
      const [found, again] = await Promise.all([
        findStart(this.#start, undefined, this.#reach(), this.#options),
        readNow(known, this.#options),
      ]);
      const { memories, ...rest } = found;
      this.found.value = rest;
      await this.#show(withMore(again, memories), this.#options);
    });
    return this.#next;
  }

  /** Adds what is next to a memory, or what mentions an entity. */
  open(id: string): Promise<void> {
    return this.#inTurn(async () => {
      const { memories } = id.startsWith('ent_')
        ? await findMentions(id, undefined, this.#options)
        : await findNear(id, 1, undefined, this.#reach(), this.#options);
      this.opened.value = new Set([...this.opened.peek(), id]);
      await this.#show(withMore(this.now.peek() ?? new Map(), memories), this.#options);
    });
  }

  /** Moves the clocks. What was on its way to another moment is given up. */
  moveTo(at: At): Promise<void> {
    this.#at = at;
    this.#moving.abort();
    this.#moving = new AbortController();
    const { signal: moving } = this.#moving;
    return this.#inTurn(async () => {
      const now = this.now.peek();
      if (now) await this.#show(now, { signal: moving });
    }, moving);
  }

  get #options(): { signal: AbortSignal } {
    return { signal: this.#ending.signal };
  }

  /** Shows memories as they are now, and as they were where the clocks are. */
  async #show(now: Moment, options: { signal: AbortSignal }): Promise<void> {
    const at = this.#at;
    if (!at) {
      batch(() => {
        this.now.value = now;
        this.#earlier.value = undefined;
      });
      return;
    }
    const start = findStart(this.#start, at, this.#reach(), options).catch(
      (error: unknown): Pick<Found, 'memories'> => {
        // What the graph begins with was not known then.
        if (isUnknown(error)) return { memories: [] };
        throw error;
      },
    );
    const [found, past] = await Promise.all([start, readThen(now, at, options)]);
    // What mattered then is in the graph, too.
    const missing = found.memories.filter(({ id }) => !now.has(id));
    const asNow =
      missing.length === 0
        ? NOTHING
        : await readNow(
            missing.map(({ id }) => id),
            options,
          );
    const all = withMore(now, [...asNow.values()]);
    const before = withMore(
      past,
      missing.filter(({ id }) => all.has(id)),
    );
    batch(() => {
      this.now.value = all;
      this.#earlier.value = before;
    });
  }

  /** One thing after another, so that none undoes what another one has found. */
  #inTurn(work: () => Promise<void>, signal = this.#ending.signal): Promise<void> {
    this.#busy.value++;
    this.#last = this.#last.then(async () => {
      try {
        if (signal.aborted) return;
        await work();
        this.error.value = undefined;
      } catch (error) {
        if (!signal.aborted && !this.#ending.signal.aborted) this.error.value = error;
      } finally {
        this.#busy.value--;
      }
    });
    return this.#last;
  }
}

const NOTHING: Moment = new Map();

const isUnknown = (error: unknown): boolean => (error as { code?: unknown } | undefined)?.code === 'NOT_FOUND';

/** What is there stays, in its order. */
function withMore(before: Moment, memories: readonly GraphMemory[]): Moment {
  const all = new Map(before);
  for (const memory of memories) if (all.has(memory.id) || all.size < MOST_NODES) all.set(memory.id, memory);
  return all;
}
