import type { Session } from '../../src/db/database.ts';
import type { Tenant } from '../../src/db/transaction.ts';
import { ANALYSIS } from '../../src/model/text/analysis.ts';
import { settle } from './generate.ts';
import { onOneConnection } from './recall-data.ts';

/** How many memories a graph has unless told otherwise. */
export const MEMORIES = Number(process.env.MEMORIES ?? 100_000);

/** Relations of a memory, both directions counted, on average. */
const MEAN_DEGREE = 5;
/** Memories with many relations, half of them either way; the first ones by rank. */
export const HUBS = [10_000, 10_000, 10_000, 3_000, 1_000, 300];
const CHUNK = 100_000;
const SEED = 20_260_101;
/** Spreads the ranks over the order of recording; a prime, so that no two meet. */
const STRIDE = 7919;

/** A number in [0, 1) that `seed` and the SQL expression `n` alone determine. */
const chance = (n: string, seed: number) =>
  `((hashint8extended(${n}, ${SEED + seed}) & 1099511627775) / 1099511627776.0::float8)`;

/** A UUID as the service makes them, version 7: the moment first, and the rest from the number `n`. */
const key = (n: string, at: string, kind: string) =>
  `(lpad(to_hex((extract(epoch from ${at}) * 1000)::bigint), 12, '0') || '7' || substr(md5('${kind}' || ${n}), 1, 3)
    || '8' || substr(md5('${kind}' || ${n}), 4, 15))::uuid`;

/**
 * Fills a companion with a graph of so many memories, recorded one a second, joined by relations whose number per memory
 * follows a power law (exponent 3, mean 5), and a few hubs. Any two memories are joined once at most; CAUSES leads to
 * the earlier one, so that it is acyclic; there are no FOLLOWS, so no neighbourhoods. Nothing has postings, vectors or
 * entities, but a server finds nothing to analyse again. The same number gives the same rows. Their numbers are kept in
 * `bench.memories` and `bench.relations`.
 */
export async function fillGraph({ database, workspaceId }: Tenant, size = MEMORIES): Promise<void> {
  await onOneConnection(database, async (connection) => {
    await connection.script(
      `create schema bench;
       create table bench.memories (n int not null, id uuid not null, degree int not null default 0);
       create table bench.relations (from_n int not null, to_n int not null, draw bigint not null);
       insert into companions (workspace_id, id, key, name, created_at, updated_at)
       values ('${workspaceId}', gen_random_uuid(), 'graph', 'graph', now(), now());
       set session_replication_role = replica; set synchronous_commit = off; set work_mem = '256MB'`,
    );
    const started = performance.now();
    const say = (text: string) => console.log(`  ${((performance.now() - started) / 1000).toFixed(0)} s: ${text}`);
    for (let from = 0; from < size; from += CHUNK) {
      await connection.script(memories(workspaceId, from, Math.min(from + CHUNK, size)));
      say(`${Math.min(from + CHUNK, size)} memories`);
    }
    await connection.script(`create unique index on bench.memories (n); analyze bench.memories; ${draws(size)}`);
    const count = await relations(connection, { workspaceId, size }, say);
    await connection.script(
      `update bench.memories m set degree = d.degree
       from (select n, count(*) as degree from (select from_n as n from bench.relations union all select to_n from bench.relations) ends
         group by n) d where d.n = m.n;
       reset session_replication_role; reset synchronous_commit; reset work_mem`,
    );
    say(`${count} relations`);
  });
  await settle(database);
}

