import { sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { json } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { formsOf } from '../../model/recall/english.ts';
import { type AskedWord, readWords } from '../../model/text/analysis.ts';
import { type Named, namedBy, namedSql, namesWithoutLexeme, nameTermsOf, readNamed } from './entities.ts';
import { MAX_WORDS, meant, namesSql } from './names.ts';
import type { Searched } from './searched.ts';

/** What a word within a word weighs, against what its rarity says. */
const PART = 0.4;
/** What a word's accents weigh beside the word: what has them, too, comes first. */
const ACCENTS = 0.2;

/** A word of the question as the index has it. */
interface ReadWord extends Pick<AskedWord, 'word' | 'isPart'> {
  /** Its lexemes; none of a stop word. */
  exact: string[];
  /** Those of the word without accents, where it has any. */
  plain: string[] | null;
}

/** What a question asks for, as the index has it. */
export interface Question {
  words: ReadWord[];
  /** All of them in their order, but for words within words. */
  inOrder: string[];
  /** Lexemes that are not stemmed. */
  marks: string[];
  /** The names of speakers in it, folded. */
  names: string[];
  named: Named;
}

/** Reads a question as the index would, and finds the speakers and the entities that it names. */
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
  const [row] = await tx.rows<{ lexemes: [string[], string[]][]; names: string[]; named: [string[], string[]][] }>(sql`
    with asked as materialized (
      select place, tsvector_to_array(to_tsvector(w.word ->> 0)) as exact,
        tsvector_to_array(to_tsvector(coalesce(w.word ->> 1, ''))) as plain
      from jsonb_array_elements(${json(given.map(({ word, bare }) => [word, bare]))}) with ordinality w (word, place))
    select (select coalesce(jsonb_agg(jsonb_build_array(exact, plain) order by place), '[]') from asked) as lexemes,
      ${namesSql(searched, words, tx.workspaceId)} as names, ${named} as named`);
  if (!row) throw new Error('a question that was not read');
  const read = given.map(({ word, bare, isPart }, index): ReadWord => {
    const [exact, plain] = row.lexemes[index] as [string[], string[]];
    return { word, isPart, exact, plain: bare === null || exact.length === 0 ? null : plain };
  });
  return { words: read, inOrder, marks: asked.marks, names: meant(row.names, question), named: readNamed(row.named) };
}

/** A lexeme of the question with those of its other forms, and what it weighs against what its rarity says. */
export interface Group {
  lexemes: string[];
  factor: number;
  /** Which of the entities that the question names have it in a name. */
  named: readonly number[];
}

/** The lexemes of the question, without the words of speakers' names, unless it has nothing else. */
export function termsOf(
  names: ReadonlySet<string>,
  { words, inOrder, marks, named }: Question,
  question: string,
): Group[] {
  const speakers = new Set([...names].flatMap(wordsIn));
  const groups = (of: readonly ReadWord[]) =>
    of.flatMap(({ word, isPart, exact, plain }): Group[] => [
      ...(plain ?? exact).map((lexeme) => ({
        lexemes: [lexeme, ...formsOf(lexeme)],
        factor: isPart ? PART : 1,
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

/** The words of a name as the analysis has them. */
const wordsIn = (name: string): string[] => readWords(name, 'simple').words.map(({ word }) => word);
