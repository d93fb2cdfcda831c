import { setTimeout as sleep } from 'node:timers/promises';
import type { Tenant } from '../../../src/db/transaction.ts';
import { ANALYSIS } from '../../../src/model/text/analysis.ts';
import { insertPostings } from '../postings.ts';
import { asSuperuser } from '../tables.ts';
import { keySql } from './keys.ts';

/** How much a workspace is filled with. */
export interface Size {
  memories: number;
  entities: number;
}

/**
 * How many companions and users there are to be deleted, `leaving 1` and so on, and how many memories are theirs, each.
 */
export const LEAVERS = 3;
const LEAVING = 100;
/** How many words the vocabulary has; the n-th is used about 1/n as often as the first. */
const WORDS = 5_000;
/** How many memories follow one another. */
const SESSION = 20;
/** Relations of a memory beside its FOLLOWS, in hundredths. */
const LOOSE = 172;
/** Among how many of its lineage a memory of a slot is: each of the first lines is one of many. */
export const SLOT_LINE = 5;
/** One in so many memories answers a slot. */
const SLOTTED = 50;

/** A number in [0, 1) that the SQL expression `n` and the seed determine. */
const chance = (n: string, seed: number) =>
  `((hashint8extended((${n})::bigint, ${seed}) & 1099511627775) / 1099511627776.0::float8)`;

const at = (n: string) => `(timestamptz '2026-01-01' + (${n}) * interval '1 minute')`;

/** The number of the first version of the lineage of memory `n`. */
const line = (n: string) =>
  `(case when ${n} % ${SLOTTED} = 0 then greatest(${SLOTTED}, ${n} - ${n} % ${SLOTTED * SLOT_LINE})
  when ${n} % 100 = 8 then ${n} - 1 else ${n} end)`;

/**
 * Fills a workspace as use would over the years, with a bit of everything there is: the same size gives the same rows.
 * The companions `main` and `second` share the memories; a few are of companions and users that are there to be
 * deleted.
 */
export async function fillWorkspace({ database, workspaceId, embedding }: Tenant, size: Size): Promise<void> {
  const model = embedding ?? { model: 'none', dimension: 8 };
  const parts = [
    people,
    memories,
    past,
    relations,
    entities,
    beliefs,
    findings,
    summaries,
    events,
    hooks,
    vectors,
    conversations,
    proposed,
    notes,
    keys,
  ];
  await asSuperuser(database, async (connection) => {
    // Statistics may know nothing of this workspace yet: what is filled in is joined by hashing all the same.
    await connection.script(
      'set session_replication_role = replica; set synchronous_commit = off; set enable_nestloop = off',
    );
    for (const part of parts) await connection.script(part(workspaceId, size, model));
    await connection.script('reset session_replication_role; reset synchronous_commit; reset enable_nestloop');
  });
}

/** What autovacuum does after a while. */
export const settle = ({ database }: Tenant): Promise<unknown> =>
  asSuperuser(database, async (connection) => {
    // A commit may still be waiting to be sent along with what comes first, which makes one transaction of both.
    await connection.script('select');
    // Nor may another session: what it still sees, no vacuum clears away.
    while (((await connection.query(READING, [])) as unknown[]).length > 0) await sleep(10);
    // Without it, pages with few dead rows keep them, and are read where an index alone would do.
    await connection.script('vacuum (analyze, index_cleanup on)');
  });

/** Sessions of this database that see what it was. */
const READING = `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
  and (backend_xmin is not null or backend_xid is not null)`;

/** Keeps autovacuum from doing so before its time. */
export const leaveUnsettled = ({ database }: Tenant): Promise<unknown> =>
  asSuperuser(database, (connection) =>
    connection.script(`do $$ declare t regclass; begin
      for t in select oid from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'r' loop
        execute format('alter table %s set (autovacuum_enabled = false)', t);
      end loop; end $$`),
  );

