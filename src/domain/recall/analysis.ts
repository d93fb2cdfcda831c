import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { json } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, recordset, typed, under } from '../../db/typed-sql.ts';
import { asksForTime, asksOfSelf, formsOf, genericTerms } from '../../model/recall/english.ts';
import { asksForList, isFraming } from '../../model/recall/enumeration.ts';
import { eventIn, type NamedEvent, type Span, spanIn } from '../../model/recall/times.ts';
import { type AskedWord, readWords } from '../../model/text/analysis.ts';
import { inOneWording } from '../../model/text/dates.ts';
import { memories } from '../../tables/memory.ts';
import { postings } from '../../tables/recall.ts';
import { leaveOut, longestOf, MAX_WORDS, meant, namesSql, readNames, wordsOf, wordsOfNames } from './names.ts';
import { type Owned, type Searched, searchedSql } from './searched.ts';

const m = under(memories, 'm');
const p = under(postings, 'p');

/** The most postings that a search reads: those of its rarest terms; of one common term, those of the newest memories. */
export const MAX_HITS = 700;
/** The same if that finds too little. */
export const MAX_HITS_WIDE = 100_000;
/** Memories are counted up to this: more change the weights little, and counting takes time. */
const MAX_COUNTED = 5_000;
/** For how long a search with as many memories is not counted again. */
const LARGE_FOR_MS = 60_000;
const MAX_KNOWN_LARGE = 10_000;
/** Multiplies the weight of a generic word, and of a word with which a question asks for a list. */
const GENERIC = 0.4;
/** Multiplies the weight of a word within a word. */
const PART = 0.4;
/** Multiplies the weight of a word's accents, which count beside the word: what has them comes first. */
const ACCENTS = 0.2;

/** A word of a question in all its forms, and its weight. */
export interface Term {
  /** As the index has them; the first is the form in the question. */
  lexemes: readonly string[];
  /** How rare it is, as in BM25: ln(1 + (N − n + 0.5) / (n + 0.5)); less for a generic word. */
  weight: number;
}

/** A question, analysed. */
export interface Analysis {
  /** The rarest first. */
  terms: readonly Term[];
  /** How many of them a search looks for at first. */
  rare: number;
  /** True if that leaves out terms, or postings of a term. */
  isCut: boolean;
  /** The speaker it names, folded; null if it names none or several. */
  speaker: string | null;
  asksForTime: boolean;
  /** The span of time it names. */
  span: Span | undefined;
  /** If it names no span, the event by which it names a time, and the lexemes of that event. */
  event: { side: NamedEvent['side']; lexemes: readonly string[] } | undefined;
  /** The question says I, my, we …, and names no speaker. */
  asksOfSelf: boolean;
  /** The question without names of speakers, and with its dates in one form. */
  withoutNames: string;
  /** Needed by later pages to weigh the terms; see {@link analyse}. */
  statistics: string;
}

/**
 * Splits a question into weighted terms, in two statements; on later pages in one. Names of speakers are not terms: they
 * select a speaker's memories. `statistics` are those of the first page, so that later pages use the same weights.
 * Times such as "last week" are relative to `at`. Returns undefined if `statistics` is not valid.
 */
export async function analyse(
  tx: Transaction,
  searched: Searched,
  question: string,
  at: Date,
  statistics?: string,
): Promise<Analysis | undefined> {
  const kept = statistics === undefined ? undefined : keptStatistics.safeParse(parseJson(statistics));
  if (kept && !kept.success) return undefined;
  const words = wordsOf(question);
  const read = await readQuestion(tx, searched, question, words);
  const names = kept?.data[1] ?? read.names;
  const speakers = longestOf(names);
  const said = wordsOfNames(speakers, question);
  const terms = termsOf(said, read, asksForList(question));
  const { size, frequencies } = kept
    ? { size: kept.data[0], frequencies: kept.data[2] }
    : await countTerms(tx, searched, terms);
  const span = spanIn(question, at, tx.textSearchConfig);
  return {
    ...weigh(terms, size, frequencies),
    speaker: speakers.length === 1 ? (speakers[0] as string) : null,
    asksForTime: asksForTime(question),
    span,
    event: span ? undefined : eventOf(question, read),
    asksOfSelf: speakers.length === 0 && asksOfSelf(question),
    withoutNames: leaveOut(wordsOf(inOneWording(question.normalize('NFKC'), tx.textSearchConfig)), said),
    statistics: JSON.stringify([size, names, frequencies]),
  };
}

