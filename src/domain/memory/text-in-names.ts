import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { fenced, json } from '../../db/sql.ts';
import { aliased, fields, pick, recordset, typed, type Under, under } from '../../db/typed-sql.ts';
import { formsOf, wordTerm, wordTerms } from '../../model/entity/name-terms.ts';
import type { Wanted } from '../../model/text/search.ts';
import { entities, entityTerms, mentions } from '../../tables/entity.ts';
import type { memories } from '../../tables/memory.ts';

const e = under(entities, 'e');
const merged = under(entities, 'merged');
const candidate = under(entityTerms, 'candidate');
const t = under(entityTerms, 't');
const x = under(mentions, 'x');

/** A word or phrase that a text filter asks for. */
export interface Leaf extends Pick<Wanted, 'some'> {
  /** The condition that a text has it. */
  holds(texts: Pick<Under<typeof memories>, 'search' | 'content' | 'summary'>): SQL;
}

/** A name as a text. */
const name = {
  search: sql<string | null>`named.search`,
  content: sql<string>`named.name`,
  summary: sql<null>`null::text`,
};

/** Past every word that begins with another. */
const LAST = '\u{10ffff}';

const wordShape = {
  number: typed<number>('int'),
  place: typed<number>('int'),
  form: typed<string>('text'),
  /** The term where the word has no stem; null: then it does not count. */
  unstemmed: typed<string | null>('text'),
};
const termShape = { number: wordShape.number, place: wordShape.place, term: entityTerms.term };

/** The entities with a term under a condition. */
const withTerm = ({ workspaceId }: Reading, condition: SQL): SQL => sql`
  cross join lateral (
    select ${t.entityId} from ${aliased(t)} where ${t.workspaceId} = ${workspaceId} and ${condition} offset 0) t`;

/** The keys of the entities that have all terms of a group of some leaf in one of their names. */
function candidatesSql(leaves: readonly Leaf[], reading: Reading): SQL {
  const groups = leaves.flatMap(({ some }) => some).map((group, number) => ({ ...group, number }));
  const words = recordset(
    'w',
    wordShape,
    groups.flatMap(({ number, words: of, isPhrase }) =>
      of.flatMap((word, place) =>
        formsOf(word).map((form) => ({ number, place, form, unstemmed: isPhrase ? wordTerm(form) : null })),
      ),
    ),
  );
  const lexemes = recordset(
    'l',
    termShape,
    groups.flatMap(({ number, lexemes: of }) => of.map((term, place) => ({ number, place: -1 - place, term }))),
  );
  const beginnings = new Set(groups.flatMap(({ beginning }) => (beginning === null ? [] : wordTerms(beginning))));
  const asked = sql`
    select ${fields(pick(words, 'number', 'place'))}, unnest(coalesce(
      nullif(tsvector_to_array(to_tsvector(${words.form})), '{}'), array[${words.unstemmed}])) as term from ${aliased(words)}
    union select ${fields(pick(lexemes, 'number', 'place', 'term'))} from ${aliased(lexemes)}`;
  const ranges = sql`
    union select ${t.entityId} from jsonb_array_elements_text(${json([...beginnings])}) b (beginning)
    ${withTerm(reading, sql`${t.term} >= b.beginning collate "C" and ${t.term} < (b.beginning || ${LAST}) collate "C"`)}`;
  return sql`
    select ${t.entityId} from (
      select *, max(rank) over (partition by number) as places from (
        select *, dense_rank() over (partition by number order by place) as rank from (${asked}) a where term is not null) a
    ) a
    ${withTerm(reading, sql`${t.term} = a.term collate "C"`)}
    group by ${t.entityId}, a.number, a.places having count(distinct a.place) = a.places
    ${beginnings.size > 0 ? ranges : sql.empty()}`;
}

/**
 * The entities that {@link candidatesSql} finds as they are at the reading's point: `named`, each with its name and
 * terms, and `member`, a key that memories mention it by.
 */
function familiesSql(leaves: readonly Leaf[], reading: Reading): SQL {
  const { workspaceId } = reading;
  return sql`(${candidatesSql(leaves, reading)}) candidate
    cross join lateral (
      select ${e.search}, ${e.name}, coalesce(${e.mergedInto}, ${e.id}) as survivor from ${reading.from(e)}
      where ${e.workspaceId} = ${workspaceId} and ${e.id} = ${candidate.entityId} limit 1) named
    cross join lateral (
      select named.survivor as id union all select ${merged.id} from ${reading.from(merged)}
      where ${merged.workspaceId} = ${workspaceId} and ${merged.mergedInto} = named.survivor) member`;
}

/** By `member`: which of the leaves hold of a name, numbered from 1; a JSON object, computed once for a statement. */
function leavesSql(leaves: readonly Leaf[], reading: Reading): SQL {
  const holding = leaves.map(
    ({ holds }, index) => sql`select ${sql.raw(String(index + 1))} as leaf where ${holds(name)}`,
  );
  return sql`(
    select coalesce(jsonb_object_agg(id, leaves), '{}') from (
      select member.id, jsonb_agg(distinct held.leaf) as leaves from ${familiesSql(leaves, reading)}
      cross join lateral (${sql.join(holding, sql` union all `)}) held
      group by member.id) found)`;
}

/** The keys of the memories that mention one of which a leaf holds. */
const mentioningSql = (leaves: readonly Leaf[], reading: Reading): SQL => sql`
  select ${x.memoryId} from ${fenced(sql`select key::uuid as id from jsonb_object_keys(${leavesSql(leaves, reading)}) k (key)`)} member
  cross join lateral (
    select ${x.memoryId} from ${reading.from(x)}
    where ${x.workspaceId} = ${reading.workspaceId} and ${x.entityId} = member.id offset 0) x`;

/**
 * The condition `inTexts` where a memory mentions no entity that has something of it in its names; else `inNames`, which
 * has `n.leaves`: the leaves that hold of its names, an array of arrays, JSON. What is the same for all memories is
 * computed once: such subqueries ask nothing of `memoryId`.
 */
export const withNames = (
  memoryId: SQL,
  reading: Reading,
  leaves: readonly Leaf[],
  inTexts: SQL,
  inNames: SQL,
): SQL => sql`exists (
  select from (
    select case when ${memoryId} in (${mentioningSql(leaves, reading)}) then (
      select jsonb_agg(held.leaves -> ${x.entityId}::text)
      from (select ${leavesSql(leaves, reading)} as leaves offset 0) held
      cross join lateral (
        select ${x.entityId} from ${reading.from(x)}
        where ${x.workspaceId} = ${reading.workspaceId} and ${x.memoryId} = ${memoryId} offset 0) x
      where held.leaves ? ${x.entityId}::text
    ) end as leaves offset 0
  ) n where case when n.leaves is null then ${inTexts} else ${inNames} end)`;
