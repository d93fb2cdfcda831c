begin;

select c.id,
  c.status,
  c.memory_id as "memoryId",
  c.by_id as "byId",
  c.relation_id as "relationId",
  c.strength,
  c.reason,
  c.opened_at as "openedAt",
  c.resolved_at as "resolvedAt",
  c.resolution,
  c.note
from "contradictions" c
where c.workspace_id = $1
  and c.status = any(array(select jsonb_array_elements_text($2::jsonb))::contradiction_status[])
  and exists (
    select
    from memories m
    where m.workspace_id = $3
      and m.id in (c.memory_id, c.by_id)
      and m.companion_id = (select id from companions where workspace_id = $4 and key = $5)
      and m.user_id = (select id from users where workspace_id = $6 and external_id = $7)
  )
order by c.opened_at desc, c.id desc
limit $8;

select count(*)::int as count
from "contradictions" c
where c.workspace_id = $1
  and c.status = any(array(select jsonb_array_elements_text($2::jsonb))::contradiction_status[])
  and exists (
    select
    from memories m
    where m.workspace_id = $3
      and m.id in (c.memory_id, c.by_id)
      and m.companion_id = (select id from companions where workspace_id = $4 and key = $5)
      and m.user_id = (select id from users where workspace_id = $6 and external_id = $7)
  );

commit;
