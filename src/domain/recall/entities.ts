import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { texts } from '../../db/sql.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { companionIdSql } from '../../model/companion/ref.ts';
import { WHOLE_WORDS, wholeTerms, wordTerms } from '../../model/entity/name-terms.ts';
import { isCapitalWithin, isNameWord, meaningOf } from '../../model/recall/names.ts';
import { entities, entityTerms } from '../../tables/entity.ts';
import type { Searched } from './searched.ts';

const chosen = under(entityTerms, 'chosen');
const e = under(entities, 'e');
const merged = under(entities, 'merged');
const t = under(entityTerms, 't');

/** How many entities a question names at most: those with most of its words in their names, among equals the newest. */
const MAX_ENTITIES = 16;
/** How many entities that have a term in their name are looked at, the newest. */
const MAX_OF_TERM = 100;
/** How many names of one entity are followed beside its own: those of what was merged into it. */
const MAX_NAMES = 15;

/** An entity that a question names: the keys that memories mention it by, its own and those of what was merged into it. */
export type NamedEntity = readonly string[];

/** The entities that a question names, and by which of its terms each is named. */
export interface Named {
  entities: readonly NamedEntity[];
  /** By term: which of `entities` have it in a name. */
  byTerm: ReadonlyMap<string, readonly number[]>;
}

/** The runs of up to three words. */
const runsOf = (words: readonly string[]): string[][] =>
  words.flatMap((_, start) =>
    Array.from({ length: Math.min(WHOLE_WORDS, words.length - start) }, (_, more) =>
      words.slice(start, start + more + 1),
    ),
  );

const isMeant = (word: string, question: string): boolean =>
  !isNameWord(word) || meaningOf(word, question.normalize('NFKC')).isName;

/**
 * What names are looked for by beside the lexemes of the question: as a whole, since a word may have no lexeme, and by
 * words that are names, too, where the question means one.
 */
export function nameTermsOf(question: string, words: readonly string[]): string[] {
  const called = new Set(words.filter((word) => isNameWord(word) && isMeant(word, question)));
  return [...new Set([...runsOf(words).flatMap(wholeTerms), ...[...called].flatMap(wordTerms)])];
}

/**
 * The entities of the companion that have one of the terms in a name at the reading's point, as JSON for
 * {@link readNamed}. `lexemes` are further terms, a query of texts.
 */
export function namedSql(searched: Searched, reading: Reading, lexemes: SQL, terms: readonly string[]): SQL {
  const { workspaceId } = reading;
  const others = sql`
    select ${merged.id} from ${reading.from(merged)}
    where ${merged.workspaceId} = ${workspaceId} and ${merged.mergedInto} = e.survivor
    order by ${merged.id} desc limit ${sql.raw(String(MAX_NAMES))}`;
  return sql`(
    select coalesce(jsonb_agg(jsonb_build_array(chosen.terms, array(select e.survivor union all (${others})))), '[]')
    from (
      select ${t.entityId}, array_agg(a.term) as terms
      from (${lexemes} union select unnest(${texts(terms)})) a (term)
      cross join lateral (
        select ${t.entityId} from ${aliased(t)}
        where ${t.workspaceId} = ${workspaceId} and ${t.term} = a.term collate "C"
          and ${t.companionId} = ${companionIdSql(searched.companion, workspaceId)}
        order by ${t.entityId} desc limit ${sql.raw(String(MAX_OF_TERM))}) t
      group by ${t.entityId}
      order by count(*) desc, ${t.entityId} desc limit ${sql.raw(String(MAX_ENTITIES))}
    ) chosen
    cross join lateral (
      select coalesce(${e.mergedInto}, ${e.id}) as survivor from ${reading.from(e)}
      where ${e.workspaceId} = ${workspaceId} and ${e.id} = ${chosen.entityId} limit 1) e)`;
}

/** What {@link namedSql} has found; what was merged into one is one. */
export function readNamed(rows: readonly (readonly [terms: string[], members: string[]])[]): Named {
  const entities: NamedEntity[] = [];
  const byTerm = new Map<string, number[]>();
  for (const [terms, members] of rows) {
    const known = entities.findIndex(([survivor]) => survivor === members[0]);
    const number = known < 0 ? entities.push([...new Set(members)]) - 1 : known;
    for (const term of terms) {
      const named = byTerm.get(term) ?? [];
      if (!named.includes(number)) byTerm.set(term, [...named, number]);
    }
  }
  return { entities, byTerm };
}

/** Which entities are named by a lexeme of one of the question's words: by none where it is a word there, and no name. */
export const namedBy = ({ byTerm }: Named, question: string, word: string, lexeme: string): readonly number[] =>
  byTerm.size > 0 && isMeant(word, question) && isMeant(lexeme, question) ? (byTerm.get(lexeme) ?? []) : [];

/**
 * The names that no lexeme stands for, as `will` and `the who`, in the question, with the entities of each. A single word
 * that is none of those that people are called by has to have a capital.
 */
export function namesWithoutLexeme(
  { byTerm }: Named,
  question: string,
  words: readonly string[],
  stopWords: ReadonlySet<string>,
): { name: string; named: readonly number[] }[] {
  if (byTerm.size === 0) return [];
  const found = runsOf(words).flatMap((run) => {
    const name = run.join(' ');
    const [word = ''] = run;
    const isOne = run.length === 1;
    if (!run.every((each) => stopWords.has(each))) return [];
    const named = (isOne ? byTerm.get(`@${word}`) : undefined) ?? byTerm.get(`=${name}`) ?? [];
    const isName = isNameWord(word) ? isMeant(word, question) : word.length > 1 && isCapitalWithin(word, question);
    return named.length > 0 && (isName || !isOne) ? [{ name, named }] : [];
  });
  return found.filter(({ name }, index) => found.findIndex((other) => other.name === name) === index);
}