const people = (workspace: string): string => `
  insert into companions (workspace_id, id, key, name, created_at, updated_at)
  select '${workspace}', ${keySql('companion', 'n')}, key, key, ${at('n')}, ${at('n')}
  from unnest(array['main', 'second'] || array(select 'leaving ' || n from generate_series(1, ${LEAVERS}) n)
    || array(select 'other ' || n from generate_series(1, 100) n)) with ordinality k (key, n);
  insert into users (workspace_id, id, external_id, created_at, updated_at)
  select '${workspace}', ${keySql('user', 'n')}, key, ${at('n')}, ${at('n')}
  from unnest(array(select 'leaving ' || n from generate_series(1, ${LEAVERS}) n)
    || array(select 'user ' || n from generate_series(${LEAVERS + 1}, 500) n)) with ordinality k (key, n)`;

/** The companion and the user, by number, of memory `n`. */
const companion = (n: string, { memories }: Size) =>
  `case when ${n} > ${memories - LEAVERS * LEAVING} then 3 + ${n} % ${LEAVERS} when ${n} > ${Math.floor(memories * 0.8)} then 2 else 1 end`;
const user = (n: string, { memories }: Size) =>
  `case when ${n} between ${memories - 2 * LEAVERS * LEAVING + 1} and ${memories - LEAVERS * LEAVING} then 1 + ${n} % ${LEAVERS}
    when ${n} % 3 = 1 then ${LEAVERS + 1} + ${n} / 3 % ${500 - LEAVERS} end`;

const memories = (workspace: string, size: Size): string => `
  create temporary table words as
    select n, 'w' || translate(to_hex(n * 7919), '0123456789', 'ghijklmnop') as word from generate_series(1, ${WORDS}) n;
  create unique index on words (n);
  create temporary table made as
    select n, ${keySql('memory', 'n')} as id, ${keySql('memory', line('n'))} as lineage,
      ${keySql('companion', companion(line('n'), size))} as companion,
      case when user_n is not null then ${keySql('user', 'user_n')} end as "user",
      case when n % ${SLOTTED} = 0 then 'slot ' || ${line('n')} end as slot, content
    from (
      select i.n, ${user(line('i.n'), size)} as user_n, string_agg(w.word, ' ' order by k) || ' number' || i.n as content
      from generate_series(1, ${size.memories}) i (n) cross join generate_series(1, 4) k
      join words w on w.n = 1 + floor(exp(${chance('i.n * 8 + k', 1)} * ln(${WORDS - 1})))::int group by 1, 2
    ) texts;
  analyze made;
  insert into lineages (workspace_id, id, companion_id, user_id, slot)
  select '${workspace}', id, companion, "user", slot from made where id = lineage;
  insert into memories (workspace_id, id, lineage_id, companion_id, user_id, type, content, content_fold, slot, context,
    confidence, importance, importance_as_of, valid_from, valid_until, recorded_at, retracted_at, is_corrected, expires_at,
    archived_at, updated_at, known_from, analysis, search)
  select '${workspace}', id, lineage, companion, "user", (enum_range(null::memory_type))[1 + n % 5], content, md5(content), slot,
    jsonb_build_object('speaker', case n % 2 when 0 then 'Ann' else 'Ben' end, 'turnNumber', n), 1, n * 7919 % 1000 / 100.0,
    ${at('n')}, ${at('n')},
    case when slot is not null then lead(${at('n')}) over (partition by lineage order by n) end, ${at('n')},
    case when n % 100 = 7 then ${at('n + 1')} end, n % 100 = 7, case when n % 500 = 3 then ${at('n + 1000')} end,
    case when n % 20 = 1 then ${at('n + 9')} end, ${at('n')}, case when n % 10 = 4 then ${at('n + 1440')} else ${at('n')} end, ${ANALYSIS},
    setweight(to_tsvector('english', content), 'A') || array_to_tsvector(array[case n % 2 when 0 then '@ann' else '@ben' end])
  from made;
  ${insertPostings('memories m')} where m.workspace_id = '${workspace}'`;

/** What the rows of one in ten memories were before. */
const past = (workspace: string): string => `
  insert into memories_history (known_until, workspace_id, id, lineage_id, companion_id, user_id, type, content, content_fold,
    slot, context, confidence, importance, importance_as_of, valid_from, valid_until, recorded_at, updated_at, known_from, search)
  select m.known_from, m.workspace_id, m.id, m.lineage_id, m.companion_id, m.user_id, m.type, m.content, m.content_fold, m.slot,
    m.context, 0.5, m.importance, m.importance_as_of, m.valid_from, m.valid_until, m.recorded_at, m.recorded_at, m.recorded_at, m.search
  from memories m join made on made.id = m.id where m.workspace_id = '${workspace}' and made.n % 10 = 4`;

