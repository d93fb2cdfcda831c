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
where e.workspace_id = $1
order by e.position asc, e.id asc
limit $2;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

select count(*)::int as count from events e where e.workspace_id = $1;

commit;
