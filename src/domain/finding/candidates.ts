import { type SQL, sql } from 'drizzle-orm';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, recordset, typed, under } from '../../db/typed-sql.ts';
import { candidateTerms, MAX_TERMS } from '../../model/finding/candidates.ts';
import type { Statement } from '../../model/finding/statement.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { memories } from '../../tables/memory.ts';
import { postings } from '../../tables/recall.ts';
import { columnOfTerm, postingColumns } from '../recall/postings.ts';
import { contentColumns, MOST_COMPARED } from './contents.ts';

/**
 * How many older memories each new one is compared with, those first that share what is rare; of a batch in all about so
 * many, but at least a few of each: the first five hold nearly nine of ten that a text repeats, updates or denies.
 */
const MOST_CANDIDATES = 20;
const MOST_CANDIDATES_OF_ALL = 2_000;
const LEAST_CANDIDATES = 5;
/** How many words of a text are asked for how rare they are. */
const MOST_ASKED = 60;
/** How many memories of a term are looked at, the newest. */
const MOST_POSTINGS = 200;
/** Up to so many memories of a term are counted. Of one that more have, any are looked at: it says little. */
const MOST_COUNTED = 500;
/** How many postings are read for one memory, and for all of a batch, about: the weightiest term is always followed. */
const MOST_READ = 800;
const MOST_READ_OF_ALL = 50_000;
const LEAST_READ = 80;
/** So many new memories get the contents of candidates along with their keys, also long ones. */
const FEW = 10;
/** Memories of a companion are counted up to this, and not counted again for a while if there are as many. */
const LARGE = 2_000;
const LARGE_FOR_MS = 60_000;
const MOST_KNOWN_LARGE = 10_000;

/** How many terms a memory shares at least, where as many others are looked for; a hidden one is enough by itself. */
const LEAST_SHARED = 2;

/** What postings say where a memory is about nobody. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

const m = under(memories, 'm');

/** A memory that older ones are looked for. */
interface Sought {
  id: string;
  companionId: string;
  userId: string | null;
}

const termShape = {
  place: typed<number>('int'),
  number: typed<number>('int'),
  lexeme: typed<string>('text'),
  isStemmed: typed<boolean>('boolean'),
  weight: typed<number>('float8'),
  own: memories.id,
  companionId: memories.companionId,
  userId: postings.userId,
};

const found = (isWithContent: boolean) =>
  fields({
    ...pick(m, 'id', 'lineageId', 'type', 'slot', 'validFrom', 'validUntil', 'recordedAt'),
    /** It is what somebody said in a conversation. */
    isTurn: sql<boolean>`${m.context} ->> 'turnNumber' is not null`,
    speaker: sql<string | null>`${m.context} ->> 'speaker'`,
    place: sql<number>`best.place`,
    ...contentColumns(m, isWithContent),
  });
export type Found = RowOf<ReturnType<typeof found>>;

/**
 * The older memories of the same companion and user that share what is rare with each of some memories, by its place, the
 * likeliest first: at most {@link MOST_CANDIDATES} of each. In one statement: it counts who has each of the words, keeps
 * the weightiest, and adds up the weights of those that memories share. None where there are no words. They hold at the
 * moment `at`. `areStored`: the memories have postings of their own.
 */
