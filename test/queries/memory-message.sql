begin;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

select g.id as "id", g.conversation_id as "conversationId", g.lineage_id as "lineageId"
from unnest($1::uuid[]) parent (given)
cross join lateral (
  select *
  from messages g
  where g.workspace_id = $2 and g.lineage_id = parent.given
  order by g.recorded_at, g.id
  limit 1
) g;

commit;
