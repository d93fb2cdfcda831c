import { ReadClause } from './clause.ts';
import { cleaned, MAX_CLAUSES, MAX_TOKENS, MAX_VALUES, partsOf, sentencesOf } from './clauses.ts';
import { isEnglish, looksEnglish } from './language.ts';
import { MadeLater } from './made-later.ts';
import { together, weightIn } from './overlap.ts';
import type { Clause, Measure, Statement, Weights } from './statement.ts';
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
function withFewValues(clauses: readonly ReadClause[]): readonly ReadClause[] {
  let room = MAX_VALUES;
  for (const clause of clauses) {
    room -= clause.valueCount;
    if (room < 0) clause.leaveOutValues();
  }
  return clauses;
}

/** The words of each of so many sentences. */
function wordsOf(count: number, clauses: readonly Clause[]): Weights[] {
  const parts = Array.from({ length: count }, (): Weights[] => []);
  for (const { sentence, stems } of clauses) parts[sentence]?.push(stems);
  return parts.map(together);
}

type Later = Pick<Statement, 'words' | 'weight' | 'isRetraction' | 'sequence'>;

/** A text in its clauses and sentences; what few rules ask for is made when they do. */
class ReadText extends MadeLater<Later> implements Statement {
  readonly text: string;
  readonly length: number;
  readonly speaker: string | undefined;
  readonly isEnglish: boolean;
  readonly clauses: readonly Clause[];
  readonly sentences: readonly Weights[];
  readonly #inOrder: readonly string[];

  /** `inOrder`: its sentences. Without clauses it is read for its words and values alone. */
  constructor(
    text: string,
    length: number,
    speaker: string | undefined,
    inOrder: readonly string[],
    clauses?: readonly Clause[],
  ) {
    super();
    this.text = text;
    this.length = length;
    this.speaker = speaker;
    this.isEnglish = clauses !== undefined;
    this.clauses = clauses ?? [];
    this.#inOrder = inOrder;
    this.sentences = clauses ? wordsOf(inOrder.length, clauses) : [];
  }

  get words() {
    return this.once('words', () => together(this.sentences));
  }

  get weight() {
    return this.once('weight', () => weightIn(this.words));
  }

  get isRetraction() {
    return this.once('isRetraction', () => this.clauses.some((clause) => clause.isRetraction));
  }

  get sequence() {
    return this.once('sequence', () => this.#inOrder.flatMap(sequenceOf));
  }
}

/**
 * Reads a text for {@link compare}. Rules are those of English; with another text search configuration, and of a text
 * that is not English, only its words and values are read. A text over 6,000 characters or 40 sentences, without its code
 * blocks, yields nothing: it is no statement of a fact. Takes time in proportion to the text's length.
 */
export function readStatement(content: string, textSearchConfig: string, speaker?: string): Statement {
  const who = speaker?.toLowerCase();
  const text = cleaned(content);
  const sentences = text === undefined ? undefined : sentencesOf(text);
  if (text === undefined || sentences === undefined) return new ReadText('', content.length, who, []);
  const hasRules = isEnglish(textSearchConfig) && looksEnglish(text);
  if (!hasRules) return new ReadText(text, text.length, who, sentences);
  const parts = sentences.map((sentence, number) =>
    partsOf(sentence, number).filter(({ tokens }) => tokens.length > 0 && tokens.length <= MAX_TOKENS),
  );
  if (parts.flat().length > MAX_CLAUSES) return new ReadText('', text.length, who, []);
  const clauses = parts.flatMap((own) => own.map((part, index) => new ReadClause(part, own.length === 1, index === 0)));
  return new ReadText(text, text.length, who, sentences, withFewValues(clauses));
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
