import { type SQL, sql } from 'drizzle-orm';
import { json } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { meaningOf, namesIn } from '../../model/recall/names.ts';
import { noColumns, postingsOf } from './postings.ts';
import type { Searched } from './searched.ts';

/** How many words of a question count, from its beginning. */
export const MAX_WORDS = 128;

/** The words of a question, in lower case. */
export const wordsOf = (question: string): string[] =>
  (
    question
      .normalize('NFKC')
      .toLowerCase()
      .replaceAll(/['’]s(?=\P{L}|$)/gu, '')
      .match(/[\p{L}\p{N}][\p{L}\p{N}.'’_-]*/gu) ?? []
  )
    .map((word) => word.replace(/[.'’_-]+$/u, ''))
    .slice(0, MAX_WORDS);

/** Without names that are a part of another. */
export const longestOf = (names: readonly string[]): string[] =>
  names.filter((name) => !names.some((other) => other !== name && ` ${other} `.includes(` ${name} `)));

/** The words of names. One that is a word, too, stays one where it stands for itself. */
export const wordsOfNames = (names: readonly string[], question: string): ReadonlySet<string> =>
  new Set(names.filter((name) => !meaningOf(name, question).isWord).flatMap((name) => name.split(' ')));

export const leaveOut = (words: readonly string[], names: ReadonlySet<string>): string =>
  words.filter((word) => !names.has(word)).join(' ');

/** Those of the names that the question means as names. */
export const meant = (names: readonly string[], question: string): string[] =>
  names.filter((name) => meaningOf(name, question.normalize('NFKC')).isName);

export async function readNames(
  tx: Transaction,
  searched: Searched,
  question: string,
  words: readonly string[],
): Promise<string[]> {
  const [row] = await tx.rows<{ names: string[] }>(sql`select ${namesSql(searched, words, tx.workspaceId)} as names`);
  return meant(row?.names ?? [], question);
}

/** The names of speakers among these words, folded, as JSON. */
export const namesSql = (searched: Searched, words: readonly string[], workspaceId: string): SQL => sql`(
  select coalesce(jsonb_agg(substr(called, 2)), '[]') from jsonb_array_elements_text(${json(namesIn(words))}) n (called)
  where exists (select from (${postingsOf(sql`n.called`, searched, workspaceId, noColumns)}) p offset 0))`;