/**
 * FOLLOWS within sessions; of other types pairs of any two, the lower numbers more often, so that the first have many;
 * CAUSES leads to what came earlier, so that none of them close a circle.
 */
const relations = (workspace: string, { memories: count }: Size): string => `
  create temporary table drawn as
    select row_number() over (order by a, b) as number, a, b, type from (
      select n as a, n - 1 as b, 'FOLLOWS' as type from generate_series(2, ${count}) n where n % ${SESSION} > 0
      union all
      select distinct greatest(a, b), least(a, b), (array['CAUSES', 'ELABORATES', 'REFERENCES'])[1 + (a + b) % 3] from (
        select 1 + floor(${count} * ${chance('n', 2)})::int as a, 1 + floor(${count} * power(${chance('n', 3)}, 2.5))::int as b
        from generate_series(1, ${Math.floor((count * LOOSE) / 100)}) n) pairs where a <> b
    ) of where a % 100 not in (7, 8) and b % 100 not in (7, 8) and (a % ${SLOTTED} > 0 or type = 'FOLLOWS') and b % ${SLOTTED} > 0;
  insert into relations (workspace_id, id, from_lineage_id, to_lineage_id, from_memory_id, to_memory_id, type, strength,
    recorded_at, retracted_at, known_from)
  select '${workspace}', ${keySql('relation', 'number')}, ${keySql('memory', line('a'))}, ${keySql('memory', line('b'))},
    ${keySql('memory', 'a')}, ${keySql('memory', 'b')}, type::relation_type, ${chance('number', 4)}, ${at('a')},
    case when number % 50 = 0 then ${at('a + 60')} end, case when number % 50 = 0 then ${at('a + 60')} else ${at('a')} end
  from drawn;
  insert into relations_history (known_until, workspace_id, id, from_lineage_id, to_lineage_id, from_memory_id, to_memory_id, type,
    strength, recorded_at, known_from)
  select known_from, workspace_id, id, from_lineage_id, to_lineage_id, from_memory_id, to_memory_id, type, strength,
    recorded_at, recorded_at
  from relations where workspace_id = '${workspace}' and retracted_at is not null;
  insert into relations (workspace_id, id, from_lineage_id, to_lineage_id, from_memory_id, to_memory_id, type, strength,
    recorded_at, known_from)
  select '${workspace}', ${keySql('relation', '1000000 + n')}, ${keySql('memory', 'n - 1')}, ${keySql('memory', 'n - 1')},
    ${keySql('memory', 'n')}, ${keySql('memory', 'n - 1')}, 'CORRECTS', 1, ${at('n')}, ${at('n')}
  from generate_series(8, ${count}, 100) n;
  insert into neighborhoods (workspace_id, lineage_id, near, hops)
  select '${workspace}', ${keySql('memory', 'n')}, array_agg(${keySql('memory', 'n + step')} order by abs(step), step),
    array_agg(step::smallint order by abs(step), step)
  from generate_series(1, ${count}) n cross join generate_series(-4, 4) step
  where n % ${SLOTTED} > 0 and step <> 0 and n + step > 0 and (n + step) / ${SESSION} = n / ${SESSION}
    and (n + step) % ${SLOTTED} > 0
  group by n;
  drop table drawn`;

/** Two mentions a memory, of the lower numbers more often; one in a hundred entities has been merged into another. */
const entities = (workspace: string, size: Size): string => `
  insert into entities (workspace_id, id, companion_id, type, name, folded_name, merged_into, recorded_at, known_from, analysis, search)
  select '${workspace}', ${keySql('entity', 'n')}, ${keySql('companion', `case when n % 5 = 0 then 2 else 1 end`)},
    (array['person', 'place', 'thing'])[1 + n % 3], 'Entity ' || n, 'entity ' || n,
    case when n % 100 = 99 then ${keySql('entity', 'n - 1')} end, ${at('0')}, ${at('0')}, ${ANALYSIS},
    setweight(to_tsvector('english', 'Entity ' || n), 'A') || array_to_tsvector(array['@entity', '@' || n, '=entity ' || n])
  from generate_series(1, ${size.entities}) n;
  insert into entity_terms (workspace_id, term, companion_id, entity_id)
  select e.workspace_id, t.lexeme, e.companion_id, e.id from entities e cross join lateral unnest(e.search) t
  where e.workspace_id = '${workspace}';
  insert into mentions (workspace_id, memory_id, entity_id, known_from)
  select distinct '${workspace}'::uuid, id, ${keySql('entity', 'entity')}, ${at('n')} from (
    select n, id, 1 + floor(${size.entities} * power(${chance('n * 2 + k', 5)}, 2))::int as entity
    from made cross join generate_series(0, 1) k) drawn`;

