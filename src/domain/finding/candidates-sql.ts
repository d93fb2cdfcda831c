import { type SQL, sql } from 'drizzle-orm';
import { placeholder } from '../../db/sql.ts';
import { aliased, fields, pick, recordset, typed, under } from '../../db/typed-sql.ts';
import { MAX_TERMS } from '../../model/finding/candidates.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { memories } from '../../tables/memory.ts';
import { postings } from '../../tables/recall.ts';
import { columnOfTerm, postingColumns } from '../recall/postings.ts';
import { contentColumns, MOST_COMPARED } from './contents.ts';

/** Memories of a companion are counted up to this. */
export const LARGE = 2_000;
/** How many memories of a term are looked at, the newest. */
const MOST_POSTINGS = 200;
/** Up to so many memories of a term are counted. Of one that more have, any are looked at: it says little. */
const MOST_COUNTED = 500;
/** How many terms a memory shares at least, where as many others are looked for; a hidden one is enough by itself. */
const LEAST_SHARED = 2;

const m = under(memories, 'm');

const termShape = {
  place: typed<number>('int'),
  number: typed<number>('int'),
  lexeme: typed<string>('text'),
  isStemmed: typed<boolean>('boolean'),
  weight: typed<number>('float8'),
};
const ownerShape = {
  place: typed<number>('int'),
  own: memories.id,
  companionId: memories.companionId,
  userId: postings.userId,
};

/** What is read of a candidate. */
export const found = (isWithContent: boolean) =>
  fields({
    ...pick(m, 'id', 'lineageId', 'type', 'slot', 'validFrom', 'validUntil', 'recordedAt'),
    /** It is what somebody said in a conversation. */
    isTurn: sql<boolean>`${m.context} ->> 'turnNumber' is not null`,
    speaker: sql<string | null>`${m.context} ->> 'speaker'`,
    place: sql<number>`best.place`,
    ...contentColumns(m, isWithContent),
  });

/** What a statement depends on that is no parameter of it. */
export interface Asking {
  /** The companion's memories need not be counted. */
  isLarge: boolean;
  /** Contents come along. */
  isFew: boolean;
  /** The memories are stored, and have their words themselves. */
  areStored: boolean;
  /** All lexemes are as postings have them. */
  isStemmed: boolean;
  /** When candidates hold; null: a parameter. */
  at: SQL | null;
}

const number = (value: number): SQL => sql.raw(String(value));

/** The words of memories, in the one column of postings that has each, and how many memories there are. */
function askedSql(workspaceId: string, { isLarge, isStemmed }: Asking): SQL {
  const x = recordset('x', termShape, placeholder('terms'));
  const o = recordset('o', ownerShape, placeholder('owners'));
  const lexeme = isStemmed ? x.lexeme : sql`w.lexeme`;
  const size = isLarge ? number(LARGE) : sizeSql(workspaceId, placeholder('companionId'));
  return sql`
    asked as materialized (
      select ${x.place}, ${x.number}, ${x.weight}, ${o.own}, ${o.companionId} as companion, ${o.userId} as about,
        ${lexeme} as lexeme, ${columnOfTerm(lexeme)} as posted
      from ${aliased(x)} join ${aliased(o)} on ${o.place} = ${x.place} ${isStemmed ? sql.empty() : lexemesOf(x)}
    ), companion as materialized (
      select ${size} as size
    )`;
}

/** The weightiest of them by how rare they are here, which are followed. */
const weighedSql = (workspaceId: string, { areStored }: Asking): SQL =>
  sql`
    counted as materialized (
      select a.lexeme, a.companion, a.about, c.n
      from (select distinct lexeme, companion, about, posted from asked) a cross join lateral (
        select count(*)::int as n from (${having(workspaceId, () => sql.empty())} limit ${number(MOST_COUNTED + 1)}) p) c
    ), rare as (
      select a.*, c.n, sum(c.n) over (partition by a.place, a.number) - ${number(areStored ? 1 : 0)} as others
      from asked a join counted c using (lexeme, companion, about)
    ), weighed as (
      select rare.*, weight * ln(1 + (greatest(0, size - others) + 0.5::float8) / (others + 0.5::float8)) as rarity
      from rare cross join companion where others > 0
    ), ranked as (
      select weighed.*, dense_rank() over (partition by place order by rarity desc, number) as rank,
        sum(n) over (partition by place order by rarity desc, number) as read
      from weighed
    ), followed as (
      select *, case when left(lexeme, 1) = '=' then ${number(LEAST_SHARED)} else 1 end as shares,
        max(rank) over (partition by place) as followed, count(*) over (partition by place, number) as forms
      from ranked where rank <= ${number(MAX_TERMS)} and (rank = 1 or read <= ${placeholder('budget')}::int)
    )`;

