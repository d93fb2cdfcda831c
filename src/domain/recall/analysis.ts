import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { all, json } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, recordset, typed, type Under, under } from '../../db/typed-sql.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { asksForTime, asksOfSelf, formsOf, genericTerms } from '../../model/recall/english.ts';
import { gramsOf, namesIn } from '../../model/recall/terms.ts';
import { type Span, spanIn } from '../../model/recall/times.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import { memories } from '../../tables/memory.ts';
import { postings } from '../../tables/recall.ts';

const m = under(memories, 'm');
const p = under(postings, 'p');

/** How many postings a search follows: those of its rarest terms, and of one term those of the newest memories. */
export const MAX_HITS = 700;
/** The same where that finds too little. */
export const MAX_HITS_WIDE = 100_000;
/** How many words of a question count, from its beginning. */
export const MAX_WORDS = 128;
/** A companion with more memories counts as having as many: it changes the weights little, and counting takes time. */
const MAX_COUNTED = 5_000;
/** How long those that have are taken to: no more than that is worth counting. */
const LARGE_FOR_MS = 60_000;
const MAX_KNOWN_LARGE = 10_000;
/** What a generic word weighs, against what its rarity says. */
const GENERIC = 0.4;

/** Whose memories are searched. */
export interface Searched {
  companion: CompanionRef;
  user?: UserRef | null | undefined;
}

/** A word of a question: any of its forms, and how much a memory that has it counts. */
export interface Term {
  /** As the index has them; the first is the one the question has. */
  lexemes: readonly string[];
  /** The rarity of the term, BM25's: ln(1 + (N − n + 0.5) / (n + 0.5)), less for a generic one. */
  weight: number;
}

/** What a question comes to. */
export interface Analysis {
  /** The rarest first. */
  terms: readonly Term[];
  /** How many of them a search follows at first. */
  rare: number;
  /** It leaves something out then: terms, or postings of one. */
  isCut: boolean;
  /** The one speaker it names, as contexts name them, folded. */
  speaker: string | null;
  asksForTime: boolean;
  /** The span of time that it names. */
  span: Span | undefined;
  /** Who asks speaks of themselves, and it names no speaker. */
  asksOfSelf: boolean;
  /** The question's words without names of speakers. */
  withoutNames: string;
  /** What later pages weigh the terms by; see {@link analyse}. */
  statistics: string;
}

/** Something that is of a companion, and about a user or nobody. */
type Owned = Pick<Under<typeof memories>, 'workspaceId' | 'companionId' | 'userId'>;

/** The conditions on rows of whose memories are searched. */
export const searchedSql = (rows: Owned, { companion, user }: Searched, workspaceId: string): SQL =>
  all([
    sql`${rows.workspaceId} = ${workspaceId}`,
    sql`${rows.companionId} = ${companionIdSql(companion, workspaceId)}`,
    ...(user ? [sql`${rows.userId} = ${userIdSql(user, workspaceId)}`] : []),
  ]);

/**
 * Splits a question into weighted terms, in two statements; on later pages in one. Names of speakers are no terms: they
 * say whose memories are meant. `statistics` are those of a list's first page, so that later pages use the same
 * weights. `at` is the moment from which it names times. Returns undefined if `statistics` is not valid.
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
  const terms = termsOf(speakers, read);
  const { size, frequencies } = kept
    ? { size: kept.data[0], frequencies: kept.data[2] }
    : await countTerms(tx, searched, terms);
  return {
    ...weigh(terms, size, frequencies),
    speaker: speakers.length === 1 ? (speakers[0] as string) : null,
    asksForTime: asksForTime(question),
    span: spanIn(question, at),
    asksOfSelf: speakers.length === 0 && asksOfSelf(question),
    withoutNames: leaveOut(words, speakers),
    statistics: JSON.stringify([size, names, frequencies]),
  };
}

/**
 * What a model is given of a question: without the names of speakers, which say whose memories are meant, and would make
 * all of those alike. A question that names none, or nothing else, is as it was. `statistics` as in {@link analyse}.
 */
export async function questionOf(
  tx: Transaction,
  searched: Searched,
  question: string,
  statistics?: string,
): Promise<string> {
  const kept = statistics === undefined ? undefined : keptStatistics.safeParse(parseJson(statistics));
  const words = wordsOf(question);
  const names = kept?.success ? kept.data[1] : await readNames(tx, searched, words);
  return names.length > 0 ? leaveOut(words, longestOf(names)) || question : question;
}

/** Without names that are a part of another. */
const longestOf = (names: readonly string[]): string[] =>
  names.filter((name) => !names.some((other) => other !== name && ` ${other} `.includes(` ${name} `)));

const leaveOut = (words: readonly string[], speakers: readonly string[]): string =>
  words.filter((word) => !speakers.some((name) => name.split(' ').includes(word))).join(' ');

async function readNames(tx: Transaction, searched: Searched, words: readonly string[]): Promise<string[]> {
  const [row] = await tx.rows<{ names: string[] }>(sql`select ${namesSql(searched, words, tx.workspaceId)} as names`);
  return row?.names ?? [];
}