/** Corrections, and contradictions of which three in five are open. */
const beliefs = (workspace: string, { memories: count }: Size): string => `
  insert into decisions (workspace_id, id, kind, memory_id, version_id, relation_id, recorded_at, known_from)
  select '${workspace}', ${keySql('decision', 'n')}, 'MISTAKE', ${keySql('memory', 'n - 1')}, ${keySql('memory', 'n')},
    ${keySql('relation', '1000000 + n')}, ${at('n')}, ${at('n')}
  from generate_series(8, ${count}, 100) n;
  insert into contradictions (workspace_id, id, memory_lineage_id, by_lineage_id, memory_anchor_id, by_anchor_id, memory_id, by_id,
    strength, status, resolution, relation_id, opened_at, resolved_at, known_from)
  select '${workspace}', ${keySql('contradiction', 'n')}, a, b, a, b, a, b, 0.5,
    (case when n % 5 < 3 then 'OPEN' else 'DISMISSED' end)::contradiction_status,
    (case when n % 5 < 3 then null else 'DISMISSED' end)::contradiction_resolution, ${keySql('relation', '2000000 + n')},
    ${at('n * 100')}, case when n % 5 >= 3 then ${at('n * 100 + 60')} end, ${at('n * 100')}
  from (select n, ${keySql('memory', 'n * 100 - 87')} as a, ${keySql('memory', 'n * 100 - 86')} as b
    from generate_series(1, ${Math.floor(count / 100)}) n) pairs;
  insert into relations (workspace_id, id, from_lineage_id, to_lineage_id, from_memory_id, to_memory_id, type, strength,
    recorded_at, retracted_at, known_from)
  select workspace_id, relation_id, by_lineage_id, memory_lineage_id, by_id, memory_id, 'CONTRADICTS', strength,
    opened_at, resolved_at, opened_at
  from contradictions where workspace_id = '${workspace}';
  update memories m set is_contested = true from contradictions c
  where m.workspace_id = '${workspace}' and c.workspace_id = m.workspace_id and c.status = 'OPEN' and m.id in (c.memory_id, c.by_id)`;

/** The companion and the user of a memory. */
const whoseSql = (workspace: string, memory: string): string =>
  ['companion_id', 'user_id']
    .map((column) => `(select m.${column} from memories m where m.workspace_id = '${workspace}' and m.id = ${memory})`)
    .join(', ');

/** The number before the first of the findings that are there to be judged. */
export const JUDGED = 1_000_000;

/**
 * Of two memories about nobody, of two about one user, of the hub and many others, of those that have a contradiction, and
 * some that are there to be judged. One in three has a verdict, and of the others a chat model is to be asked about one in four.
 */
