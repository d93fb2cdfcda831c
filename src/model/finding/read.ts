import { clauseOf } from './clause.ts';
import { cleaned, MAX_CLAUSES, MAX_TOKENS, MAX_VALUES, partsOf, sentencesOf } from './clauses.ts';
import { isEnglish, looksEnglish } from './language.ts';
import { together } from './overlap.ts';
import type { Clause, Measure, Statement } from './statement.ts';
import { tokensOf } from './tokens.ts';
import { ValueReader } from './values.ts';

function sequenceOf(text: string): (string | Measure)[] {
  const tokens = tokensOf(text);
  const { found } = new ValueReader(text, tokens);
  const begins = new Map(found.map((value) => [value.from, value]));
  const sequence: (string | Measure)[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const value = begins.get(at);
    if (value) {
      sequence.push({ dimension: value.dimension, amount: value.amount, unit: value.unit });
      at = value.to;
    } else sequence.push(tokens[at]?.raw.toLowerCase() ?? '');
  }
  return sequence;
}

/** The clauses, of which those behind too many values have none. */
function withFewValues(clauses: readonly Clause[]): Clause[] {
  let room = MAX_VALUES;
  return clauses.map((clause) => {
    room -= clause.values.length;
    return room < 0 ? { ...clause, values: [] } : clause;
  });
}

const nothing = (text: string, length: number, speaker: string | undefined): Statement => ({
  text,
  clauses: [],
  sentences: [],
  length,
  speaker,
  isRetraction: false,
  isEnglish: false,
  sequence: [],
});

/**
 * Reads a text for {@link compare}. Rules are those of English; with another text search configuration, and of a text
 * that is not English, only its words and values are read. A text over 6,000 characters or 40 sentences, without its code
 * blocks, yields nothing: it is no statement of a fact. Takes time in proportion to the text's length.
 */
export function readStatement(content: string, textSearchConfig: string, speaker?: string): Statement {
  const who = speaker?.toLowerCase();
  const text = cleaned(content);
  const sentences = text === undefined ? undefined : sentencesOf(text);
  if (text === undefined || sentences === undefined) return nothing('', content.length, who);
  const hasRules = isEnglish(textSearchConfig) && looksEnglish(text);
  if (!hasRules) return { ...nothing(text, text.length, who), sequence: sentences.flatMap(sequenceOf) };
  const parts = sentences.map((sentence, number) =>
    partsOf(sentence, number).filter(({ tokens }) => tokens.length > 0 && tokens.length <= MAX_TOKENS),
  );
  if (parts.flat().length > MAX_CLAUSES) return nothing('', text.length, who);
  const clauses = parts.flatMap((own) => own.map((part, index) => clauseOf(part, own.length === 1, index === 0)));
  const compared = withFewValues(clauses);
  const words = sentences.map((_, index) =>
    together(clauses.filter(({ sentence }) => sentence === index).map(({ stems }) => stems)),
  );
  const isRetraction = clauses.some((clause) => clause.isRetraction);
  let sequence: Statement['sequence'] | undefined;
  return {
    text,
    clauses: compared,
    sentences: words,
    length: text.length,
    speaker: who,
    isRetraction,
    isEnglish: hasRules,
    // Hardly any pair has so much in common that this is asked for.
    get sequence() {
      sequence ??= sentences.flatMap(sequenceOf);
      return sequence;
    },
  };
}

const known = new Map<string, Statement>();
/** How many characters of texts are remembered as they were read, and of how long ones: some 10 MB with what was read of them. */
const MAX_KNOWN = 100_000;
const MAX_KNOWN_LENGTH = 500;
let characters = 0;

/** The same, remembered for a while: one text is read as it is written, and again whenever another is compared with it. */
export function knownStatement(content: string, textSearchConfig: string, speaker?: string): Statement {
  if (content.length > MAX_KNOWN_LENGTH) return readStatement(content, textSearchConfig, speaker);
  const key = `${textSearchConfig} ${speaker ?? ''} ${content}`;
  let statement = known.get(key);
  if (statement) known.delete(key);
  else {
    statement = readStatement(content, textSearchConfig, speaker);
    characters += key.length;
  }
  known.set(key, statement);
  for (const [oldest] of known) {
    if (characters <= MAX_KNOWN) break;
    known.delete(oldest);
    characters -= oldest.length;
  }
  return statement;
}
