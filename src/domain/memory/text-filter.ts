import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { json } from '../../db/sql.ts';
import type { Under } from '../../db/typed-sql.ts';
import { readSearch, type SearchedPart } from '../../kernel/search-text.ts';
import { type Wanted, wantedPhrase, wantedPrefix, wantedWords } from '../../model/text/search.ts';
import type { memories } from '../../tables/memory.ts';
import { type Leaf, withNames } from './text-in-names.ts';

type Texts = Pick<Under<typeof memories>, 'search' | 'content' | 'summary'>;
type Searched = Texts & Pick<Under<typeof memories>, 'id'>;

/** No letter or digit. */
const GAP = '[^[:alnum:]]';
/** Any word of a phrase; a number may have marks within. */
const ANY_WORD = `[[:alnum:]]([[:alnum:].,'’_]*[[:alnum:]])?`;

/**
 * The condition that content, summary and the names of the entities that a memory mentions have what a text asks for, as
 * {@link readSearch} reads it; false where it asks for nothing. Each word and phrase may stand in any of them.
 */
export function textCondition(m: Searched, text: string, reading: Reading): SQL {
  const alternatives = readSearch(text);
  if (alternatives.length === 0) return sql`false`;
  const anyOf = (conditions: readonly SQL[]) => sql`(${sql.join([...conditions], sql` or `)})`;
  const leaves: Leaf[] = [];
  // In the texts alone it is one query, where it can be: that is what most memories are asked.
  const inTexts = anyOf(alternatives.map((parts) => alternativeOf(m, parts)));
  const leafOf = (wanted: Wanted, holds: (rows: Texts) => SQL): SQL => {
    leaves.push({ some: wanted.some, holds });
    return sql`(${holds(m)} or n.leaves @> ${`[[${leaves.length}]]`}::jsonb)`;
  };
  const inNames = anyOf(alternatives.map((parts) => sql`(${sql.join(leafwise(parts, leafOf), sql` and `)})`));
  return withNames(m.id, reading, leaves, inTexts, inNames);
}

type LeafOf = (wanted: Wanted, holds: (rows: Texts) => SQL) => SQL;

/** The conditions of an alternative, word by word. */
function leafwise(parts: readonly SearchedPart[], leafOf: LeafOf): SQL[] {
  const conditions = parts.map((part) => {
    const { text, kind, isExcluded } = part;
    if (kind === 'words') {
      const leaves = wantedWords(text).flatMap((wanted) => {
        const query = querySql(wanted);
        return query ? [leafOf(wanted, (rows) => (isExcluded ? matches(rows, query) : matchesIfAny(rows, query)))] : [];
      });
      const found = leaves.length === 0 ? sql`true` : sql`(${sql.join(leaves, sql` and `)})`;
      return isExcluded ? sql`not ${found}` : found;
    }
    const wanted = kind === 'phrase' ? wantedPhrase(text) : wantedPrefix(text);
    const found = leafOf(wanted, (rows) => (kind === 'phrase' ? phraseCondition : prefixCondition)(rows, text));
    return isExcluded ? sql`not ${found}` : found;
  });
  const isWordsAlone = parts.every(({ kind }) => kind === 'words');
  return isWordsAlone
    ? [...conditions, sql`(select numnode(${sql.join(queriesOf(parts), sql` && `)}) > 0)`]
    : conditions;
}

const queriesOf = (parts: readonly SearchedPart[]): SQL[] =>
  parts.filter(({ kind }) => kind === 'words').map((part) => excluded(part, wordsQuery(part.text)));

function alternativeOf(m: Texts, parts: readonly SearchedPart[]): SQL {
  const queries = queriesOf(parts);
  const others = parts.filter(({ kind }) => kind !== 'words').map((part) => otherCondition(m, part));
  if (queries.length === 0) return sql`(${sql.join(others, sql` and `)})`;
  const query = sql.join(queries, sql` && `);
  if (others.length === 0) return matches(m, query);
  return sql`(${matchesIfAny(m, query)} and ${sql.join(others, sql` and `)})`;
}

const excluded = ({ isExcluded }: SearchedPart, query: SQL): SQL => (isExcluded ? sql`!!${query}` : query);

// In a subquery of its own a query is read once, else for each row: its configuration may change, says PostgreSQL.
const matches = (m: Texts, query: SQL): SQL => sql`${m.search} @@ (select ${query})`;

/** The same; true of a query of stop words alone. */
const matchesIfAny = (m: Texts, query: SQL): SQL => sql`coalesce(${m.search} @@ (
  select case when numnode(query) > 0 then query end from (select ${query} as query offset 0) asked), true)`;

function querySql({ words, marks, isEither }: Wanted): SQL | undefined {
  const stemmed = words === null ? [] : [sql`to_tsquery(${words})`];
  const asTheyAre = marks === null ? [] : [sql`${marks}::tsquery`];
  const both = [...stemmed, ...asTheyAre];
  return both.length === 0 ? undefined : sql`(${sql.join(both, isEither ? sql` || ` : sql` && `)})`;
}

/** The query for words that must all occur; what needs no more than stems is one query. */
function wordsQuery(text: string): SQL {
  const wanted = wantedWords(text);
  const stemmed = wanted.filter(({ words, marks }) => words !== null && marks === null);
  const joined = stemmed.map(({ words }) => `(${words})`).join(' & ');
  const queries = [
    ...(joined === '' ? [] : [sql`(to_tsquery(${joined}))`]),
    ...wanted.filter(({ marks }) => marks !== null).flatMap((each) => querySql(each) ?? []),
  ];
  return sql`(${sql.join(queries, sql` && `)})`;
}

function otherCondition(m: Texts, part: SearchedPart): SQL {
  const condition = part.kind === 'phrase' ? phraseCondition(m, part.text) : prefixCondition(m, part.text);
  return part.isExcluded ? sql`not ${condition}` : condition;
}

/** A phrase; where it has stop words, which no index knows, these are looked for in the texts. */
function phraseCondition(m: Texts, text: string): SQL {
  const wanted = wantedPhrase(text);
  const query = querySql(wanted);
  const pattern = sql`(select case when bool_or(is_stop) then ${`(^|${GAP})`}::text || string_agg(
      case when is_stop then word else ${ANY_WORD}::text end, ${`${GAP}+`}::text order by place) || ${`($|${GAP})`}::text end
    from (select word, place, to_tsvector(word) = '' as is_stop
      from jsonb_array_elements_text(${json(wanted.all)}) with ordinality w (word, place) offset 0) phrase)`;
  const found = query ? matchesIfAny(m, query) : sql`true`;
  // Of a phrase without stop words there is no pattern, and nothing more is asked.
  return sql`(${found} and ((${m.content} ~* ${pattern}) is not false or (${m.summary} ~* ${pattern}) is true))`;
}

/** How a word begins: by the stems, and where these may be shorter than that, in the texts. */
function prefixCondition(m: Texts, text: string): SQL {
  const { stem, ...wanted } = wantedPrefix(text);
  const query = querySql(wanted);
  if (!query) return sql`false`;
  const found = matches(m, query);
  if (!stem) return found;
  const pattern = `(^|${GAP})${stem.beginning}`;
  return sql`(${found} or (${matches(m, sql`${stem.marks}::tsquery`)}
    and (${m.content} ~* ${pattern} or ${m.summary} ~* ${pattern}) is true))`;
}
