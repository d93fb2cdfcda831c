import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Reading } from '../../db/reading.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, recordset, typed, under } from '../../db/typed-sql.ts';
import { asksForTime, asksOfSelf, genericTerms } from '../../model/recall/english.ts';
import { asksForList, isFraming } from '../../model/recall/enumeration.ts';
import { type Span, spanIn } from '../../model/recall/times.ts';
import { inOneWording } from '../../model/text/dates.ts';
import { memories } from '../../tables/memory.ts';
import type { Named, NamedEntity } from './entities.ts';
import { countsOfNamedSql, MAX_MENTIONED } from './mentioned.ts';
import { leaveOut, longestOf, readNames, wordsOf, wordsOfNames } from './names.ts';
import { noColumns, postingsOf } from './postings.ts';
import { type AskedEvent, eventOf, GENERIC, type Group, readQuestion, termsOf } from './question.ts';
import { type Owned, type Searched, searchedSql } from './searched.ts';

const m = under(memories, 'm');

/** The most postings that a search reads: those of its rarest terms; of one common term, those of the newest memories. */
export const MAX_HITS = 700;
/** The same if that finds too little. */
export const MAX_HITS_WIDE = 100_000;
/** Memories are counted up to this: more change the weights little, and counting takes time. */
const MAX_COUNTED = 5_000;
/** For how long a search with as many memories is not counted again. */
const LARGE_FOR_MS = 60_000;
const MAX_KNOWN_LARGE = 10_000;

/** A word of a question in all its forms, and its weight. */
export interface Term {
  /** As the index has them; the first is the form in the question. */
  lexemes: readonly string[];
  /** How rare it is, as in BM25: ln(1 + (N − n + 0.5) / (n + 0.5)); less for a generic word. */
  weight: number;
  /** Which of the analysis' entities have it in a name: a memory that mentions one of them has the term. */
  named: readonly number[];
}

