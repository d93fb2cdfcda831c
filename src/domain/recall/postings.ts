import { type SQL, sql } from 'drizzle-orm';
import { aliased, under } from '../../db/typed-sql.ts';
import { postings } from '../../tables/recall.ts';
import { type Searched, searchedSql } from './searched.ts';

const p = under(postings, 'p');

/** The columns of a row of `postings` that are about one of its terms. */
const columns = [
  { term: p.term1, frequency: p.frequency1, places: p.places1 },
  { term: p.term2, frequency: p.frequency2, places: p.places2 },
  { term: p.term3, frequency: p.frequency3, places: p.places3 },
  { term: p.term4, frequency: p.frequency4, places: p.places4 },
  { term: p.term5, frequency: p.frequency5, places: p.places5 },
  { term: p.term6, frequency: p.frequency6, places: p.places6 },
] as const;

/** In which of the columns a term is, from 1: as the function `posting_rows` of the database says. */
export const columnOfTerm = (term: SQL): SQL =>
  sql`1 + (hashtext(${term} collate "C") & 2147483647) % ${sql.raw(String(columns.length))}`;

/** The same, with the row that they are of. */
export const postingColumns = columns.map(({ term }) => ({ row: p, term }));

/** Which of what a posting has is read: its memory, how often that has the term, how long it is, and where it has it. */
type Read = (of: { memoryId: SQL; frequency: SQL; length: SQL; places: SQL }) => SQL;

/** All of it, by these names. */
export const wholePosting: Read = ({ memoryId, frequency, length, places }) =>
  sql`${memoryId}, ${frequency} as frequency, ${length}, ${places} as places`;

/** Nothing: postings are counted by their index alone. */
export const noColumns: Read = () => sql.empty();

/**
 * The postings that a term has, `term` being a text, each with what is `read` of it. A term is looked up in each column, by
 * an index of its own: one of them has it.
 */
export const postingsOf = (term: SQL, searched: Searched, workspaceId: string, read: Read): SQL =>
  sql.join(
    columns.map(
      (of) => sql`select ${read({ ...p, ...of })} from ${aliased(p)}
        where ${searchedSql(p, searched, workspaceId)} and ${of.term} = ${term} collate "C"`,
    ),
    sql` union all `,
  );
