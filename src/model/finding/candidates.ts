import { earlierStem } from '../text/english-stem.ts';
import { isUnspaced, pairsOf } from '../text/grams.ts';
import { formsOf } from '../text/irregular.ts';
import { hiddenTerm } from './frames.ts';
import { isEnglish } from './language.ts';
import { knownStatement } from './read.ts';
import type { Clause, Statement } from './statement.ts';

/** How many terms older memories are looked for by, hidden ones not counted. */
export const MAX_TERMS = 12;
/** How many frames of a text have hidden terms. */
const MAX_HIDDEN = 8;

/** A word by which older memories are looked for. */
export interface CandidateTerm {
  /** As postings have it, in all its forms: `buy`, `bought`. */
  lexemes: readonly string[];
  /** False of a word of another language, which to_tsvector is to make a lexeme of. */
  isStemmed: boolean;
  /** How much it says, up to 2; to be multiplied by how rare it is in a workspace. */
  weight: number;
}

const ASKED = 0.7;
const TELLING = 1.5;

/** Words of what denies, ends or changes something say more than others, and those of a question less. */
function factorOf({ isAsked, denial, ending, values, frames }: Clause): number {
  if (isAsked) return ASKED;
  return denial || ending || frames.length > 0 || values.some(({ cue }) => cue) ? TELLING : 1;
}

/** What shares an attribute is likelier to speak of the same than what shares a word. */
const HIDDEN_WEIGHT = 2;

/**
 * What older memories are found by that a statement may repeat, update or deny: its weightiest words, by their stems in PostgreSQL's
 * `english` configuration, and the hidden terms of its single-valued frames, last. `most`: how many words; more are
 * worth asking for where they are then weighed by their rarity.
 *
 * A memory has its hidden terms among its search terms, as it has `@` with its speaker's name: see {@link hiddenTermsOf}.
 */
export function candidateTerms(statement: Statement, most = MAX_TERMS): CandidateTerm[] {
  if (!statement.isEnglish) return termsOfWords(statement, most);
  const weights = new Map<string, number>();
  for (const clause of statement.clauses) {
    const factor = factorOf(clause);
    for (const [stem, weight] of clause.stems) weights.set(stem, Math.max(weights.get(stem) ?? 0, weight * factor));
  }
  const words = [...weights].sort(([, a], [, b]) => b - a).slice(0, most);
  return [
    ...words.map(([stem, weight]) => ({ lexemes: lexemesOf(stem), isStemmed: true, weight })),
    ...hiddenTerms(statement).map((term) => ({ lexemes: [term], isStemmed: true, weight: HIDDEN_WEIGHT })),
  ];
}

/** A word by all stems that a database may have of its forms. */
function lexemesOf(stem: string): string[] {
  const earlier = earlierStem(stem);
  return [stem, ...formsOf(stem), ...(earlier ? [earlier] : [])];
}

/** The longest words of a text in another language; of scripts without spaces their pairs of characters. */
function termsOfWords({ sequence }: Statement, most: number): CandidateTerm[] {
  const words = new Set(sequence.filter((item) => typeof item === 'string'));
  const [unspaced, spaced] = [[...words].filter(isUnspaced), [...words].filter((word) => !isUnspaced(word))];
  const terms = [
    ...spaced.sort((a, b) => b.length - a.length).map((word) => ({ lexemes: [word], isStemmed: false, weight: 1 })),
    ...unspaced.flatMap(pairsOf).map((pair) => ({ lexemes: [pair], isStemmed: true, weight: 1 })),
  ];
  return terms.slice(0, most);
}

/** The hidden terms that a memory is found by: one for each attribute that it gives a value to. */
export function hiddenTerms({ clauses }: Statement): string[] {
  const terms = clauses.flatMap(({ frames, isAsked }) =>
    isAsked ? [] : frames.flatMap((frame) => hiddenTerm(frame) ?? []),
  );
  return [...new Set(terms)].slice(0, MAX_HIDDEN);
}

/** Words of which every text has some that has a frame; the last are for what is written as `key: value` or "X as the Y". */
const framing = new RegExp(
  String.raw`\b(?:liv(?:es?|ing)|resid(?:es?|ing)|based|settled|moved|relocated|moving|relocating|work(?:s|ing|ed)?|employed|` +
    `hired|job|position|joined|promoted|became|becomes?|appointed|occupation|is|are|am|i'm|we're|was|were|he's|she's|` +
    `renamed|driv(?:es?|ing)|married|dating|engaged|girlfriend|boyfriend|wife|husband|partner|born|turn(?:ed|s)|` +
    String.raw`plan|tier|subscription|membership|package|as|went|got)\b|[:=]`,
  'i',
);

/** The longest text that is read for its hidden terms: what one keeps of a longer one is found by its words. */
const MAX_READ = 1_000;

/**
 * The hidden terms of a content, which no search looks for: a question's words never begin with `=`. They have neither
 * position nor weight, so that no filter finds them, and no statistics of words count them.
 */
export function hiddenTermsOf(content: string, textSearchConfig: string): string[] {
  if (content.length > MAX_READ || !isEnglish(textSearchConfig) || !framing.test(content)) return [];
  return hiddenTerms(knownStatement(content, textSearchConfig));
}
