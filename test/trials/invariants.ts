import type { Row } from '../../src/db/database.ts';
import type { VersionRow } from '../../src/domain/belief/rows.ts';
import { slotOf } from '../../src/domain/belief/settle.ts';
import type { TimeLines } from '../../src/domain/belief/time-lines.ts';
import { FollowsGraph } from '../../src/domain/neighborhood/follows-graph.ts';
import type { Decision, Dispute } from '../../src/model/belief/belief.ts';
import { believe } from '../../src/model/belief/time-line.ts';
import { eachPosting } from '../support/postings.ts';

/** Runs a statement without parameters as a role that row-level security does not hold back. */
export type Ask = (sql: string) => Promise<unknown[]>;

/** A rule that does not hold: how many rows break it, and some of them, by their keys. */
export interface Violation {
  rule: string;
  count: number;
  examples: unknown[];
}

/** A table that changes in place, the columns of its key, and whether a row may go and leave its past behind. */
const historic: [table: string, key: string[], mayBeGone?: boolean][] = [
  ['memories', ['id']],
  ['relations', ['id']],
  ['entities', ['id']],
  ['mentions', ['memory_id', 'entity_id'], true],
  ['decisions', ['id']],
  ['contradictions', ['id']],
  ['decay_policies', ['type']],
];

const joined = (left: string, right: string, key: readonly string[]) =>
  ['workspace_id', ...key].map((column) => `${left}.${column} = ${right}.${column}`).join(' and ');

