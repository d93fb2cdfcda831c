import { drawsOf } from './draws.ts';
import { product, type Vectors, withDirection } from './vectors.ts';

// Which cosine says that two texts are about the same depends on the model: of two texts that have nothing in common it is
// .03 with spelling alone, .2 with the small English model, and .5 with some others. So it is taken from the vectors.

/** How many pairs are looked at. */
const PAIRS = 5_000;
const SEED = 2;
/** So many standard deviations above the mean cosine of two memories are they alike. */
const DEVIATIONS = 2;
const LEAST = 0.2;
const MOST = 0.5;
/** What it is without any memories. As many as {@link FEW} count for as much: few may all be about one thing. */
const BEFORE = 0.3;
export const FEW = 50;

/** The cosine from which on two of these vectors are alike, from .2 to .5. */
export function thresholdOf(vectors: Vectors): number {
  const places = withDirection(vectors);
  if (places.length < 2) return BEFORE;
  const draw = drawsOf(SEED);
  const some = () => Math.floor(draw() * places.length);
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (let pair = 0; pair < PAIRS; pair++) {
    const left = some();
    const right = some();
    if (left === right) continue;
    const cosine = product(vectors, places[left] as number, places[right] as number);
    count++;
    sum += cosine;
    squares += cosine ** 2;
  }
  const mean = sum / count;
  const deviation = Math.sqrt(Math.max(0, squares / count - mean ** 2));
  const own = Math.min(MOST, Math.max(LEAST, mean + DEVIATIONS * deviation));
  return (own * places.length + BEFORE * FEW) / (places.length + FEW);
}
