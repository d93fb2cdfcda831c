begin;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from (
  (
    select workspace_id,
      id,
      lineage_id,
      companion_id,
      user_id,
      type,
      content,
      content_fold,
      summary,
      slot,
      context,
      confidence,
      importance,
      importance_as_of,
      access_count,
      last_accessed_at,
      valid_from,
      stated_until,
      valid_until,
      recorded_at,
      retracted_at,
      expires_at,
      archived_at,
      updated_at,
      known_from,
      search,
      is_corrected,
      is_contested,
      analysis
    from memories
    where workspace_id = $1 and known_from <= $2::timestamptz
  )
  union all
  (
    select workspace_id,
      id,
      lineage_id,
      companion_id,
      user_id,
      type,
      content,
      content_fold,
      summary,
      slot,
      context,
      confidence,
      importance,
      importance_as_of,
      access_count,
      last_accessed_at,
      valid_from,
      stated_until,
      valid_until,
      recorded_at,
      retracted_at,
      expires_at,
      archived_at,
      updated_at,
      known_from,
      search,
      is_corrected,
      is_contested,
      analysis
    from "memories_history"
    where workspace_id = $3 and known_from <= $4::timestamptz and "known_until" > $5::timestamptz
  )
) m
where m.workspace_id = $6 and m.id = any($7::uuid[]);

select e.id as "id",
  e.companion_id as "companionId",
  e.type as "type",
  e.name as "name",
  e.aliases as "aliases"
from entities e
where e.workspace_id = $1 and e.id = any($2::uuid[]) and e.merged_into is null;

select r.id as "id",
  r.from_lineage_id as "fromLineageId",
  r.to_lineage_id as "toLineageId",
  r.from_memory_id as "fromMemoryId",
  r.to_memory_id as "toMemoryId",
  r.type as "type",
  r.strength as "strength",
  r.metadata as "metadata",
  r.recorded_at as "recordedAt",
  r.retracted_at as "retractedAt"
from relations r
where r.workspace_id = $1 and r.id = any($2::uuid[]);

select c.id as "id",
  c.status as "status",
  c.memory_id as "memoryId",
  c.by_id as "byId",
  c.relation_id as "relationId",
  c.strength as "strength",
  c.reason as "reason",
  c.opened_at as "openedAt",
  c.resolved_at as "resolvedAt",
  c.resolution as "resolution",
  c.note as "note"
from contradictions c
where c.workspace_id = $1 and c.id = any($2::uuid[]);

select e.id as "id",
  e.kind as "kind",
  e.actor as "actor",
  e.memory_id as "memoryId",
  e.relation_id as "relationId",
  e.contradiction_id as "contradictionId",
  e.finding_id as "findingId",
  e.session_id as "sessionId",
  e.reason as "reason",
  e.changes as "changes",
  e.position::float8 as "position",
  e.at as "happenedAt"
from events e
where e.workspace_id = $1 and e.id = any($2::uuid[]);

select "id"
from "companions"
where (("companions"."workspace_id" = $1) and ("companions"."id" = any($2::uuid[])));

select "id" from "users" where (("users"."workspace_id" = $1) and ("users"."id" = any($2::uuid[])));

commit;