/** By rule: a statement whose rows break it. */
const rules: Record<string, string> = {
  'versions of a lineage do not overlap': `
    select a.id, b.id as other from memories a join memories b on b.workspace_id = a.workspace_id and b.lineage_id = a.lineage_id
    where a.id < b.id and a.retracted_at is null and b.retracted_at is null
      and a.valid_from < coalesce(b.valid_until, 'infinity') and b.valid_from < coalesce(a.valid_until, 'infinity')`,
  'a slot has one answer at a time, or a contradiction': `
    select a.id, b.id as other from memories a join memories b on b.workspace_id = a.workspace_id
      and b.companion_id = a.companion_id and b.user_id is not distinct from a.user_id and b.slot = a.slot
    where a.id < b.id and a.retracted_at is null and b.retracted_at is null and not (a.is_contested and b.is_contested)
      and a.valid_from < coalesce(b.valid_until, 'infinity') and b.valid_from < coalesce(a.valid_until, 'infinity')`,
  'what is valid has a beginning before its end': `
    select id from memories where valid_until <= valid_from or valid_until > stated_until`,
  'importance is 0 to 10, confidence 0 to 1, accesses are counted from 0': `
    select id from memories where not (importance between 0 and 10) or not (confidence between 0 and 1) or access_count < 0`,
  'strength is 0 to 1': `
    select id from relations where not (strength between 0 and 1)
    union all select id from contradictions where not (strength between 0 and 1)`,
  'a lineage is of one companion and user': `
    select m.id from memories m join lineages l on l.workspace_id = m.workspace_id and l.id = m.lineage_id
    where l.companion_id <> m.companion_id or l.user_id is distinct from m.user_id`,
  'what refers to a memory or a lineage finds it': `
    select 'memory' as what, m.id from memories m where not exists (select from lineages l where ${joined('l', 'm', [])} and l.id = m.lineage_id)
    union all select 'mention', x.memory_id from mentions x
      where not exists (select from memories m where ${joined('m', 'x', [])} and m.id = x.memory_id)
    union all select 'relation', r.id from relations r
      where not exists (select from memories m where ${joined('m', 'r', [])} and m.id = r.from_memory_id)
        or not exists (select from memories m where ${joined('m', 'r', [])} and m.id = r.to_memory_id)
    union all select 'contradiction', c.id from contradictions c, unnest(array[memory_id, by_id, memory_anchor_id, by_anchor_id]) side
      where not exists (select from memories m where ${joined('m', 'c', [])} and m.id = side)
    union all select 'decision', d.id from decisions d
      where not exists (select from memories m where ${joined('m', 'd', [])} and m.id = d.memory_id)
        or d.version_id is not null and not exists (select from memories m where ${joined('m', 'd', [])} and m.id = d.version_id)
    union all select 'posting', p.memory_id from postings p
      where not exists (select from memories m where ${joined('m', 'p', [])} and m.id = p.memory_id)
    union all select 'vector', e.memory_id from memory_embeddings e
      where not exists (select from memories m where ${joined('m', 'e', [])} and m.id = e.memory_id)
    union all select 'event', e.memory_id from events e
      where not exists (select from memories m where ${joined('m', 'e', [])} and m.id = e.memory_id)`,
  'a memory mentions entities of its companion': `
    select m.id from mentions x join memories m on ${joined('m', 'x', [])} and m.id = x.memory_id
    join entities e on ${joined('e', 'x', [])} and e.id = x.entity_id where e.companion_id <> m.companion_id`,
  'a merged entity leads to one that is not, of its companion': `
    select e.id from entities e left join entities o on ${joined('o', 'e', [])} and o.id = e.merged_into
    where e.merged_into is not null and (o.id is null or o.merged_into is not null or o.companion_id <> e.companion_id)`,
  'only CORRECTS joins a lineage with itself': `
    select id from relations where (from_lineage_id = to_lineage_id) <> (type = 'CORRECTS')`,
  'an open contradiction, and no other, has a live relation between its lineages': `
    select c.id from contradictions c left join relations r on ${joined('r', 'c', [])} and r.id = c.relation_id
    where r.id is null or r.type <> 'CONTRADICTS' or (r.retracted_at is null) <> (c.status = 'OPEN')
    union all select r.id from relations r where r.type = 'CONTRADICTS' and r.retracted_at is null
      and not exists (select from contradictions c where ${joined('c', 'r', [])} and c.relation_id = r.id)`,
  'a contradiction is open or has a resolution': `
    select id from contradictions where (status = 'OPEN') <> (resolution is null) or (status = 'OPEN') <> (resolved_at is null)
      or (status = 'DISMISSED') <> (resolution is not distinct from 'DISMISSED')`,
  'a decision that makes a version has a relation, and no other': `
    select id from decisions where (kind in ('MISTAKE', 'CHANGE')) <> (version_id is not null) or (version_id is null) <> (relation_id is null)`,
  'a correction’s relation is live while the correction is in force': `
    select d.id from decisions d left join relations r on ${joined('r', 'd', [])} and r.id = d.relation_id
    where d.relation_id is not null and (r.id is null or r.type <> 'CORRECTS' or (r.retracted_at is null) <> (d.reverted_at is null))`,
  'every memory was recorded once, or made by one correction': `
    select m.id from memories m where
      (select count(*) from events e where ${joined('e', 'm', [])} and e.memory_id = m.id and e.kind = 'RECORDED')
      + (select count(*) from decisions d where ${joined('d', 'm', [])} and d.version_id = m.id) <> 1`,
  'every correction has its event': `
    select d.id from decisions d where d.version_id is not null and 1 <> (
      select count(*) from events e where ${joined('e', 'd', [])} and e.kind = 'CORRECTED' and e.relation_id = d.relation_id)`,
  'events stand at positions of the feed': `
    select e.id from events e left join event_feeds f on f.workspace_id = e.workspace_id
    where f.position is null or e.position > f.position or e.position < 1`,
  'postings are what the terms of memories say': `
    with said as (
      select m.workspace_id, m.companion_id, t.lexeme as term, coalesce(m.user_id, '00000000-0000-0000-0000-000000000000') as user_id,
        m.id, coalesce(cardinality(t.positions), 1) as frequency from memories m cross join lateral unnest(m.search) t
    ), kept as (select workspace_id, companion_id, term, user_id, memory_id as id, frequency from ${eachPosting})
    select coalesce(s.id, k.id) as id, coalesce(s.term, k.term) as term from said s full join kept k
      on k.workspace_id = s.workspace_id and k.companion_id = s.companion_id and k.term = s.term collate "C" and k.user_id = s.user_id and k.id = s.id
    where s.id is null or k.id is null or s.frequency <> k.frequency`,
  'terms are those of content and summary': `
    select m.id from memories m join workspaces w on w.id = m.workspace_id
    where exists (
      select from unnest(to_tsvector(w.text_search_config::regconfig, m.content) || to_tsvector(w.text_search_config::regconfig, coalesce(m.summary, ''))) t
      where t.lexeme ~ '^[a-z]{1,200}$' and t.lexeme <> all(tsvector_to_array(m.search)))`,
  'every memory has a vector, or one that is pending': `
    select m.id from memories m join workspaces w on w.id = m.workspace_id and w.embedding_model is not null
    where not exists (select from memory_embeddings e where ${joined('e', 'm', [])} and e.memory_id = m.id)
      and not exists (select from pending_embeddings o where ${joined('o', 'm', [])} and o.memory_id = m.id)`,
  'a vector is of its memory’s companion and user, and has its dimension': `
    select m.id from memory_embeddings e join memories m on ${joined('m', 'e', [])} and m.id = e.memory_id
    where e.companion_id <> m.companion_id or e.user_id is distinct from m.user_id or vector_dims(e.embedding) <> e.dimension`,
  'a kept success has a result': `select key from idempotency_keys where result is null`,
  'a success that named something erased tells nothing': `
    select key from idempotency_keys where is_erased and result <> '{}'`,
  'a workspace has a policy for each type': `
    select w.id from workspaces w where (select count(*) from decay_policies p where p.workspace_id = w.id) <> 5
    union all select workspace_id from decay_policies where not (floor between 0 and 10) or not (coalesce(archive_below, 0) between 0 and 10)
      or not (coalesce(half_life_days, 1) > 0) or not (access_stretch >= 0)`,
  ...Object.fromEntries(
    historic.flatMap(([table, key, mayBeGone]) => {
      const columns = key.map((column) => `h.${column}`).join(', ');
      const known = [
        `the past of ${table} has no gap and no overlap`,
        `select ${columns} from (
           select *, lead(known_from) over (partition by workspace_id, ${key.join(', ')} order by known_from) as next from ${table}_history
         ) h left join ${table} t on ${joined('t', 'h', key)}
         where h.known_until <= h.known_from or ${
           mayBeGone
             ? 'h.known_until > coalesce(h.next, t.known_from)'
             : 'h.known_until is distinct from coalesce(h.next, t.known_from)'
         }`,
      ];
      const orphans = `select ${columns} from ${table}_history h where not exists (select from ${table} t where ${joined('t', 'h', key)})`;
      return mayBeGone ? [known] : [known, [`the past of ${table} is of rows there are`, orphans]];
    }),
  ),
};