const findings = (workspace: string, { memories: count }: Size): string => `
  create temporary table noticed as
    select row_number() over (order by a, b) as n, a, b from (
      select 3 * n + 2 as a, 3 * n + 3 as b from generate_series(0, ${Math.floor(count / 3) - 2}) n
      union select 9 * n + 1, 9 * n + 1 + ${3 * (500 - LEAVERS)} from generate_series(0, ${Math.floor((count - 3 * 500) / 9) - 2}) n
      union select 2, 100 * n + 30 from generate_series(1, ${Math.floor(count / 100) - 1}) n) pairs
    where ${line('a')} <> ${line('b')};
  insert into findings (workspace_id, id, memory_lineage_id, by_lineage_id, memory_id, by_id, companion_id, user_id, kind, score, reason, memory_text,
    by_text, found_at, verdict, judged_at, judged_by, note)
  select '${workspace}', ${keySql('finding', 'n')}, ${keySql('memory', line('a'))}, ${keySql('memory', line('b'))},
    ${keySql('memory', 'a')}, ${keySql('memory', 'b')}, ${whoseSql(workspace, keySql('memory', 'a'))}, n % 4, 0.5 + ${chance('n', 7)} / 2, 'a reason ' || n, 'what was said ' || a,
    'what was said ' || b, ${at('b')}, case when n % 3 = 0 then n % 5 end, case when n % 3 = 0 then ${at('b + 60')} end,
    case when n % 3 = 0 then 'tester' end, case when n % 3 = 0 then 'a note ' || n end
  from noticed on conflict do nothing;
  insert into findings (workspace_id, id, memory_lineage_id, by_lineage_id, memory_id, by_id, companion_id, user_id, kind, score, reason, memory_text,
    by_text, found_at, verdict, judged_at, judged_by, contradiction_id)
  select workspace_id, ${keySql('finding', '2000000 + row_number() over (order by id)')}, memory_lineage_id, by_lineage_id, memory_id,
    by_id, ${whoseSql(workspace, 'memory_id')}, 3, 0.9, 'a reason', 'what was said', 'what was denied', opened_at, 2, opened_at, 'tester', id
  from contradictions where workspace_id = '${workspace}' on conflict do nothing;
  insert into findings (workspace_id, id, memory_lineage_id, by_lineage_id, memory_id, by_id, companion_id, user_id, kind, score, reason, memory_text,
    by_text, found_at)
  select '${workspace}', ${keySql('finding', `${JUDGED} + n`)}, ${keySql('memory', '100 * n + 86')}, ${keySql('memory', '100 * n + 88')},
    ${keySql('memory', '100 * n + 86')}, ${keySql('memory', '100 * n + 88')}, ${whoseSql(workspace, keySql('memory', '100 * n + 86'))}, 1, 0.8, 'a reason ' || n, 'said', 'said', ${at('100 * n + 88')}
  from generate_series(0, ${Math.floor((count * 8) / 1000) - 1}) n;
  update findings f set due_at = f.found_at
  where f.workspace_id = '${workspace}' and f.verdict is null and abs(hashtext(f.id::text)) % 4 = 0;
  drop table noticed`;

/** The number before the first of the memories that are summaries of topics; those of profiles have twice as much. */
const SUMMARY = 4_000_000;

/** How many lines a summary has, and how many memories a topic has at most. */
const LINES = 6;
const TOPIC = 40;

/**
 * Summaries of one in 32 memories of `main`, and one in four of user 7: of those about nobody in topics of
 * {@link TOPIC}, of those about a user in one each; and a profile of each of these, of `main`, and of the first entities. The summaries are memories of another kind
 * than the rest, of which no other part knows.
 */
