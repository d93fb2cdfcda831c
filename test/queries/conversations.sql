begin;

select c.id as "id",
  c.companion_id as "companionId",
  c.user_id as "userId",
  c.external_id as "externalId",
  c.title as "title",
  c.metadata as "metadata",
  c.created_at as "createdAt",
  c.updated_at as "updatedAt",
  c.last_message_at as "lastMessageAt",
  c.active_at as "activeAt",
  c.message_count as "messageCount",
  c.next_position as "nextPosition"
from (select * from conversations c where c.workspace_id = $1 order by c.active_at desc, c.id desc limit $2) c
order by c.active_at desc, c.id desc;

select count(*)::int as count from conversations c where c.workspace_id = $1;

select "d0"."key" as "key", "d0"."workspace_id" as "workspaceId", "d0"."id" as "id"
from "companions" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2), ($3, $4));

select "d0"."external_id" as "externalId", "d0"."workspace_id" as "workspaceId", "d0"."id" as "id"
from "users" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2));

commit;
