import { type SQL, sql } from 'drizzle-orm';
import { json } from '../../db/sql.ts';
import type { Under } from '../../db/typed-sql.ts';
import { readSearch, type SearchedPart } from '../../kernel/search-text.ts';
import { type Wanted, wantedPhrase, wantedPrefix, wantedWords } from '../../model/text/search.ts';
import type { memories } from '../../tables/memory.ts';

type Searched = Pick<Under<typeof memories>, 'search' | 'content' | 'summary'>;

/** No letter or digit. */
const GAP = '[^[:alnum:]]';
/** Any word of a phrase; a number may have marks within. */
const ANY_WORD = `[[:alnum:]]([[:alnum:].,'’_]*[[:alnum:]])?`;

/**
 * The condition that content and summary have what a text asks for, as {@link readSearch} reads it; false where it asks
 * for nothing.
 */
export function textCondition(m: Searched, text: string): SQL {
  const alternatives = readSearch(text).map((parts) => alternativeOf(m, parts));
  return alternatives.length === 0 ? sql`false` : sql`(${sql.join(alternatives, sql` or `)})`;
}

function alternativeOf(m: Searched, parts: readonly SearchedPart[]): SQL {
  const words = parts.filter(({ kind }) => kind === 'words');
  const queries = words.map((part) => excluded(part, wordsQuery(part.text)));
  const others = parts.filter(({ kind }) => kind !== 'words').map((part) => otherCondition(m, part));
  if (queries.length === 0) return sql`(${sql.join(others, sql` and `)})`;
  const query = sql.join(queries, sql` && `);
  if (others.length === 0) return matches(m, query);
  return sql`(${matchesIfAny(m, query)} and ${sql.join(others, sql` and `)})`;
}

const excluded = ({ isExcluded }: SearchedPart, query: SQL): SQL => (isExcluded ? sql`!!${query}` : query);

// In a subquery of its own a query is read once, else for each row: its configuration may change, says PostgreSQL.
const matches = (m: Searched, query: SQL): SQL => sql`${m.search} @@ (select ${query})`;

/** The same; true of a query of stop words alone. */
const matchesIfAny = (m: Searched, query: SQL): SQL => sql`coalesce(${m.search} @@ (
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
  const plain: Wanted[] = joined === '' ? [] : [{ words: joined, marks: null, isEither: false }];
  const queries = [...plain, ...wanted.filter(({ marks }) => marks !== null)].flatMap((each) => querySql(each) ?? []);
  return sql`(${sql.join(queries, sql` && `)})`;
}

function otherCondition(m: Searched, part: SearchedPart): SQL {
  const condition = part.kind === 'phrase' ? phraseCondition(m, part.text) : prefixCondition(m, part.text);
  return part.isExcluded ? sql`not ${condition}` : condition;
}

/** A phrase; where it has stop words, which no index knows, these are looked for in the texts. */
function phraseCondition(m: Searched, text: string): SQL {
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
function prefixCondition(m: Searched, text: string): SQL {
  const { stem, ...wanted } = wantedPrefix(text);
  const query = querySql(wanted);
  if (!query) return sql`false`;
  const found = matches(m, query);
  if (!stem) return found;
  const pattern = `(^|${GAP})${stem.beginning}`;
  return sql`(${found} or (${matches(m, sql`${stem.marks}::tsquery`)}
    and (${m.content} ~* ${pattern} or ${m.summary} ~* ${pattern}) is true))`;
}
