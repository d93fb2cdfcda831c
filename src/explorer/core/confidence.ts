/** Nothing is certain enough to outweigh every contradiction: here stated confidences count as at most this. */
const MOST = 0.99;
/** Below it two confidences are the same. */
const NEAR = 1e-9;

/** What an open contradiction takes off: how strong it is, and the stated confidence of the other side, both 0–1. */
export interface Opposed {
  strength: number;
  by: number;
}

/** What is left of the odds after one contradiction: 1 − sᵢ·bᵢ. */
export const factorOf = ({ strength, by }: Opposed): number => 1 - strength * Math.min(by, MOST);

export interface Reckoned {
  /** The stated confidence as it counts. */
  a: number;
  /** Π (1 − sᵢ·bᵢ). */
  product: number;
  /** a·P / (1 − a + a·P), or what is stated where nothing opposes it. */
  confidence: number;
}

/** The confidence of a memory by the formula of docs/concepts.md: `stated`, 0–1, and the contradictions that count. */
export function reckon(stated: number, opposed: readonly Opposed[]): Reckoned {
  if (opposed.length === 0) return { a: stated, product: 1, confidence: stated };
  const a = Math.min(stated, MOST);
  const product = opposed.reduce((all, each) => all * factorOf(each), 1);
  return { a, product, confidence: (a * product) / (1 - a + a * product) };
}

interface Believed {
  confidence: number;
  statedConfidence: number;
}

const odds = (confidence: number) => confidence / (1 - confidence);
const ofOdds = (value: number) => value / (1 + value);

/** What the confidence becomes with one more contradiction: odds multiply, so that the others need not be known. */
export const confidenceWith = ({ confidence }: Believed, more: Opposed): number =>
  ofOdds(odds(Math.min(confidence, MOST)) * factorOf(more));

/** What it becomes without one of the contradictions that count; without the last one it is what is stated. */
export function confidenceWithout({ confidence, statedConfidence }: Believed, less: Opposed): number {
  const left = ofOdds(odds(Math.min(confidence, MOST)) / factorOf(less));
  return left > Math.min(statedConfidence, MOST) - NEAR ? statedConfidence : left;
}

/** A version as far as it says whether it holds at a moment. */
export interface Holding {
  validFrom: string;
  validUntil: string | null;
  retractedAt: string | null;
}

/** True of a version that is believed, and true in the world at the moment, in milliseconds: then its disputes count. */
export const holds = ({ validFrom, validUntil, retractedAt }: Holding, at: number): boolean =>
  retractedAt === null && Date.parse(validFrom) <= at && (validUntil === null || Date.parse(validUntil) > at);