/** The names of speakers among these words, folded, as JSON. */
const namesSql = (searched: Searched, words: readonly string[], workspaceId: string): SQL => sql`(
  select coalesce(jsonb_agg(substr(called, 2)), '[]') from jsonb_array_elements_text(${json(namesIn(words))}) n (called)
  where exists (
    select from ${aliased(p)}
    where ${searchedSql(p, searched, workspaceId)} and ${p.term} = n.called collate "C" offset 0))`;

/** How many memories were searched, the speakers it names, how many memories have each term. */
const keptStatistics = z.tuple([z.number().min(0), z.array(z.string()), z.array(z.number().min(0))]);

/** What JSON says; undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The lexemes of the question, each with those of its other forms; without speakers' names, unless it has nothing else.
 */
function termsOf(speakers: readonly string[], { lexemes, ofWord }: Question): string[][] {
  const ofSpeakers = new Set(speakers.flatMap((name) => name.split(' ')).flatMap((word) => ofWord.get(word) ?? []));
  const plain = lexemes.filter((lexeme) => !ofSpeakers.has(lexeme));
  const taken = new Set<string>();
  return (plain.length > 0 ? plain : lexemes).flatMap((lexeme) => {
    if (taken.has(lexeme)) return [];
    const group = [lexeme, ...formsOf(lexeme)];
    for (const each of group) taken.add(each);
    return [group];
  });
}

const wordsOf = (question: string): string[] =>
  (
    question
      .toLowerCase()
      .replaceAll(/['’]s(?=\P{L}|$)/gu, '')
      .match(/[\p{L}\p{N}][\p{L}\p{N}.'’_-]*/gu) ?? []
  )
    .map((word) => word.replace(/[.'’_-]+$/u, ''))
    .slice(0, MAX_WORDS);

/** The terms weighed, and how many of the rarest have no more postings together than are followed; one in any case. */
function weigh(
  groups: readonly string[][],
  size: number,
  frequencies: readonly number[],
): Pick<Analysis, 'terms' | 'rare' | 'isCut'> {
  const found = groups
    .map((lexemes, index) => ({ lexemes, n: frequencies[index] ?? 0 }))
    .filter(({ n }) => n > 0)
    .sort((a, b) => a.n - b.n || (a.lexemes[0] as string).localeCompare(b.lexemes[0] as string));
  let hits = 0;
  const rare = found.filter(({ n }, index) => {
    hits += n;
    return index === 0 || hits <= MAX_HITS;
  }).length;
  const terms = found.map(({ lexemes, n }) => {
    const isGeneric = lexemes.some((lexeme) => genericTerms.has(lexeme));
    const rarity = Math.log(1 + (Math.max(0, size - n) + 0.5) / (n + 0.5));
    return { lexemes, weight: rarity * (isGeneric ? GENERIC : 1) };
  });
  return { terms, rare, isCut: hits > MAX_HITS };
}

interface Question {
  /** As the index has its words, in its order. */
  lexemes: string[];
  /** The lexemes of each word. */
  ofWord: Map<string, string[]>;
  /** The names of speakers in it, folded. */
  names: string[];
}

/** Reads a question as the index would, and finds the speakers it names. */
async function readQuestion(tx: Transaction, searched: Searched, question: string, words: string[]): Promise<Question> {
  const [row] = await tx.rows<{ lexemes: string[]; words: [string, string[]][]; names: string[] }>(sql`
    with lexeme as (
      select lexeme, min(place) as place from (
        select lexeme, positions[1]::int as place from unnest(to_tsvector(${question}))
        union all select gram, 20000 from jsonb_array_elements_text(${json(gramsOf(question))}) g (gram)
      ) found group by lexeme order by place, lexeme limit ${MAX_WORDS}
    )
    select
      (select coalesce(jsonb_agg(lexeme order by place, lexeme), '[]') from lexeme) as lexemes,
      (select coalesce(jsonb_agg(jsonb_build_array(word, array(select lexeme from unnest(to_tsvector(word))))), '[]')
       from jsonb_array_elements_text(${json(words)}) w (word)) as words,
      ${namesSql(searched, words, tx.workspaceId)} as names`);
  if (!row) throw new Error('a question that was not read');
  return { ...row, ofWord: new Map(row.words) };
}

const lexemeShape = { number: typed<number>('int'), lexeme: typed<string>('text') };

/** Searches of so many memories as are counted, and until when they count as that, by the process's clock. */
const knownLarge = new Map<string, number>();

/** Of how many memories there are, and how many have each term in any of its forms: counted so far as it matters. */
async function countTerms(
  tx: Transaction,
  searched: Searched,
  terms: readonly string[][],
): Promise<{ size: number; frequencies: number[] }> {
  const lexemes = recordset(
    'l',
    lexemeShape,
    terms.flatMap((group, number) => group.map((lexeme) => ({ number, lexeme }))),
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
