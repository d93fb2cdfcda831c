import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all } from '../../db/sql.ts';
import { aliased, recordset, typed, under } from '../../db/typed-sql.ts';
import { bestPassagesSql } from '../../model/recall/passages.ts';
import { mentions } from '../../tables/entity.ts';
import { memories } from '../../tables/memory.ts';
import { postings } from '../../tables/recall.ts';
import type { NamedEntity } from './entities.ts';
import { postingsOf } from './postings.ts';
import { type Searched, searchedSql } from './searched.ts';

const m = under(memories, 'm');
const said = under(postings, 'said');
const x = under(mentions, 'x');

/** How many mentions of all the entities that a question names are looked up, and how many where that finds too little. */
export const MAX_MENTIONED = 2_800;
export const MAX_MENTIONED_WIDE = 20_000;

/** The newest mentions of one of several entities, at most `limit` of each name: `x`, rows of `mentions`. */
const newestSql = (members: SQL, reading: Reading, limit: number): SQL => {
  const newest = reading.branches(x).map(
    (branch) => sql`(
      select ${x.memoryId} from ${branch} where ${x.workspaceId} = ${reading.workspaceId} and ${x.entityId} = member.id
      order by ${x.memoryId} desc limit ${sql.raw(String(limit))})`,
  );
  return sql`unnest(${members}) member (id) cross join lateral (${sql.join(newest, sql` union all `)}) x`;
};

/**
 * Joins the memory `m` of a mention `x` to it, where it is one of those searched. It is looked up by its key alone: without
 * statistics the planner would rather read all that the companion has.
 */
const memoryOf = (searched: Searched, reading: Reading): SQL => sql`
  ${reading.lookUp(m, sql`${m.id} = ${x.memoryId}`)} where ${searchedSql(m, searched, reading.workspaceId)}`;

const countedShape = { number: typed<number>('int'), term: typed<string>('text'), members: typed<string[]>('uuid[]') };

/**
 * How many memories have a term or mention one of the entities with these keys, for several terms: `[number, n]` each, as
 * JSON. No more than `most` are counted of a term.
 */
export function countsOfNamedSql(
  searched: Searched,
  reading: Reading,
  terms: readonly { number: number; term: string; members: string[] }[],
  most: number,
): SQL {
  const l = recordset('l', countedShape, terms);
  const limit = sql.raw(String(most));
  const looked = searched.user ? memoryOf(searched, reading) : sql.empty();
  return sql`(
    select coalesce(jsonb_agg(jsonb_build_array(${l.number}, counted.n)), '[]') from ${aliased(l)}
    cross join lateral (
      select count(*) as n from (
        (${postingsOf(l.term, searched, reading.workspaceId, ({ memoryId }) => memoryId)} limit ${limit})
        union
        (select ${x.memoryId} from ${newestSql(l.members, reading, most)} ${looked} limit ${limit})
        limit ${limit}) memory
    ) counted)`;
}

/** An entity that is looked for: the terms that name it, by number, and their weights. */
const familyShape = {
  members: typed<string[]>('uuid[]'),
  numbers: typed<number[]>('int[]'),
  weights: typed<number[]>('float8[]'),
};

/** What is looked for of mentions. */
export interface Mentioning {
  entities: readonly NamedEntity[];
  /** Terms by number: what they weigh, and which of the entities they name. */
  terms: readonly { weight: number; named: readonly number[] }[];
  /** How many mentions are looked up. */
  most: number;
  /** How many of each entity at most. */
  mostOfEach: number;
  /** How many memories that have terms themselves, the best, are looked at for mentions that are not among the newest. */
  alsoOfBest: number;
}

/** The entities that terms name, each with these terms. */
export const familiesOf = ({ entities, terms }: Pick<Mentioning, 'entities' | 'terms'>) =>
  entities.flatMap((members, index) => {
    const numbers = terms.flatMap(({ named }, number) => (named.includes(index) ? [number] : []));
    const weights = numbers.map((number) => terms[number]?.weight ?? 0);
    return numbers.length > 0 ? [{ members: [...members], numbers, weights }] : [];
  });

/**
 * The memories that mention entities by whose names they have terms, as if they had each once: `memory_id`, `number` of the
 * term, and the other columns of a hit, of no passage and with a `frequency` of 0. Of each entity the newest, and the best of
 * those that the table `said` has. `scored` says what a term scores, by its weight and the length of the memory `m`.
 */
export function mentionedSql(
  searched: Searched,
  reading: Reading,
  asked: Mentioning,
  scored: (weight: SQL) => SQL,
): SQL | undefined {
  const families = familiesOf(asked);
  if (families.length === 0) return undefined;
  const f = recordset('f', familyShape, families);
  const most = Math.min(searched.user ? asked.most : asked.mostOfEach, Math.ceil(asked.most / families.length));
  const newest = sql`
    select ${f.numbers}, ${f.weights}, ${x.memoryId} from ${aliased(f)} cross join lateral (
      select ${x.memoryId} from ${newestSql(f.members, reading, most)} order by 1 desc limit ${sql.raw(String(most))}) x`;
  const ofBest = sql`
    select ${f.numbers}, ${f.weights}, ${said.memoryId} from (
      select ${said.memoryId} from (${bestPassagesSql(sql`said`)}) said
      order by score desc, ${said.memoryId} desc limit ${sql.raw(String(asked.alsoOfBest))}) said
    cross join lateral (
      select ${x.entityId} from ${reading.from(x)}
      where ${all([sql`${x.workspaceId} = ${reading.workspaceId}`, sql`${x.memoryId} = ${said.memoryId}`])} offset 0) x
    join ${aliased(f)} on ${x.entityId} = any(${f.members})`;
  return sql`
    select ${x.memoryId}, n.number, -1 as passage, 0::smallint as frequency, 0 as inside, ${scored(sql`n.weight`)} as own
    from (${asked.alsoOfBest > 0 ? sql`${newest} union ${ofBest}` : newest}) x
    cross join lateral unnest(x.numbers, x.weights) n (number, weight)
    ${memoryOf(searched, reading)}`;
}