/**
 * The question as an embedding model gets it: without the names of speakers, which would make all their memories look
 * alike, and without the words with which it asks for a list. If nothing else is left, it stays as it was. `statistics`
 * as in {@link analyse}.
 */
export async function questionOf(
  tx: Transaction,
  searched: Searched,
  question: string,
  statistics?: string,
): Promise<string> {
  const kept = statistics === undefined ? undefined : keptStatistics.safeParse(parseJson(statistics));
  const words = wordsOf(question);
  const names = kept?.success ? kept.data[1] : await readNames(tx, searched, question, words);
  const framing = asksForList(question) ? words.filter(isFraming) : [];
  const left = new Set([...wordsOfNames(longestOf(names), question), ...framing]);
  return left.size > 0 ? leaveOut(words, left) || question : question;
}

/** How many memories were searched, the speakers it names, how many memories have each term. */
const keptStatistics = z.tuple([z.number().min(0), z.array(z.string()), z.array(z.number().min(0))]);

/** The value of a JSON text; undefined if it is not valid JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A lexeme of the question with those of its other forms, and what multiplies its rarity. */
interface Group {
  lexemes: string[];
  factor: number;
}

/** The lexemes of the question, without speakers' names unless there is nothing else. */
function termsOf(names: ReadonlySet<string>, { words, marks }: Question, isList: boolean): Group[] {
  const named = new Set([...names].flatMap(wordsIn));
  const groups = (of: readonly ReadWord[]) =>
    of.flatMap(({ word, isPart, exact, plain }): Group[] => [
      ...(plain ?? exact).map((lexeme) => ({
        lexemes: [lexeme, ...formsOf(lexeme)],
        factor: (isPart ? PART : 1) * (isList && isFraming(word) ? GENERIC : 1),
      })),
      ...(plain ? exact.filter((lexeme) => !plain.includes(lexeme)) : []).map((lexeme) => ({
        lexemes: [lexeme],
        factor: ACCENTS,
      })),
    ]);
  const others = groups(words.filter(({ word }) => !named.has(word)));
  const ofMarks = marks.map((mark) => ({ lexemes: [mark], factor: 1 }));
  const all = others.length + marks.length > 0 ? [...others, ...ofMarks] : groups(words);
  const taken = new Set<string>();
  const once = all.filter(({ lexemes }) => {
    if (taken.has(lexemes[0] as string)) return false;
    for (const each of lexemes) taken.add(each);
    return true;
  });
  return once.slice(0, MAX_WORDS);
}

/** The event that a question names, with its lexemes. */
function eventOf(question: string, { words }: Question): Analysis['event'] {
  const event = eventIn(question);
  if (!event) return undefined;
  const own = words.filter(({ word }) => event.words.includes(word));
  return { side: event.side, lexemes: own.flatMap(({ exact, plain }) => plain ?? exact) };
}

/** The words of a name, split as the analysis splits them. */
const wordsIn = (name: string): string[] => readWords(name, 'simple').words.map(({ word }) => word);

/** The terms with their weights, and how many of the rarest fit into {@link MAX_HITS} postings: at least one. */
function weigh(
  groups: readonly Group[],
  size: number,
  frequencies: readonly number[],
): Pick<Analysis, 'terms' | 'rare' | 'isCut'> {
  const found = groups
    .map((group, index) => ({ ...group, n: frequencies[index] ?? 0 }))
    .filter(({ n }) => n > 0)
    .sort((a, b) => a.n - b.n || (a.lexemes[0] as string).localeCompare(b.lexemes[0] as string));
  let hits = 0;
  const rare = found.filter(({ n }, index) => {
    hits += n;
    return index === 0 || hits <= MAX_HITS;
  }).length;
  const terms = found.map(({ lexemes, factor, n }) => {
    const isGeneric = lexemes.some((lexeme) => genericTerms.has(lexeme));
    const rarity = Math.log(1 + (Math.max(0, size - n) + 0.5) / (n + 0.5));
    return { lexemes, weight: rarity * factor * (isGeneric ? GENERIC : 1) };
  });
  return { terms, rare, isCut: hits > MAX_HITS };
}

