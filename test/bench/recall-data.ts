import type { Database, Session } from '../../src/db/database.ts';
import type { Tenant } from '../../src/db/transaction.ts';
import { ANALYSIS } from '../../src/model/text/analysis.ts';
import { insertPostings } from '../support/postings.ts';
import { asOwner } from './generate.ts';

/** How many different words there are; the n-th is used about 1/n as often as the first. */
const VOCABULARY = 30_000;
/** How many memories follow one another. */
export const SESSION = 20;
const CHUNK = 20_000;

/** A word of the made-up language, in SQL: three syllables that spell its rank. */
const word = (rank: string) =>
  `(select string_agg(substr('bdfgklmnprst', 1 + x % 12, 1) || substr('aeiou', 1 + x / 12, 1), '' order by i) || 'k'
    from (values (0, ${rank} % 60), (1, (${rank} / 60) % 60), (2, (${rank} / 3600) % 60)) s (i, x))`;

/** A session that temporary tables last in, past row-level security and triggers. */
export async function onOneConnection<T>(database: Database, run: (connection: Session) => Promise<T>): Promise<T> {
  const connection = await database.connect();
  try {
    return await run(connection);
  } finally {
    connection.release();
  }
}

/**
 * Fills a companion with memories of twelve words each, whose frequencies fall as 1/rank (Zipf), in sessions of twenty
 * that follow one another; with postings and neighbourhoods. The same key gives the same words.
 */
export function fillConversations({ database, workspaceId }: Tenant, key: string, memories: number): Promise<void> {
  return onOneConnection(database, async (connection) => {
    await connection.script(
      `create temporary table vocabulary as select n as rank, ${word('n')} as word from generate_series(1, ${VOCABULARY}) n;
       create unique index on vocabulary (rank);
       analyze vocabulary;
       select setseed(hashtext('${key}') / 2147483648.0);
       insert into companions (workspace_id, id, key, name, created_at, updated_at)
       values ('${workspaceId}', gen_random_uuid(), '${key}', '${key}', now(), now())`,
    );
    for (let from = 0; from < memories; from += CHUNK)
      await connection.script(chunk(workspaceId, key, from, Math.min(from + CHUNK, memories)));
    await connection.script('drop table vocabulary');
  });
}

/** Memories `from` to before `until` of a companion, and all that is derived from them. */
const chunk = (workspaceId: string, key: string, from: number, until: number): string =>
  `set session_replication_role = replica;
   create temporary table said as
     select n, gen_random_uuid() as id, timestamptz '2025-01-01' + n * interval '1 minute' as at, content, (
         select id from companions where workspace_id = '${workspaceId}' and key = '${key}') as companion
     from (
       select n, string_agg(v.word, ' ' order by i) as content
       from generate_series(${from}, ${until - 1}) n cross join generate_series(1, 12) i
       cross join lateral (select floor(exp(random() * ln(${VOCABULARY}::float8)))::int + 0 * (n + i) as rank) r
       join vocabulary v on v.rank = greatest(1, r.rank)
       group by n) texts;
   insert into lineages (workspace_id, id, companion_id) select '${workspaceId}', id, companion from said;
   insert into memories (workspace_id, id, lineage_id, companion_id, type, content, content_fold, context, confidence,
     importance, importance_as_of, valid_from, recorded_at, updated_at, known_from, analysis, search)
   select '${workspaceId}', id, id, companion, 'EXPERIENCE', content, md5(content),
     jsonb_build_object('speaker', case n % 2 when 0 then 'Ann' else 'Ben' end, 'turnNumber', n),
     1, 5, at, at, at, at, at, ${ANALYSIS}, setweight(to_tsvector('english', content), 'A')
       || setweight(to_tsvector('english', to_char(at at time zone 'UTC', 'FMMonth FMYYYY')) || to_char(at at time zone 'UTC', '"''--"MM-DD"'':1"')::tsvector, 'C')
       || array_to_tsvector(array[case n % 2 when 0 then '@ann' else '@ben' end])
   from said;
   ${insertPostings(`said join memories m on m.workspace_id = '${workspaceId}' and m.id = said.id`)};
   insert into relations (workspace_id, id, from_lineage_id, to_lineage_id, from_memory_id, to_memory_id, type, strength,
     recorded_at, known_from)
   select '${workspaceId}', gen_random_uuid(), b.id, a.id, b.id, a.id, 'FOLLOWS', 1, b.at, b.at
   from said b join said a on a.n = b.n - 1 and b.n % ${SESSION} > 0;
   insert into neighborhoods (workspace_id, lineage_id, near, hops)
   select '${workspaceId}', a.id, array_agg(b.id order by abs(b.n - a.n), b.n), array_agg((b.n - a.n)::smallint order by abs(b.n - a.n), b.n)
   from said a join said b on b.n between a.n - 4 and a.n + 4 and b.n <> a.n and b.n / ${SESSION} = a.n / ${SESSION}
   group by a.id;
   drop table said;
   reset session_replication_role`;

/** Questions that a companion's memories answer: three words of one memory and two of anywhere, `count` of them. */
export async function questionsOf({ database, workspaceId }: Tenant, key: string, count: number): Promise<string[]> {
  const rows = await asOwner(
    database,
    `select w[1] || ' ' || w[5] || ' ' || w[9] || ' ' || ${word('(3 + n % 40)')} || ' ' || ${word('(50 + n % 400)')} as question
     from (
       select (row_number() over (order by content_fold, id))::int as n, string_to_array(content, ' ') as w from memories
       where workspace_id = '${workspaceId}'
         and companion_id = (select id from companions where workspace_id = '${workspaceId}' and key = '${key}')
       order by content_fold, id limit ${count}) picked`,
  );
  return rows.map(({ question }) => question as string);
}
