begin;

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
where e.workspace_id = $1 and (e.position, e.id) > ($2::text::int8, $3::uuid)
order by e.position asc, e.id asc
limit $4;

commit;
