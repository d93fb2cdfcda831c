begin;

select e.id,
  e.position::float8 as position,
  e.kind,
  e.at as "happenedAt",
  e.actor,
  e.memory_id as "memoryId",
  e.relation_id as "relationId",
  e.contradiction_id as "contradictionId",
  e.reason,
  e.changes
from events e
where e.workspace_id = $1 and (e.position, e.id) > ($2::text::int8, $3::uuid)
order by e.position asc, e.id asc
limit $4;

commit;
