import { shortened } from './sentences.ts';
import { TellingSentences } from './telling-sentences.ts';
import { product, type Vectors } from './vectors.ts';

/** What being near the centre counts, against being unlike those already chosen. */
const CENTRAL = 0.7;

/** A memory that stands for its group, by its place, and what it says: on one line, of at most 300 code units. */
export interface Pick {
  member: number;
  sentence: string;
}

/** The mean of the vectors at some places. */
export function centreOf({ numbers, dimension }: Vectors, places: readonly number[]): Float64Array {
  const centre = new Float64Array(dimension);
  for (const place of places) {
    for (let at = 0; at < dimension; at++) {
      centre[at] = (centre[at] as number) + (numbers[place * dimension + at] as number) / places.length;
    }
  }
  return centre;
}

/**
 * At most so many memories of a group, by its centre: those that are near it and unlike each other (maximal marginal
 * relevance, Carbonell & Goldstein 1998), each with the sentence that says most and has not been said; the one nearest the
 * centre first. Texts without any sentence are left out.
 */
export function picksOf(
  vectors: Vectors,
  texts: readonly string[],
  group: readonly number[],
  centre: Float64Array,
  most: number,
): Pick[] {
  const telling = new TellingSentences(group.map((place) => texts[place] ?? ''));
  const left = group.map((place) => ({ place, central: cosine(vectors, place, centre), likeness: 0 }));
  const picked: { place: number; central: number; sentence: string }[] = [];
  while (picked.length < most && left.length > 0) {
    const at = bestOf(left);
    const [{ place, central } = { place: 0, central: 0 }] = left.splice(at, 1);
    const sentence = telling.next(texts[place] ?? '');
    if (sentence === undefined) continue;
    picked.push({ place, central, sentence: shortened(sentence) });
    for (const other of left) other.likeness = Math.max(other.likeness, product(vectors, place, other.place));
  }
  return picked
    .sort((a, b) => b.central - a.central || a.place - b.place)
    .map(({ place, sentence }) => ({ member: place, sentence }));
}

function bestOf(left: readonly { central: number; likeness: number }[]): number {
  const scores = left.map(({ central, likeness }) => CENTRAL * central - (1 - CENTRAL) * likeness);
  return scores.indexOf(Math.max(...scores));
}

/** Of a unit vector with what need not be one; 0 where that is zero. */
function cosine({ numbers, dimension }: Vectors, place: number, centre: Float64Array): number {
  let sum = 0;
  let square = 0;
  for (let at = 0; at < dimension; at++) {
    sum += (numbers[place * dimension + at] as number) * (centre[at] as number);
    square += (centre[at] as number) ** 2;
  }
  return square === 0 ? 0 : sum / Math.sqrt(square);
}