/** Memories `from` to before `until`. */
const memories = (workspaceId: string, from: number, until: number): string =>
  `with made as materialized (
     select n, ${key('n', 'at', 'memory')} as id, at
     from (select n, timestamptz '2025-01-01' + n * interval '1 second' as at from generate_series(${from}, ${until - 1}) n) numbers
   ), noted as (
     insert into bench.memories (n, id) select n, id from made
   ), lines as (
     insert into lineages (workspace_id, id, companion_id)
     select '${workspaceId}', made.id, c.id from made, companions c where c.workspace_id = '${workspaceId}' and c.key = 'graph'
   )
   insert into memories (workspace_id, id, lineage_id, companion_id, type, content, content_fold, context, confidence, importance,
     importance_as_of, valid_from, recorded_at, updated_at, known_from, analysis)
   select '${workspaceId}', made.id, made.id, c.id, (enum_range(null::memory_type))[1 + n % 5],
     'Statement ' || n || ': the delivery of part ' || n::bigint * 7919 || ' goes to hall ' || n % 17,
     md5(n::text), jsonb_build_object('turnNumber', n), 1, 5, at, at, at, at, at, ${ANALYSIS}
   from made, companions c where c.workspace_id = '${workspaceId}' and c.key = 'graph'`;

/** Draws the pairs: the hubs' relations first, then pairs of ranks with a density that falls as rank^(-1/2). */
function draws(size: number): string {
  const place = (rank: string) => `(${rank} * ${STRIDE} % ${size})::int`;
  const hubs = HUBS.map((degree) => Math.min(degree, Math.floor(size / 10)));
  const inAll = Math.floor((size * MEAN_DEGREE) / 2);
  const others = Math.max(0, inAll - hubs.reduce((sum, each) => sum + each, 0));
  const ranked = (seed: number) => place(`floor(${size} * power(${chance('draw', seed)}, 2))::bigint`);
  const spokes = hubs.map(
    (degree, rank) =>
      `select ${place(`${rank}::bigint`)} as a, floor(${size} * ${chance('draw', 1)})::int as b, draw
       from generate_series(${rank}::bigint * 1000000, ${rank * 1_000_000 + degree - 1}) draw`,
  );
  return `insert into bench.relations (from_n, to_n, draw)
    select case when ${chance('draw', 4)} < 0.5 then a else b end, case when ${chance('draw', 4)} < 0.5 then b else a end, draw
    from (
      select distinct on (least(a, b), greatest(a, b)) a, b, draw from (
        ${spokes.join(' union all ')}
        union all select ${ranked(2)}, ${ranked(3)}, draw from generate_series(100000000::bigint, ${99_999_999 + others}) draw
      ) drawn where a <> b order by least(a, b), greatest(a, b), draw
    ) pairs order by draw;
    analyze bench.relations`;
}

/** Makes relations of what was drawn, recorded after both their ends, and says how many. */
async function relations(
  connection: Session,
  { workspaceId, size }: { workspaceId: string; size: number },
  say: (text: string) => void,
): Promise<number> {
  const at = `timestamptz '2025-01-01' + (${size} + r.number) * interval '1 second'`;
  await connection.script(
    `alter table bench.relations add number bigint generated always as identity;
     update bench.relations set from_n = to_n, to_n = from_n where draw % 3 = 0 and from_n < to_n;
     create unique index on bench.relations (number)`,
  );
  const [row] = (await connection.script('select count(*)::int as count from bench.relations')) as [{ count: number }];
  for (let from = 0; from < row.count; from += 2 * CHUNK) {
    await connection.script(
      `insert into relations (workspace_id, id, from_lineage_id, to_lineage_id, from_memory_id, to_memory_id, type, strength,
         recorded_at, known_from)
       select '${workspaceId}', ${key('r.number', at, 'relation')}, a.id, b.id, a.id, b.id,
         (array['CAUSES', 'ELABORATES', 'REFERENCES']::relation_type[])[1 + r.draw % 3], ${chance('r.draw', 5)}, ${at}, ${at}
       from bench.relations r join bench.memories a on a.n = r.from_n join bench.memories b on b.n = r.to_n
       where r.number > ${from} and r.number <= ${from + 2 * CHUNK} order by r.number`,
    );
    say(`${Math.min(from + 2 * CHUNK, row.count)} of ${row.count} relations`);
  }
  return row.count;
}