/** A word of the question with its lexemes. */
interface ReadWord extends Pick<AskedWord, 'word' | 'isPart'> {
  /** Its lexemes; a stop word has none. */
  exact: string[];
  /** Those of the word without accents; null if it has no accents. */
  plain: string[] | null;
}

interface Question {
  words: ReadWord[];
  /** Lexemes that are not stemmed. */
  marks: string[];
  /** The names of speakers in it, folded. */
  names: string[];
}

/** Reads a question as the index would, and finds the speakers it names. */
async function readQuestion(tx: Transaction, searched: Searched, question: string, words: string[]): Promise<Question> {
  const asked = readWords(question, tx.textSearchConfig);
  const given = [...Map.groupBy(asked.words, ({ word }) => word).values()]
    .flatMap(([first]) => first ?? [])
    .slice(0, MAX_WORDS);
  const [row] = await tx.rows<{ lexemes: [string[], string[]][]; names: string[] }>(sql`
    select
      (select coalesce(jsonb_agg(jsonb_build_array(tsvector_to_array(to_tsvector(w.word ->> 0)), tsvector_to_array(
         to_tsvector(coalesce(w.word ->> 1, '')))) order by place), '[]')
       from jsonb_array_elements(${json(given.map(({ word, bare }) => [word, bare]))}) with ordinality w (word, place)) as lexemes,
      ${namesSql(searched, words, tx.workspaceId)} as names`);
  if (!row) throw new Error('a question that was not read');
  const read = given.map(({ word, bare, isPart }, index): ReadWord => {
    const [exact, plain] = row.lexemes[index] as [string[], string[]];
    return { word, isPart, exact, plain: bare === null || exact.length === 0 ? null : plain };
  });
  return { words: read, marks: asked.marks, names: meant(row.names, question) };
}

const lexemeShape = { number: typed<number>('int'), lexeme: typed<string>('text') };

/** Searches with at least {@link MAX_COUNTED} memories, and until when this is assumed, by the process's clock. */
const knownLarge = new Map<string, number>();

/** Counts the memories, and those that have each term in any of its forms, each up to a bound. */
async function countTerms(
  tx: Transaction,
  searched: Searched,
  terms: readonly Group[],
): Promise<{ size: number; frequencies: number[] }> {
  const lexemes = recordset(
    'l',
    lexemeShape,
    terms.flatMap(({ lexemes: group }, number) => group.map((lexeme) => ({ number, lexeme }))),
  );
  const ofSearched = (rows: Owned) => searchedSql(rows, searched, tx.workspaceId);
  const key = JSON.stringify([tx.workspaceId, searched.companion, searched.user, tx.restriction]);
  const isLarge = (knownLarge.get(key) ?? 0) > performance.now();
  const most = sql.raw(String(MAX_COUNTED));
  const counted = sql`(select count(*)::int from (select from ${aliased(m)} where ${ofSearched(m)} limit ${most}) memory)`;
  const [row] = await tx.rows<{ size: number; counts: [number, number][] }>(sql`
    select ${isLarge ? most : counted} as size, (
      select coalesce(jsonb_agg(jsonb_build_array(${lexemes.number}, n)), '[]')
      from ${aliased(lexemes)}
      cross join lateral (
        select count(*) as n from (
          select from ${aliased(p)} where ${ofSearched(p)} and ${p.term} = ${lexemes.lexeme} collate "C"
          limit ${sql.raw(String(MAX_HITS + 1))}) posting
      ) counted) as counts`);
  const frequencies = terms.map(() => 0);
  for (const [term, n] of row?.counts ?? []) frequencies[term] = (frequencies[term] ?? 0) + n;
  const size = row?.size ?? 0;
  if (size >= MAX_COUNTED && !isLarge) {
    if (knownLarge.size >= MAX_KNOWN_LARGE) knownLarge.clear();
    knownLarge.set(key, performance.now() + LARGE_FOR_MS);
  }
  return { size, frequencies };
}
