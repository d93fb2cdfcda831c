import { TERMS_A_ROW } from '../../src/tables/recall.ts';

const numbers = Array.from({ length: TERMS_A_ROW }, (_, index) => index + 1);

/** In SQL, the postings as a table `p`: a row for each term of a memory, with its frequency and places. */
export const eachPosting = `(
  select p.workspace_id, p.companion_id, p.user_id, p.memory_id, p.length, t.term, t.frequency, t.places
  from postings p cross join lateral (
    values ${numbers.map((n) => `(p.term${n}, p.frequency${n}, p.places${n})`).join(', ')}) t (term, frequency, places)
  where t.term is not null) p`;

/** All columns of `postings` of that name. */
export const columnsOf = (name: 'term' | 'frequency' | 'places'): string[] => numbers.map((n) => `${name}${n}`);

/** A statement that fills `postings` from memories `m`, as the trigger does. `from` is what it selects them from. */
export const insertPostings = (from: string): string => `
  insert into postings (workspace_id, companion_id, user_id, memory_id, length,
    ${[...columnsOf('term'), ...columnsOf('frequency'), ...columnsOf('places')].join(', ')})
  select m.workspace_id, m.companion_id, coalesce(m.user_id, '00000000-0000-0000-0000-000000000000'), m.id,
    octet_length(m.content) / 10, t.*
  from ${from} cross join lateral posting_rows(m.search, octet_length(m.content) / 10 > 50) t`;