const summaries = (workspace: string, { memories: count }: Size): string => `
  create temporary table topical as
    select lineage, max(id::text)::uuid as id, companion, "user",
      case when "user" is null then row_number() over (partition by companion, "user" order by lineage) / ${TOPIC} else 0 end as part
    from made where n % case when "user" = ${keySql('user', '7')} then 4 else 32 end = 2 and n % ${SLOTTED} > 0 and n <= ${Math.floor(count * 0.8)} group by lineage, companion, "user";
  create temporary table topics as
    select row_number() over (order by companion, "user", part) as n, companion, "user", part, count(*) as size
    from topical group by companion, "user", part;
  create temporary table profiled as
    select row_number() over (order by companion, "user", entity) as n, * from (
      select distinct companion, "user", null::uuid as entity from topical
      union all select ${keySql('companion', '1')}, null, ${keySql('entity', 'n')} from generate_series(1, 100) n where n % 5 > 0) p;
  create temporary table summarized as
    select ${keySql('memory', `${SUMMARY} + n`)} as id, companion, "user", 0 as kind, size, ${at('0')} + n * interval '1 second' as at from topics
    union all select ${keySql('memory', `${SUMMARY} * 2 + n`)}, companion, "user", 1, ${LINES}, ${at('0')} + n * interval '1 second' from profiled;
  insert into lineages (workspace_id, id, companion_id, user_id) select '${workspace}', id, companion, "user" from summarized;
  insert into memories (workspace_id, id, lineage_id, companion_id, user_id, type, content, content_fold, confidence, importance,
    importance_as_of, valid_from, recorded_at, updated_at, known_from, analysis, search)
  select '${workspace}', id, id, companion, "user", 'REFLECTION', 'A summary of ' || id, 'a summary of ' || id, 1, 5, at, at, at, at, at,
    ${ANALYSIS}, setweight(to_tsvector('english', 'A summary'), 'A')
  from summarized;
  insert into summaries (workspace_id, lineage_id, companion_id, user_id, kind, method, memory_id, size, refreshed_at)
  select '${workspace}', id, companion, "user", kind, 0, id, size, at from summarized;
  insert into summary_sources (workspace_id, summary_lineage_id, source_lineage_id, source_id, line, is_member, is_topic)
  select '${workspace}', ${keySql('memory', `${SUMMARY} + t.n`)}, lineage, id, case when place <= ${LINES} then place - 1 end, true, true
  from (select *, row_number() over (partition by companion, "user", part order by id) as place from topical) m
  join topics t on t.companion = m.companion and t."user" is not distinct from m."user" and t.part = m.part;
  insert into summary_sources (workspace_id, summary_lineage_id, source_lineage_id, source_id, line, is_member, is_topic)
  select '${workspace}', ${keySql('memory', `${SUMMARY} * 2 + p.n`)}, m.lineage, m.id, m.place - 1, true, false
  from profiled p cross join lateral (
    select *, row_number() over () as place from topical t
    where t.companion = p.companion and t."user" is not distinct from p."user" order by id limit ${LINES}) m;
  insert into profiles (workspace_id, id, companion_id, user_id, entity_id, summary_lineage_id, total, covered, centroid,
    centroid_model, created_at, refreshed_at)
  select '${workspace}', ${keySql('profile', 'n')}, companion, "user", entity, ${keySql('memory', `${SUMMARY} * 2 + n`)}, 100, 50, null, null,
    ${at('n')}, ${at(String(Math.floor(count / 2)))}
  from profiled;
  insert into consolidations (workspace_id, companion_id, ran_at, examined)
  select '${workspace}', ${keySql('companion', 'n')}, ${at(String(Math.floor(count / 2)))}, 100 from generate_series(1, 100, 3) n;
  drop table topical; drop table topics; drop table profiled; drop table summarized`;

const events = (workspace: string, { memories: count }: Size): string => `
  insert into events (workspace_id, id, position, kind, at, actor, memory_id, lineage_id, companion_id, user_id)
  select '${workspace}', ${keySql('event', 'n')}, n, 'RECORDED', ${at('n')}, 'tester', id, lineage, companion, "user" from made;
  insert into events (workspace_id, id, position, kind, at, actor, memory_id, lineage_id, companion_id, other_lineage_id, relation_id)
  select r.workspace_id, ${keySql('event', `${count} + number`)}, ${count} + number, 'RELATED', r.recorded_at, 'tester', r.from_memory_id,
    r.from_lineage_id, m.companion_id, r.to_lineage_id, r.id
  from (select *, row_number() over (order by id) as number from relations where workspace_id = '${workspace}' and type <> 'CORRECTS'
    order by id limit ${Math.floor(count / 2)}) r
  join memories m on m.workspace_id = r.workspace_id and m.id = r.from_memory_id;
  insert into event_feeds (workspace_id, position) values ('${workspace}', ${count * 2})
  on conflict (workspace_id) do update set position = excluded.position`;

/** Vectors of one in eight memories, and a few that are still to be made. */
const vectors = (
  workspace: string,
  _size: Size,
  { model, dimension }: { model: string; dimension: number },
): string => `
  insert into memory_embeddings (workspace_id, companion_id, user_id, memory_id, model, dimension, content_hash, embedding)
  select '${workspace}', companion, "user", id, '${model}', ${dimension}, md5(content),
    (select ('[' || string_agg((${chance(`n * 1000 + k`, 6)} * 1000)::int::text, ',') || ']')::vector
     from generate_series(1, ${dimension}) k)
  from made where n % 8 = 5;
  insert into pending_embeddings (workspace_id, memory_id, model, dimension, content_hash, due_at)
  select '${workspace}', id, '${model}', ${dimension}, md5(content), now() from made where n % 500 = 6`;

/** How many messages a conversation has; the first has a hundred times as many. */
export const TALK = 20;

/**
 * Conversations of `main`: every second message of them became one of the memories, of the same user where it has one.
 */
