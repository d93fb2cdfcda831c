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
  and (
    e.companion_id = (select id from companions where workspace_id = $2 and key = $3)
    or e.other_companion_id = (select id from companions where workspace_id = $4 and key = $5)
  )
  and (
    e.user_id = (select id from users where workspace_id = $6 and external_id = $7)
    or e.other_user_id = (select id from users where workspace_id = $8 and external_id = $9)
  )
  and e.kind = any(array(select jsonb_array_elements_text($10::jsonb))::event_kind[])
order by e.position asc, e.id asc
limit $11;

select count(*)::int as count
from events e
where e.workspace_id = $1
  and (
    e.companion_id = (select id from companions where workspace_id = $2 and key = $3)
    or e.other_companion_id = (select id from companions where workspace_id = $4 and key = $5)
  )
  and (
    e.user_id = (select id from users where workspace_id = $6 and external_id = $7)
    or e.other_user_id = (select id from users where workspace_id = $8 and external_id = $9)
  )
  and e.kind = any(array(select jsonb_array_elements_text($10::jsonb))::event_kind[]);

select m."id" as "id",
  m."lineage_id" as "lineageId",
  m."companion_id" as "companionId",
  m."user_id" as "userId"
from "memories" m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

commit;