/** What of the rules does not hold in any workspace of a database. Nobody may be writing meanwhile. */
export async function findViolations(ask: Ask): Promise<Violation[]> {
  const found: Violation[] = [];
  const note = (rule: string, rows: readonly unknown[]) => {
    if (rows.length > 0) found.push({ rule, count: rows.length, examples: rows.slice(0, 3) });
  };
  for (const [rule, sql] of Object.entries(rules)) note(rule, await ask(sql));
  for (const { id } of (await ask('select id from workspaces')) as { id: string }[]) {
    note('what is cached of beliefs is what the decisions make', await wrongBeliefs(ask, id));
    note('CAUSES has no circle', await circles(ask, id));
    note('neighbourhoods are what FOLLOWS makes', await wrongNeighborhoods(ask, id));
  }
  return found;
}

const ms = (column: string) => `(extract(epoch from ${column}) * 1000)::float8`;

/** Versions whose caches are not what all versions, decisions and contradictions of the workspace make them. */
async function wrongBeliefs(ask: Ask, workspace: string): Promise<unknown[]> {
  const versions = (await ask(`
    select id, lineage_id as "lineageId", ${ms('valid_from')} as start, ${ms('stated_until')} as "statedUntil",
      ${ms('valid_until')} as "validUntil", ${ms('retracted_at')} as "retractedAt", is_corrected as "isCorrected",
      is_contested as "isContested", slot from memories where workspace_id = '${workspace}'`)) as VersionRow[];
  const decisions = (await ask(`
    select id, kind, memory_id as "memoryId", version_id as "versionId", ${ms('effective_at')} as "effectiveAt",
      ${ms('recorded_at')} as "recordedAt", ${ms('reverted_at')} as "revertedAt"
    from decisions where workspace_id = '${workspace}' order by recorded_at, id`)) as Decision[];
  const disputes = (await ask(`
    select id, memory_lineage_id as "memoryLineageId", by_lineage_id as "byLineageId", memory_anchor_id as "memoryAnchorId",
      by_anchor_id as "byAnchorId", memory_id as "memoryId", by_id as "byId", is_of_slot as "isOfSlot", status, resolution,
      ${ms('opened_at')} as "openedAt", ${ms('resolved_at')} as "resolvedAt"
    from contradictions where workspace_id = '${workspace}' order by opened_at, id`)) as (Dispute & Row)[];
  const slots = (await ask(`select id, slot from lineages where workspace_id = '${workspace}'`)) as Row[];
  const lines = { slots: new Map(slots.map(({ id, slot }) => [id, slot])) } as unknown as TimeLines;
  const beliefs = believe(versions, decisions, disputes);
  const wrong: unknown[] = beliefs.collisions.map((collision) => ({ collision }));
  for (const row of versions) {
    const belief = beliefs.versions.get(row.id);
    if (!belief) continue;
    const expected = { ...belief, slot: slotOf(lines, row, belief) };
    for (const field of ['lineageId', 'validUntil', 'retractedAt', 'isCorrected', 'isContested', 'slot'] as const) {
      if (row[field] !== expected[field]) wrong.push({ id: row.id, field, is: row[field], should: expected[field] });
    }
  }
  for (const dispute of disputes) {
    const sides = beliefs.sides.get(dispute.id);
    if (sides?.memoryId !== dispute.memoryId || sides?.byId !== dispute.byId)
      wrong.push({ id: dispute.id, should: sides });
  }
  return wrong;
}

