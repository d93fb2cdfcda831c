import { wordWeights } from '../text/common-words.ts';
import { englishStem } from '../text/english-stem.ts';
import { isUnspaced, pairsOf } from '../text/grams.ts';
import { normalizeText, wordsIn } from '../text/words.ts';
import { LOOKED_AT, sentencesOf } from './sentences.ts';

/** A sentence of fewer words counts as if it had so many: it says less, however frequent its words are. */
const USUAL_WORDS = 5;
/** One of fewer is mostly a greeting or an answer, and is only chosen where there is no other. */
const LEAST_WORDS = 2.5;

/**
 * Chooses sentences whose words are frequent in a group of texts, where words that have been said count less (SumBasic,
 * Nenkova & Vanderwende 2005).
 */
export class TellingSentences {
  /** What share of the words of the group each is. */
  readonly #shares = new Map<string, number>();
  readonly #said = new Set<string>();

  constructor(texts: Iterable<string>) {
    let all = 0;
    for (const text of texts) {
      for (const word of termsOf(text.slice(0, LOOKED_AT))) {
        this.#shares.set(word, (this.#shares.get(word) ?? 0) + 1);
        all++;
      }
    }
    for (const [word, count] of this.#shares) this.#shares.set(word, count / all);
  }

  /** The sentence of a text that says most, the first of equals; undefined where all of its sentences have been said. */
  next(text: string): string | undefined {
    let best: { sentence: string; terms: Set<string>; score: number } | undefined;
    for (const sentence of sentencesOf(text)) {
      const terms = new Set(termsOf(sentence));
      if (this.#said.has(keyOf(sentence, terms))) continue;
      const score = this.#score(terms);
      if (!best || score > best.score) best = { sentence, terms, score };
    }
    if (!best) return undefined;
    this.#said.add(keyOf(best.sentence, best.terms));
    for (const term of best.terms) this.#shares.set(term, (this.#shares.get(term) ?? 0) ** 2);
    return best.sentence;
  }

  #score(terms: ReadonlySet<string>): number {
    let sum = 0;
    let weights = 0;
    for (const term of terms) {
      const weight = weightOf(term);
      sum += weight * (this.#shares.get(term) ?? 0);
      weights += weight;
    }
    return sum / Math.max(weights, USUAL_WORDS) - (weights < LEAST_WORDS ? 1 : 0);
  }
}

/** Equal for sentences of the same words. */
const keyOf = (sentence: string, terms: ReadonlySet<string>): string =>
  terms.size > 0 ? [...terms].join(' ') : sentence;

/** The words of a text by their stems, and of scripts without spaces the pairs of characters. */
const termsOf = (text: string): string[] =>
  wordsIn(normalizeText(text))
    .split(' ')
    .filter((word) => word !== '')
    .flatMap((word) => (isUnspaced(word) ? pairsOf(word) : wordWeights.has(word) ? [word] : [englishStem(word)]));

/** What a word says. In any language short ones mostly only hold a sentence together. */
const weightOf = (term: string): number =>
  wordWeights.get(term) ?? (isUnspaced(term) || term.length > 3 ? 1 : term.length / 6);