const conversations = (workspace: string, { memories: count }: Size): string => `
  create temporary table said as
    select n, case when n <= ${TALK * 100} then 1 else 2 + (n - ${TALK * 100 + 1}) / ${TALK} end as talk from generate_series(1, ${count}) n;
  insert into conversations (workspace_id, id, companion_id, user_id, external_id, title, metadata, created_at, updated_at,
    last_message_at, active_at, message_count, next_position)
  select '${workspace}', ${keySql('conversation', 'talk')}, ${keySql('companion', '1')},
    case when talk % 3 = 1 then ${keySql('user', `4 + talk % 400`)} end, 'talk ' || talk, 'Title ' || talk,
    jsonb_build_object('n', talk), ${at('min(n)')}, ${at('min(n)')}, ${at('max(n)')}, ${at('max(n)')}, count(*), count(*)
  from said group by talk;
  insert into messages (workspace_id, id, conversation_id, position, role, format, created_at, updated_at, recorded_at, memory_id,
    lineage_id, digest, external_id, content)
  select '${workspace}', ${keySql('message', 's.n')}, ${keySql('conversation', 's.talk')},
    row_number() over (partition by s.talk order by s.n) - 1, (enum_range(null::message_role))[2 + s.n % 2], 'TEXT', ${at('s.n')},
    ${at('s.n')}, ${at('s.n')}, m.id, m.lineage, md5(s.n::text)::uuid, 'message ' || s.n,
    case when m.id is null then '"What was said ' || s.n || '"' else chr(1) || '0,' || length(m.content) || chr(1) end
  from said s left join made m on m.n = s.n and s.n % 2 = 0 and m.n % ${SLOTTED} > 0 and m.id = m.lineage;
  drop table said`;

/** The number of the first of the proposals that are there to be decided. */
export const DECIDED = 1_000_000;

/** What a proposal of a kind says, in SQL. */
const draft = (kind: string): string => `
  case ${kind} when 0 then jsonb_build_object('content', 'What is proposed ' || n, 'type', 'FACT', 'importance', 5)
    when 1 then jsonb_build_object('content', 'What is right ' || n, 'kind', 'MISTAKE', 'reason', 'It was said')
    when 2 then '{"kind": "MISTAKE", "reason": "It was denied"}' else '{"type": "REFERENCES"}' end`;

/**
 * Proposals of one in three messages, a third of them each open, accepted and rejected, and some that are there to be decided:
 * of each kind one, of memories that no operation is about. All conversations have been read.
 */
const proposed = (workspace: string, { memories: count }: Size): string => `
  create temporary table suggested as
    select n, n as message, n / 3 % 4 as kind, n / 12 % 3 as status, ${keySql('memory', 'n')} as memory, ${keySql('memory', '1 + n / 2')} as other
    from generate_series(3, ${count}, 3) n
    union all
    select ${DECIDED} + 4 * n + kind, 3 * n + 1, kind, 0, ${keySql('memory', '100 * (n + 1) + 90 + 2 * kind')}, ${keySql('memory', '100 * (n + 1) + 98')}
    from generate_series(0, ${Math.floor((count * 7) / 1_000)}) n cross join generate_series(0, 3) kind;
  insert into proposals (workspace_id, id, companion_id, user_id, conversation_id, kind, status, draft, memory_id, other_id, confidence,
    proposed_by, proposed_at, decided_at, decided_by, note)
  select c.workspace_id, ${keySql('proposal', 'n')}, c.companion_id, c.user_id, c.id, kind, s.status, ${draft('kind')},
    case when kind > 0 or s.status = 1 then memory end, case when kind = 3 then other end, 0.75, 'model:small', g.recorded_at,
    case when s.status > 0 then g.recorded_at end, case when s.status > 0 then 'tester' end, case when s.status > 0 then 'a note ' || n end
  from suggested s join messages g on g.id = ${keySql('message', 's.message')} join conversations c on c.id = g.conversation_id
  where g.workspace_id = '${workspace}' and c.workspace_id = g.workspace_id;
  insert into proposal_sources (workspace_id, proposal_id, place, role, message_id, memory_id, lineage_id, quote)
  select g.workspace_id, ${keySql('proposal', 'n')}, 0, 0, g.id, g.memory_id, g.lineage_id, 'message ' || n
  from suggested s join messages g on g.id = ${keySql('message', 's.message')} where g.workspace_id = '${workspace}';
  insert into proposal_sources (workspace_id, proposal_id, place, role, memory_id, lineage_id)
  select p.workspace_id, p.id, place, 1, m.id, m.lineage from proposals p
  cross join lateral (values (1, p.memory_id), (2, p.other_id)) named (place, memory) join made m on m.id = named.memory
  where p.workspace_id = '${workspace}';
  insert into extractions (workspace_id, conversation_id, position, read_at)
  select workspace_id, id, next_position - 1, last_message_at from conversations where workspace_id = '${workspace}';
  drop table suggested`;