/** The memories that have them; one that has several forms of a word has it once. */
function scoredSql(workspaceId: string): SQL {
  const posted = having(workspaceId, ({ memoryId }) => sql`${memoryId} as candidate`);
  return sql`
    met as materialized (
      select a.place, a.number, a.followed, a.rarity, a.shares, a.forms, p.candidate
      from followed a cross join lateral (
        select candidate from (
          select * from (${posted} limit ${number(MOST_COUNTED + 1)}) p
          where candidate < a.own or (${isImported(sql`candidate`)} and candidate <> a.own)
          order by candidate desc limit ${number(MOST_POSTINGS)}) p
      ) p
    ), hit as (
      select place, followed, rarity, shares, candidate from met where forms = 1
      union all select place, max(followed), max(rarity), max(shares), candidate from met where forms > 1
        group by place, number, candidate
    ), scored as (
      select place, candidate, row_number() over (partition by place order by sum(rarity) desc, candidate desc) as rank
      from hit group by place, candidate having sum(shares) >= least(${number(LEAST_SHARED)}, max(followed) - 1)
    )`;
}

/**
 * The candidates of memories; to be filled in: `terms` and `owners`, JSON of their shapes, `companionId`, `budget`, how
 * many postings are read for each, `most`, how many candidates each gets, and `at`.
 */
export function candidatesSql(workspaceId: string, asking: Asking): SQL {
  const at = asking.at ?? sql`${placeholder('at')}::timestamptz`;
  return sql`
    with ${askedSql(workspaceId, asking)}, ${weighedSql(workspaceId, asking)}, ${scoredSql(workspaceId)}
    select ${found(asking.isFew)}, companion.size from scored best
    cross join companion
    cross join lateral (
      select * from ${aliased(m)} where ${m.workspaceId} = ${workspaceId} and ${m.id} = best.candidate limit 1) m
    where best.rank <= ${placeholder('most')}::int and ${presentSql(m, at)}
      and octet_length(${m.content}) <= ${number(MOST_COMPARED)}
    order by best.place, best.rank`;
}

/** True of a key that does not say when its memory was recorded: all but those of version 7. */
const isImported = (id: SQL): SQL => sql`get_byte(uuid_send(${id}), 6) >> 4 <> 7`;

/** How many memories a companion has, counted up to {@link LARGE}. */
const sizeSql = (workspaceId: string, companionId: SQL): SQL => sql`(select count(*)::int from (
  select from ${aliased(m)} where ${m.workspaceId} = ${workspaceId} and ${m.companionId} = ${companionId}::uuid limit ${number(LARGE)}) m)`;

/** Words as postings have them: stems as they are, words of another language as its stemmer makes them. */
const lexemesOf = (x: { lexeme: SQL; isStemmed: SQL }): SQL => sql`cross join lateral (
  select ${x.lexeme} as lexeme where ${x.isStemmed}
  union all select t.lexeme from unnest(to_tsvector(${x.lexeme})) t where not ${x.isStemmed}) w`;

/** The postings that the term `a` has, each with what is `read` of it: in the one column that has it. */
const having = (workspaceId: string, read: (row: { memoryId: SQL }) => SQL): SQL =>
  sql.join(
    postingColumns.map(
      ({ row, term }, place) => sql`select ${read(row)} from ${aliased(row)}
        where a.posted = ${number(place + 1)} and ${row.workspaceId} = ${workspaceId} and ${row.companionId} = a.companion
          and ${term} = a.lexeme collate "C" and ${row.userId} = a.about`,
    ),
    sql` union all `,
  );
