import { sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { json } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { companionIdSql } from '../../model/companion/ref.ts';
import { asksForList, isFraming } from '../../model/recall/enumeration.ts';
import { eventIn, type NamedEvent } from '../../model/recall/times.ts';
import { type AskedWord, readWords } from '../../model/text/analysis.ts';
import { formsOf } from '../../model/text/irregular.ts';
import { type Named, namedBy, namedSql, namesWithoutLexeme, nameTermsOf, readNamed } from './entities.ts';
import { MAX_WORDS, meant, namesSql } from './names.ts';
import type { Searched } from './searched.ts';

/** Multiplies the weight of a generic word, and of a word with which a question asks for a list. */
export const GENERIC = 0.4;
/** Multiplies the weight of a word within a word. */
const PART = 0.4;
/** Multiplies the weight of a word's accents, which count beside the word: what has them comes first. */
const ACCENTS = 0.2;

/** A word of the question with its lexemes. */
interface ReadWord extends Pick<AskedWord, 'word' | 'isPart'> {
  /** Its lexemes; a stop word has none. */
  exact: string[];
  /** Those of the word without accents; null if it has no accents. */
  plain: string[] | null;
}

/** The words and names in a question. */
export interface Question {
  words: ReadWord[];
  /** All of them in their order, except words within words. */
  inOrder: string[];
  /** Lexemes that are not stemmed. */
  marks: string[];
  /** The names of speakers in it, folded. */
  names: string[];
  named: Named;
  /** The key of the companion whose memories are searched; null: there is none. */
  companionId: string | null;
}

interface QuestionRow {
  lexemes: [string[], string[]][];
  names: string[];
  named: [string[], string[]][];
  companion: string | null;
}

/** Reads a question as the index would, and finds the speakers and the entities it names. */
export async function readQuestion(
  tx: Transaction,
  reading: Reading,
  searched: Searched,
  question: string,
  words: string[],
): Promise<Question> {
  const asked = readWords(question, tx.textSearchConfig);
  const given = [...Map.groupBy(asked.words, ({ word }) => word).values()]
    .flatMap(([first]) => first ?? [])
    .slice(0, MAX_WORDS);
  const whole = asked.words.filter(({ isPart }) => !isPart).map(({ word }) => word);
  const inOrder = whole.slice(0, MAX_WORDS);
  const marks = asked.marks.slice(0, MAX_WORDS);
  const lexemes = sql`select unnest(exact || plain) from asked`;
  const named = namedSql(searched, reading, lexemes, [...marks, ...nameTermsOf(question, inOrder)]);
  const [row] = await tx.rows<QuestionRow>(sql`
    with asked as materialized (
      select place, tsvector_to_array(to_tsvector(w.word ->> 0)) as exact,
        tsvector_to_array(to_tsvector(coalesce(w.word ->> 1, ''))) as plain
      from jsonb_array_elements(${json(given.map(({ word, bare }) => [word, bare]))}) with ordinality w (word, place))
    select (select coalesce(jsonb_agg(jsonb_build_array(exact, plain) order by place), '[]') from asked) as lexemes,
      ${namesSql(searched, words, tx.workspaceId)} as names, ${named} as named,
      ${companionIdSql(searched.companion, tx.workspaceId)} as companion`);
  if (!row) throw new Error('a question that was not read');
  const read = given.map(({ word, bare, isPart }, index): ReadWord => {
    const [exact, plain] = row.lexemes[index] as [string[], string[]];
    return { word, isPart, exact, plain: bare === null || exact.length === 0 ? null : plain };
  });
  return {
    words: read,
    inOrder,
    marks: asked.marks,
    names: meant(row.names, question),
    named: readNamed(row.named),
    companionId: row.companion,
  };
}

/** A lexeme of the question with those of its other forms, and what multiplies its rarity. */
export interface Group {
  lexemes: string[];
  factor: number;
  /** Which of the entities that the question names have it in a name. */
  named: readonly number[];
}

/** The lexemes of the question, without speakers' names unless there is nothing else. */
export function termsOf(
  names: ReadonlySet<string>,
  { words, inOrder, marks, named }: Question,
  question: string,
): Group[] {
  const speakers = new Set([...names].flatMap(wordsIn));
  const isList = asksForList(question);
  const groups = (of: readonly ReadWord[]) =>
    of.flatMap(({ word, isPart, exact, plain }): Group[] => [
      ...(plain ?? exact).map((lexeme) => ({
        lexemes: [lexeme, ...formsOf(lexeme)],
        factor: (isPart ? PART : 1) * (isList && isFraming(word) ? GENERIC : 1),
        named: namedBy(named, question, word, lexeme),
      })),
      ...(plain ? exact.filter((lexeme) => !plain.includes(lexeme)) : []).map((lexeme) => ({
        lexemes: [lexeme],
        factor: ACCENTS,
        named: namedBy(named, question, word, lexeme),
      })),
    ]);
  const said = words.filter(({ word }) => !speakers.has(word));
  const others = groups(said);
  const ofMarks = marks.map((mark) => ({ lexemes: [mark], factor: 1, named: named.byTerm.get(mark) ?? [] }));
  const stopWords = new Set(said.filter(({ exact }) => exact.length === 0).map(({ word }) => word));
  const ofNames = namesWithoutLexeme(named, question, inOrder, stopWords).map(({ name, named: entities }) => ({
    lexemes: [name],
    factor: 1,
    named: entities,
  }));
  const most = [...others, ...ofMarks, ...ofNames];
  const all = most.length > 0 ? most : groups(words);
  const taken = new Set<string>();
  const once = all.filter(({ lexemes }) => {
    if (taken.has(lexemes[0] as string)) return false;
    for (const each of lexemes) taken.add(each);
    return true;
  });
  return once.slice(0, MAX_WORDS);
}

/** The event by which a question names a time, and its lexemes. */
export interface AskedEvent extends Pick<NamedEvent, 'side'> {
  lexemes: readonly string[];
}

/** The event that a question names, with its lexemes. */
export function eventOf(question: string, { words }: Question): AskedEvent | undefined {
  const event = eventIn(question);
  if (!event) return undefined;
  const own = words.filter(({ word }) => event.words.includes(word));
  return { side: event.side, lexemes: own.flatMap(({ exact, plain }) => plain ?? exact) };
}

/** The words of a name, split as the analysis splits them. */
const wordsIn = (name: string): string[] => readWords(name, 'simple').words.map(({ word }) => word);
