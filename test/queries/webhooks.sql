begin;

select w.id as "id",
  w.url as "url",
  w.companion_id as "companionId",
  w.is_active as "isActive",
  w.created_at as "createdAt",
  to_jsonb(w.kinds) as "kinds"
from webhooks w
where w.workspace_id = $1
order by w.created_at asc, w.id asc
limit $2;

select count(*)::int as count
from webhooks w
where w.workspace_id = $1 and ($2::timestamptz is null or w.created_at <= $3::timestamptz);

select "d0"."key" as "key", "d0"."workspace_id" as "workspaceId", "d0"."id" as "id"
from "companions" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2));

commit;