/** A question, analysed. */
export interface Analysis {
  /** Those that a search looks for at first, then the others; of both the rarest first. */
  terms: readonly Term[];
  /** How many of them a search looks for at first: rare ones, and those that name entities. */
  rare: number;
  /** The entities it names. */
  entities: readonly NamedEntity[];
  /** True if one of them is mentioned by more memories than a search looks for. */
  isMentionedOften: boolean;
  /** True if that leaves out terms, or postings of a term. */
  isCut: boolean;
  /** The speaker it names, folded; null if it names none or several. */
  speaker: string | null;
  asksForTime: boolean;
  /** The span of time it names. */
  span: Span | undefined;
  /** If it names no span, the event by which it names a time, and the lexemes of that event. */
  event: AskedEvent | undefined;
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
 * Times such as "last week" are relative to `at`. Entities are those at the reading's point in time. Returns undefined
 * if `statistics` is not valid.
 */
export async function analyse(
  tx: Transaction,
  reading: Reading,
  searched: Searched,
  question: string,
  at: Date,
  statistics?: string,
): Promise<Analysis | undefined> {
  const kept = statistics === undefined ? undefined : keptStatistics.safeParse(parseJson(statistics));
  if (kept && !kept.success) return undefined;
  const words = wordsOf(question);
  const read = await readQuestion(tx, reading, searched, question, words);
  const names = kept?.data[1] ?? read.names;
  const speakers = longestOf(names);
  const said = wordsOfNames(speakers, question);
  const terms = termsOf(said, read, question);
  const { size, frequencies } = kept
    ? { size: kept.data[0], frequencies: kept.data[2] }
    : await countTerms(tx, reading, searched, terms, read.named);
  const span = spanIn(question, at, tx.textSearchConfig);
  return {
    ...weigh(terms, size, frequencies),
    entities: read.named.entities,
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

/**
 * The terms with their weights, and how many are looked for at first: as many of the rarest as fit into {@link MAX_HITS}
 * postings, at least one; and those that name entities, as many as fit into {@link MAX_MENTIONED} mentions.
 */
function weigh(
  groups: readonly Group[],
  size: number,
  frequencies: readonly number[],
): Pick<Analysis, 'terms' | 'rare' | 'isCut' | 'isMentionedOften'> {
  const found = groups
    .map((group, index) => ({ ...group, n: frequencies[index] ?? 0 }))
    .filter(({ n }) => n > 0)
    .sort((a, b) => a.n - b.n || (a.lexemes[0] as string).localeCompare(b.lexemes[0] as string));
  let hits = 0;
  let mentioned = 0;
  const { true: followed = [], false: others = [] } = Object.groupBy(found, ({ n, named }, index) => {
    hits += n;
    if (index === 0 || hits <= MAX_HITS) return 'true';
    mentioned += named.length > 0 ? n : 0;
    return `${named.length > 0 && mentioned <= MAX_MENTIONED}`;
  });
  const terms = [...followed, ...others].map(({ lexemes, factor, named, n }) => {
    const isGeneric = lexemes.some((lexeme) => genericTerms.has(lexeme));
    const rarity = Math.log(1 + (Math.max(0, size - n) + 0.5) / (n + 0.5));
    return { lexemes, named, weight: rarity * factor * (isGeneric ? GENERIC : 1) };
  });
  const isMentionedOften = found.some(({ named, n }) => named.length > 0 && n > MAX_HITS);
  return { terms, rare: followed.length, isCut: hits > MAX_HITS, isMentionedOften };
}

const lexemeShape = { number: typed<number>('int'), lexeme: typed<string>('text') };

/** Searches with at least {@link MAX_COUNTED} memories, and until when this is assumed, by the process's clock. */
const knownLarge = new Map<string, number>();

/** Counts the memories, and those that have each term in any of its forms, each up to a bound. */
async function countTerms(
  tx: Transaction,
  reading: Reading,
  searched: Searched,
  terms: readonly Group[],
  { entities }: Named,
): Promise<{ size: number; frequencies: number[] }> {
  const lexemes = recordset(
    'l',
    lexemeShape,
    terms.flatMap(({ lexemes: group, named }, number) =>
      (named.length > 0 ? group.slice(1) : group).map((lexeme) => ({ number, lexeme })),
    ),
  );
  const named = terms.flatMap(({ lexemes: [term = ''], named: of }, number) =>
    of.length > 0 ? [{ number, term, members: of.flatMap((index) => entities[index] ?? []) }] : [],
  );
  const ofSearched = (rows: Owned) => searchedSql(rows, searched, tx.workspaceId);
  const key = JSON.stringify([tx.workspaceId, searched.companion, searched.user, tx.restriction]);
  const isLarge = (knownLarge.get(key) ?? 0) > performance.now();
  const most = sql.raw(String(MAX_COUNTED));
  const counted = sql`(select count(*)::int from (select from ${aliased(m)} where ${ofSearched(m)} limit ${most}) memory)`;
  const ofNamed = named.length > 0 ? countsOfNamedSql(searched, reading, named, MAX_HITS + 1) : sql`'[]'::jsonb`;
  const [row] = await tx.rows<{ size: number; counts: [number, number][]; named: [number, number][] }>(sql`
    select ${isLarge ? most : counted} as size, (
      select coalesce(jsonb_agg(jsonb_build_array(${lexemes.number}, n)), '[]')
      from ${aliased(lexemes)}
      cross join lateral (
        select count(*) as n from (
          ${postingsOf(lexemes.lexeme, searched, tx.workspaceId, noColumns)} limit ${sql.raw(String(MAX_HITS + 1))}) posting
      ) counted) as counts, ${ofNamed} as named`);
  const frequencies = terms.map(() => 0);
  for (const [term, n] of [...(row?.counts ?? []), ...(row?.named ?? [])])
    frequencies[term] = (frequencies[term] ?? 0) + n;
  const size = row?.size ?? 0;
  if (size >= MAX_COUNTED && !isLarge) {
    if (knownLarge.size >= MAX_KNOWN_LARGE) knownLarge.clear();
    knownLarge.set(key, performance.now() + LARGE_FOR_MS);
  }
  return { size, frequencies };
}