export async function candidatesOf(
  tx: WriteTransaction,
  sought: readonly Sought[],
  statements: readonly Statement[],
  at: SQL,
  areStored = true,
): Promise<Found[]> {
  const terms = sought.flatMap(({ id, companionId, userId }, place) =>
    candidateTerms(statements[place] as Statement, MOST_ASKED).flatMap(({ lexemes, isStemmed, weight }, number) =>
      lexemes.map((lexeme) => ({
        ...{ place, number, lexeme, isStemmed, weight },
        own: id,
        companionId,
        userId: userId ?? NOBODY,
      })),
    ),
  );
  if (terms.length === 0) return [];
  const x = recordset('x', termShape, terms);
  const companionId = sought[0]?.companionId as string;
  const key = `${tx.workspaceId} ${companionId}`;
  const isLarge = (knownLarge.get(key) ?? 0) > performance.now();
  const budget = shareOf(MOST_READ_OF_ALL, sought.length, LEAST_READ, MOST_READ);
  const most = shareOf(MOST_CANDIDATES_OF_ALL, sought.length, LEAST_CANDIDATES, MOST_CANDIDATES);
  const posted = having(tx.workspaceId, ({ memoryId }) => sql`${memoryId} as candidate`);
  const rows = await tx.rows<Found & { size: number }>(sql`
    with asked as materialized (
      select ${x.place}, ${x.number}, ${x.weight}, ${x.own}, ${x.companionId} as companion, ${x.userId} as about, w.lexeme,
        ${columnOfTerm(sql`w.lexeme`)} as posted
      from ${aliased(x)} cross join lateral ${lexemesOf(x)} w
    ), companion as materialized (
      select ${isLarge ? number(LARGE) : sizeSql(tx.workspaceId, companionId)} as size
    ), counted as materialized (
      select a.lexeme, a.companion, a.about, c.n
      from (select distinct lexeme, companion, about, posted from asked) a cross join lateral (
        select count(*) as n from (${having(tx.workspaceId, () => sql.empty())} limit ${number(MOST_COUNTED + 1)}) p) c
    ), rare as (
      select a.*, c.n, sum(c.n) over (partition by a.place, a.number) - ${number(areStored ? 1 : 0)} as others
      from asked a join counted c using (lexeme, companion, about)
    ), weighed as (
      select rare.*, weight * ln(1 + (greatest(0, size - others) + 0.5) / (others + 0.5)) as rarity
      from rare cross join companion where others > 0
    ), ranked as (
      select weighed.*, dense_rank() over (partition by place order by rarity desc, number) as rank,
        sum(n) over (partition by place order by rarity desc, number) as read
      from weighed
    ), hit as materialized (
      select a.place, a.number, a.followed, max(a.rarity) as rarity, p.candidate,
        case when left(min(a.lexeme), 1) = '=' then ${number(LEAST_SHARED)} else 1 end as shares
      from (select *, max(rank) over (partition by place) as followed from ranked
        where rank <= ${number(MAX_TERMS)} and (rank = 1 or read <= ${budget}::int)) a
      cross join lateral (
        select candidate from (
          select * from (${posted} limit ${number(MOST_COUNTED + 1)}) p
          where candidate <> a.own and (candidate < a.own or ${isImported(sql`candidate`)})
          order by candidate desc limit ${number(MOST_POSTINGS)}) p
      ) p
      group by a.place, a.number, a.followed, p.candidate
    ), scored as (
      select place, candidate, row_number() over (partition by place order by sum(rarity) desc, candidate desc) as rank
      from hit group by place, candidate having sum(shares) >= least(${number(LEAST_SHARED)}, max(followed) - 1)
    )
    select ${found(sought.length <= FEW)}, companion.size from scored best
    cross join companion
    cross join lateral (
      select * from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = best.candidate limit 1) m
    where best.rank <= ${most}::int and ${presentSql(m, at)}
      and octet_length(${m.content}) <= ${number(MOST_COMPARED)}
    order by best.place, best.rank`);
  if (!isLarge && (rows[0]?.size ?? 0) >= LARGE) {
    if (knownLarge.size >= MOST_KNOWN_LARGE) knownLarge.clear();
    knownLarge.set(key, performance.now() + LARGE_FOR_MS);
  }
  return rows;
}

/** Companions of at least {@link LARGE} memories, and until when this is assumed, by the process's clock. */
const knownLarge = new Map<string, number>();

/** True of a key that does not say when its memory was recorded: all but those of version 7. */
const isImported = (id: SQL): SQL => sql`get_byte(uuid_send(${id}), 6) >> 4 <> 7`;

/** What of a whole each of so many gets, within bounds. */
const shareOf = (whole: number, parts: number, least: number, most: number): number =>
  Math.max(least, Math.min(most, Math.floor(whole / parts)));

const number = (value: number): SQL => sql.raw(String(value));

/** How many memories a companion has, counted up to {@link LARGE}. */
const sizeSql = (workspaceId: string, companionId: string): SQL => sql`(select count(*)::int from (
  select from ${aliased(m)} where ${m.workspaceId} = ${workspaceId} and ${m.companionId} = ${companionId}::uuid limit ${number(LARGE)}) m)`;

/** Words as postings have them: stems as they are, words of another language as its stemmer makes them. */
const lexemesOf = (x: { lexeme: SQL; isStemmed: SQL }): SQL => sql`(
  select ${x.lexeme} as lexeme where ${x.isStemmed}
  union all select t.lexeme from unnest(to_tsvector(${x.lexeme})) t where not ${x.isStemmed})`;

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
