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
where e.workspace_id = $1
order by e.position asc, e.id asc
limit $2;

select count(*)::int as count from events e where e.workspace_id = $1;

select m."id" as "id",
  m."lineage_id" as "lineageId",
  m."companion_id" as "companionId",
  m."user_id" as "userId"
from "memories" m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

commit;
