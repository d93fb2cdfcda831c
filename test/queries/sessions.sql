begin;

select s.id as "id",
  s.external_id as "externalId",
  s.companion_id as "companionId",
  s.user_id as "userId",
  s.conversation_id as "conversationId",
  s.client_name as "clientName",
  s.client_version as "clientVersion",
  s.client_protocol as "clientProtocol",
  s.started_at as "startedAt",
  s.last_activity_at as "lastActivityAt",
  s.expires_after as "expiresAfter",
  s.expires_at as "expiresAt",
  s.ended_at as "endedAt",
  s.metadata as "metadata"
from sessions s
where s.workspace_id = $1
  and s.companion_id = (select c.id from companions c where c.workspace_id = $2 and c.key = $3)
  and s.user_id = (select u.id from users u where u.workspace_id = $4 and u.external_id = $5)
  and s.expires_at > now()
order by s.started_at desc, s.id desc
limit $6;

select count(*)::int as count
from sessions s
where s.workspace_id = $1
  and s.companion_id = (select c.id from companions c where c.workspace_id = $2 and c.key = $3)
  and s.user_id = (select u.id from users u where u.workspace_id = $4 and u.external_id = $5)
  and s.expires_at > now();

select "d0"."external_id" as "externalId", "d0"."workspace_id" as "workspaceId", "d0"."id" as "id"
from "users" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2));

commit;
