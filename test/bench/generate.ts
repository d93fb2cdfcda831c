import type { Database } from '../../src/db/database.ts';
import type { Tenant } from '../../src/db/transaction.ts';
import { ANALYSIS } from '../../src/model/text/analysis.ts';

/** Runs statements as the user the benchmark connects as, past row-level security and triggers. */
export async function asOwner(database: Database, statements: string): Promise<Record<string, unknown>[]> {
  const connection = await database.connect();
  try {
    return ((await connection.script(statements)) ?? []) as Record<string, unknown>[];
  } finally {
    connection.release();
  }
}

const CHUNK = 100_000;

/**
 * Fills a companion with memories: recorded one a second from 2025-01-01 on, types in turn, importance 0–10. The same
 * numbers give the same rows, but for their keys.
 */
export async function fillCompanion({ database, workspaceId }: Tenant, key: string, memories: number): Promise<void> {
  await asOwner(
    database,
    `insert into companions (workspace_id, id, key, name, created_at, updated_at)
     values ('${workspaceId}', gen_random_uuid(), '${key}', '${key}', now(), now())`,
  );
  for (let from = 0; from < memories; from += CHUNK) {
    const until = Math.min(from + CHUNK, memories);
    await asOwner(
      database,
      `set session_replication_role = replica;
       with made as materialized (
         select n, gen_random_uuid() as id, c.id as companion, timestamptz '2025-01-01' + n * interval '1 second' as at
         from generate_series(${from}, ${until - 1}) n, companions c
         where c.workspace_id = '${workspaceId}' and c.key = '${key}'
       ), lines as (
         insert into lineages (workspace_id, id, companion_id) select '${workspaceId}', id, companion from made
       )
       insert into memories (workspace_id, id, lineage_id, companion_id, type, content, content_fold, confidence, importance,
         importance_as_of, valid_from, recorded_at, updated_at, known_from, analysis)
       select '${workspaceId}', id, id, companion, (enum_range(null::memory_type))[1 + n % 5],
         'Statement ' || n || ': the delivery of part ' || n::bigint * 7919 || ' goes to hall ' || n % 17, md5(n::text), 1,
         (n::bigint * 7919 % 1000) / 100.0, at, at, at, at, at, ${ANALYSIS}
       from made;
       reset session_replication_role`,
    );
  }
}

/** Joins each memory of a companion with the five recorded before it: FOLLOWS, of falling strength. */
export async function relateCompanion({ database, workspaceId }: Tenant, key: string): Promise<void> {
  await asOwner(
    database,
    `set session_replication_role = replica;
     with placed as materialized (
       select id, lineage_id, recorded_at, row_number() over (order by recorded_at) as place from memories
       where workspace_id = '${workspaceId}'
         and companion_id = (select id from companions where workspace_id = '${workspaceId}' and key = '${key}')
     )
     insert into relations (workspace_id, id, from_lineage_id, to_lineage_id, from_memory_id, to_memory_id, type, strength,
       recorded_at, known_from)
     select '${workspaceId}', gen_random_uuid(), a.lineage_id, b.lineage_id, a.id, b.id, 'FOLLOWS', 1 - step / 10.0,
       a.recorded_at, a.recorded_at
     from placed a cross join generate_series(1, 5) series (step) join placed b on b.place = a.place - step;
     reset session_replication_role`,
  );
}

/**
 * Gives `each` of a hundred memories of a companion so many earlier rows, as if it had been updated on each day since.
 */
export async function addRevisions(
  { database, workspaceId }: Tenant,
  key: string,
  share: { each: number; rounds: number },
): Promise<void> {
  const [row] = await asOwner(
    database,
    `select string_agg(quote_ident(column_name), ', ' order by ordinal_position) as names
     from information_schema.columns
     where table_schema = current_schema() and table_name = 'memories_history' and column_name <> 'known_until'`,
  );
  const names = row?.names as string;
  const values = names.replace(
    'known_from',
    `case when round = 1 then known_from else recorded_at + (round - 1) * interval '1 day' end`,
  );
  await asOwner(
    database,
    `set session_replication_role = replica;
     insert into memories_history (known_until, ${names})
     select recorded_at + round * interval '1 day', ${values}
     from memories m, generate_series(1, ${share.rounds}) round
     where workspace_id = '${workspaceId}' and hashtext(id::text) % 100 between 0 and ${share.each - 1}
       and companion_id = (select id from companions where workspace_id = '${workspaceId}' and key = '${key}');
     update memories m set known_from = recorded_at + ${share.rounds} * interval '1 day'
     where workspace_id = '${workspaceId}' and hashtext(id::text) % 100 between 0 and ${share.each - 1}
       and companion_id = (select id from companions where workspace_id = '${workspaceId}' and key = '${key}');
     reset session_replication_role`,
  );
}

/** What an operator's autovacuum does after a while. */
export const settle = (database: Database): Promise<unknown> => asOwner(database, 'vacuum analyze');