/** How many versions the working memory of `main` has. */
const VERSIONS = 500;

/** Working memories of `main`, of its users and of conversations, and sessions, of which one in ten is not over. */
const notes = (workspace: string): string => `
  create temporary table noted as
    select 1 as n, 'COMPANION' as scope, null::uuid as "user", null::uuid as talk
    union all select 1 + n, 'USER', ${keySql('user', 'n')}, null from generate_series(${LEAVERS + 1}, 400) n
    union all select 1000 + n, 'CONVERSATION', null, ${keySql('conversation', 'n')} from generate_series(101, 300) n;
  insert into working_memories (workspace_id, id, scope, companion_id, user_id, conversation_id, content, version, updated_at,
    updated_by, known_from)
  select '${workspace}', ${keySql('workingMemory', 'n')}, scope::working_memory_scope, ${keySql('companion', '1')}, "user", talk,
    'What is noted ' || n, case when n = 1 then ${VERSIONS + 1} else 2 end, ${at(String(VERSIONS))}, 'tester', ${at(String(VERSIONS))}
  from noted;
  insert into working_memories_history (known_until, workspace_id, id, scope, companion_id, user_id, conversation_id, content,
    version, updated_at, updated_by, known_from)
  select ${at(`v`)}, '${workspace}', ${keySql('workingMemory', 'n')}, scope::working_memory_scope, ${keySql('companion', '1')}, "user",
    talk, 'What was noted ' || n, case when n = 1 then v else 1 end, ${at('v - 1')}, 'tester', ${at('v - 1')}
  from noted cross join generate_series(1, ${VERSIONS}) v where n = 1 or v = ${VERSIONS};
  insert into sessions (workspace_id, id, external_id, companion_id, user_id, started_at, last_activity_at, expires_after, expires_at)
  select '${workspace}', ${keySql('session', 'n')}, 'session ' || n,
    case when n % 2 = 0 then ${keySql('companion', '1')} else ${keySql('companion', `${2 + LEAVERS} + n % 50`)} end,
    case when n % 3 = 0 then ${keySql('user', `${LEAVERS + 1} + n % 400`)} end, ${at('n')}, ${at('n')}, 60,
    case when n % 10 = 0 then timestamptz '2999-01-01' else ${at('n + 60')} end
  from generate_series(1, 5000) n;
  drop table noted`;

/** Webhooks, of which the first gets every event: a third of its deliveries waits, one was delivered and one failed. */
const hooks = (workspace: string): string => `
  insert into webhooks (workspace_id, id, url, secret, is_active, created_at, due_at)
  select '${workspace}', ${keySql('webhook', 'n')}, 'https://example.com/' || n, 'none', n = 1, ${at('n')}, ${at('n')}
  from generate_series(1, 12) n;
  insert into webhook_deliveries (workspace_id, id, webhook_id, event_id, position, state, pending_since, settled_at)
  select e.workspace_id, gen_random_uuid(), ${keySql('webhook', '1')}, e.id, e.position, e.position % 3, e.at,
    case when e.position % 3 > 0 then now() - e.position % 50 * interval '1 day' end
  from events e where e.workspace_id = '${workspace}'`;

const keys = (workspace: string): string => `
  insert into idempotency_keys (workspace_id, owner, key, mutation, input_hash, result, recorded_at)
  select '${workspace}', 'tester', 'key ' || n, 'createMemory', md5(n::text), '{}', now() - n * interval '1 minute' from made where n % 50 = 9;
  insert into idempotency_subjects (workspace_id, lineage_id, owner, key)
  select '${workspace}', lineage, 'tester', 'key ' || n from made where n % 50 = 9;
  drop table made; drop table words`;
