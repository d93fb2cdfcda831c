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
from contradictions c
where c.workspace_id = $1
  and c.status = any(
    array(select value::contradiction_status from jsonb_array_elements_text($2::jsonb) given (value))
  )
  and exists (
    select
    from memories m
    where m.workspace_id = $3
      and m.id in (c.memory_id, c.by_id)
      and m.companion_id = (select c.id from companions c where c.workspace_id = $4 and c.key = $5)
      and m.user_id = (select u.id from users u where u.workspace_id = $6 and u.external_id = $7)
  )
order by c.opened_at desc, c.id desc
limit $8;

select count(*)::int as count
from contradictions c
where c.workspace_id = $1
  and c.status = any(
    array(select value::contradiction_status from jsonb_array_elements_text($2::jsonb) given (value))
  )
  and exists (
    select
    from memories m
    where m.workspace_id = $3
      and m.id in (c.memory_id, c.by_id)
      and m.companion_id = (select c.id from companions c where c.workspace_id = $4 and c.key = $5)
      and m.user_id = (select u.id from users u where u.workspace_id = $6 and u.external_id = $7)
  );

commit;
