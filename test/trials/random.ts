const NUMBERS = 2 ** 32;

/**
 * The choices a generator makes, one number after the other: at random from a seed, or again those of an earlier run.
 * What was chosen can be made simpler and generated again: so a failure is reduced to what matters.
 */
export class Choices {
  readonly made: number[] = [];
  readonly #next: () => number;

  constructor(next: () => number) {
    this.#next = next;
  }

  /** Random ones; each seed gives a sequence of its own (SplitMix32). */
  static seeded(seed: number): Choices {
    let state = seed >>> 0;
    return new Choices(() => {
      state = (state + 0x9e3779b9) >>> 0;
      let mixed = state ^ (state >>> 16);
      mixed = Math.imul(mixed, 0x21f0aaad);
      mixed ^= mixed >>> 15;
      mixed = Math.imul(mixed, 0x735a2d97);
      return (mixed ^ (mixed >>> 15)) >>> 0;
    });
  }

  /** Those given, then always the first there is. */
  static of(numbers: readonly number[]): Choices {
    let at = 0;
    return new Choices(() => numbers[at++] ?? 0);
  }

  /** A whole number from 0 to `end` − 1. */
  below(end: number): number {
    const number = this.#next();
    this.made.push(number);
    return Math.floor((number / NUMBERS) * end);
  }

  /** True so many times in a hundred; false is the simpler. */
  chance(percent: number): boolean {
    return this.below(100) >= 100 - percent;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  /** One of several, each with its weight; the first is the simplest. */
  weighted<T>(from: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.below(from.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, value] of from) {
      left -= weight;
      if (left < 0) return value;
    }
    throw new Error('nothing to choose from');
  }
}

/**
 * The simplest choices found that still fail, in so many tries: parts of them are left out, or made the first there is.
 */
export async function shrink(
  made: readonly number[],
  fails: (choices: Choices) => Promise<boolean>,
  tries = 150,
): Promise<number[]> {
  let simplest = [...made];
  let left = tries;
  for (let size = simplest.length; size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < simplest.length && left > 0; ) {
      const [before, after] = [simplest.slice(0, at), simplest.slice(at + size)];
      const part = simplest.slice(at, at + size);
      const simpler = [[...before, ...after], ...(part.some(Boolean) ? [[...before, ...part.fill(0), ...after]] : [])];
      let found: number[] | undefined;
      for (const candidate of simpler) {
        if (left-- > 0 && (await fails(Choices.of(candidate)))) found = candidate;
        if (found) break;
      }
      if (found && found.length < simplest.length) simplest = found;
      else {
        simplest = found ?? simplest;
        at += size;
      }
    }
  }
  return simplest;
}
