import { drawsOf } from './draws.ts';
import type { Vectors } from './vectors.ts';

// Signatures of vectors by the sides of random hyperplanes they are on: of two vectors at an angle α, a bit differs with
// probability α / π (Charikar 2002, "Similarity estimation techniques from rounding algorithms").

const BITS = 512;
const WORDS = BITS / 32;
const SEED = 1;
/** So many hyperplanes are looked at together, so that each number of a vector is read less often. */
const AT_ONCE = 4;

/** The signatures of all vectors, one after the other: 16 words of 32 bits each. */
export type Signatures = Int32Array;

export function signaturesOf({ count, dimension, numbers }: Vectors): Signatures {
  const planes = hyperplanes(dimension);
  const vector = new Float64Array(dimension);
  const signatures = new Int32Array(count * WORDS);
  for (let place = 0; place < count; place++) {
    vector.set(numbers.subarray(place * dimension, (place + 1) * dimension));
    for (let bit = 0; bit < BITS; bit += AT_ONCE) {
      const word = place * WORDS + (bit >>> 5);
      signatures[word] = (signatures[word] as number) | (sidesOf(vector, planes, bit) << (bit & 31));
    }
  }
  return signatures;
}

/** The normals of the hyperplanes: in every direction alike, as each number is a sum of many draws. */
function hyperplanes(dimension: number): Float64Array {
  const draw = drawsOf(SEED);
  return Float64Array.from({ length: BITS * dimension }, () => draw() + draw() + draw() + draw() - 2);
}

/** On which sides of the {@link AT_ONCE} hyperplanes from `plane` on a vector is, a bit each. */
function sidesOf(vector: Float64Array, planes: Float64Array, plane: number): number {
  const { length } = vector;
  const a = plane * length;
  const [b, c, d] = [a + length, a + 2 * length, a + 3 * length];
  let [first, second, third, fourth] = [0, 0, 0, 0];
  for (let at = 0; at < length; at++) {
    const number = vector[at] as number;
    first += number * (planes[a + at] as number);
    second += number * (planes[b + at] as number);
    third += number * (planes[c + at] as number);
    fourth += number * (planes[d + at] as number);
  }
  return (first > 0 ? 1 : 0) | (second > 0 ? 2 : 0) | (third > 0 ? 4 : 0) | (fourth > 0 ? 8 : 0);
}

/** In how many of 512 bits the signatures at two places differ. */
export function distance(signatures: Signatures, left: number, right: number): number {
  const a = left * WORDS;
  const b = right * WORDS;
  // Bits are counted in fields of a word, which become wider as the counts grow: up to 8, 16, and 128.
  let bytes = 0;
  for (let word = 0; word < WORDS; word += 2) {
    const fours =
      inFours((signatures[a + word] as number) ^ (signatures[b + word] as number)) +
      inFours((signatures[a + word + 1] as number) ^ (signatures[b + word + 1] as number));
    bytes += (fours & 0x0f0f0f0f) + ((fours >>> 4) & 0x0f0f0f0f);
  }
  const halves = (bytes & 0x00ff00ff) + ((bytes >>> 8) & 0x00ff00ff);
  return (halves & 0xffff) + (halves >>> 16);
}

/** How many bits are set in each four of a word, in the place of the four. */
function inFours(word: number): number {
  const twos = word - ((word >>> 1) & 0x55555555);
  return (twos & 0x33333333) + ((twos >>> 2) & 0x33333333);
}
