import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long one piece of work keeps the event loop, about, before others have a turn. */
const TURN_MS = 10;

/** Lets others have the event loop between pieces of work that together take long. */
export class Turns {
  #since = performance.now();

  /** Call it between two pieces: it waits where the turn is over. */
  async next(): Promise<void> {
    if (performance.now() - this.#since < TURN_MS) return;
    await nextTurn();
    this.#since = performance.now();
  }
}

/** What `make` makes of each item, in their order; others have a turn in between. No item may take long by itself. */
export async function inTurns<T, R>(items: readonly T[], make: (item: T, index: number) => R): Promise<R[]> {
  const turns = new Turns();
  const made: R[] = [];
  for (const [index, item] of items.entries()) {
    await turns.next();
    made.push(make(item, index));
  }
  return made;
}

/** Items in runs of which each weighs at most so much; what weighs more by itself is a run of its own. */
export function runsOf<T>(items: readonly T[], most: number, weightOf: (item: T) => number): T[][] {
  const runs: T[][] = [];
  let room = 0;
  for (const item of items) {
    const weight = weightOf(item);
    const run = runs.at(-1);
    if (run && weight <= room) run.push(item);
    else {
      runs.push([item]);
      room = most;
    }
    room -= weight;
  }
  return runs;
}

/** How deep {@link jsonPieces} looks: an input, a list of it, an item of that. */
const DEPTH = 2;

/** What JSON.stringify says of a value, in pieces: those of a list are its items. */
export function* jsonPieces(value: unknown, depth = DEPTH): Generator<string> {
  if (depth === 0 || typeof value !== 'object' || value === null || 'toJSON' in value) {
    yield JSON.stringify(value) ?? 'null';
  } else if (Array.isArray(value)) {
    yield '[';
    for (const [index, item] of value.entries()) {
      if (index > 0) yield ',';
      yield* jsonPieces(item, depth - 1);
    }
    yield ']';
  } else {
    yield '{';
    let separator = '';
    for (const [key, part] of Object.entries(value)) {
      if (part === undefined || typeof part === 'function' || typeof part === 'symbol') continue;
      yield `${separator}${JSON.stringify(key)}:`;
      yield* jsonPieces(part, depth - 1);
      separator = ',';
    }
    yield '}';
  }
}
