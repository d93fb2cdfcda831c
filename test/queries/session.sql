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
where s.workspace_id = $1 and s.id = $2::uuid;

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
from conversations c
where c.workspace_id = $1 and c.id = any($2::uuid[]);

select "d0"."key" as "key", "d0"."workspace_id" as "workspaceId", "d0"."id" as "id"
from "companions" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2));

select "d0"."external_id" as "externalId", "d0"."workspace_id" as "workspaceId", "d0"."id" as "id"
from "users" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2));

commit;