/** CAUSES relations that lie on a circle, or lead from one to another. */
async function circles(ask: Ask, workspace: string): Promise<unknown[]> {
  let edges = (await ask(`
    select id, from_lineage_id as "from", to_lineage_id as "to" from relations
    where workspace_id = '${workspace}' and type = 'CAUSES' and retracted_at is null`)) as Record<
    'id' | 'from' | 'to',
    string
  >[];
  for (let count = -1; count !== edges.length; ) {
    count = edges.length;
    const causes = new Set(edges.map(({ from }) => from));
    edges = edges.filter(({ to }) => causes.has(to));
  }
  return edges;
}

async function wrongNeighborhoods(ask: Ask, workspace: string): Promise<unknown[]> {
  const follows = (await ask(`
    select from_lineage_id as later, to_lineage_id as earlier, recorded_at as "recordedAt", id from relations
    where workspace_id = '${workspace}' and type = 'FOLLOWS' and retracted_at is null`)) as ConstructorParameters<
    typeof FollowsGraph
  >[0];
  const rows = (await ask(`
    select lineage_id as id, to_jsonb(near) as near, to_jsonb(hops) as hops from neighborhoods
    where workspace_id = '${workspace}'`)) as { id: string; near: string[]; hops: number[] }[];
  const graph = new FollowsGraph(follows.map((each) => ({ ...each, recordedAt: new Date(each.recordedAt) })));
  // Of equally near ones any may have been cut off. How far each is, is the same for every reader.
  const shape = (near: readonly { id: string; hops: number }[]) =>
    JSON.stringify(near.length > 32 ? near.length : near.map(({ id, hops }) => `${id} ${hops}`).sort());
  const kept = new Map(
    rows.map(({ id, near, hops }) => [id, near.map((each, at) => ({ id: each, hops: hops[at] as number }))]),
  );
  const ends = new Set([...follows.flatMap(({ later, earlier }) => [later, earlier]), ...kept.keys()]);
  return [...ends]
    .map((id) => ({ id, is: kept.get(id) ?? [], should: graph.within(id) }))
    .filter(({ is, should }) => (should.length > 32 ? is.length !== 32 : shape(is) !== shape(should)))
    .map(({ id, is, should }) => ({ id, is: is.length, should: should.length }));
}
