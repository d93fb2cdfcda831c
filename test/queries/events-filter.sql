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
  and (
    e.companion_id = (select c.id from companions c where c.workspace_id = $2 and c.key = $3)
    or e.other_companion_id = (select c.id from companions c where c.workspace_id = $4 and c.key = $5)
  )
  and (
    e.user_id = (select u.id from users u where u.workspace_id = $6 and u.external_id = $7)
    or e.other_user_id = (select u.id from users u where u.workspace_id = $8 and u.external_id = $9)
  )
  and e.kind = any(array(select value::event_kind from jsonb_array_elements_text($10::jsonb) given (value)))
order by e.position asc, e.id asc
limit $11;

select count(*)::int as count
from events e
where e.workspace_id = $1
  and (
    e.companion_id = (select c.id from companions c where c.workspace_id = $2 and c.key = $3)
    or e.other_companion_id = (select c.id from companions c where c.workspace_id = $4 and c.key = $5)
  )
  and (
    e.user_id = (select u.id from users u where u.workspace_id = $6 and u.external_id = $7)
    or e.other_user_id = (select u.id from users u where u.workspace_id = $8 and u.external_id = $9)
  )
  and e.kind = any(array(select value::event_kind from jsonb_array_elements_text($10::jsonb) given (value)));

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

commit;
