begin;

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
from (
  (
    select workspace_id,
      id,
      memory_lineage_id,
      by_lineage_id,
      memory_anchor_id,
      by_anchor_id,
      memory_id,
      by_id,
      is_of_slot,
      strength,
      reason,
      status,
      resolution,
      note,
      relation_id,
      opened_at,
      resolved_at,
      known_from
    from contradictions
    where workspace_id = $1 and known_from <= $2::timestamptz
  )
  union all
  (
    select workspace_id,
      id,
      memory_lineage_id,
      by_lineage_id,
      memory_anchor_id,
      by_anchor_id,
      memory_id,
      by_id,
      is_of_slot,
      strength,
      reason,
      status,
      resolution,
      note,
      relation_id,
      opened_at,
      resolved_at,
      known_from
    from "contradictions_history"
    where workspace_id = $3 and known_from <= $4::timestamptz and "known_until" > $5::timestamptz
  )
) c
where c.workspace_id = $6
order by c.opened_at desc, c.id desc
limit $7;

select count(*)::int as count
from (
  (
    select workspace_id,
      id,
      memory_lineage_id,
      by_lineage_id,
      memory_anchor_id,
      by_anchor_id,
      memory_id,
      by_id,
      is_of_slot,
      strength,
      reason,
      status,
      resolution,
      note,
      relation_id,
      opened_at,
      resolved_at,
      known_from
    from contradictions
    where workspace_id = $1 and known_from <= $2::timestamptz
  )
  union all
  (
    select workspace_id,
      id,
      memory_lineage_id,
      by_lineage_id,
      memory_anchor_id,
      by_anchor_id,
      memory_id,
      by_id,
      is_of_slot,
      strength,
      reason,
      status,
      resolution,
      note,
      relation_id,
      opened_at,
      resolved_at,
      known_from
    from "contradictions_history"
    where workspace_id = $3 and known_from <= $4::timestamptz and "known_until" > $5::timestamptz
  )
) c
where c.workspace_id = $6;

commit;
