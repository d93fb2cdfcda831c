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
where s.workspace_id = $1 and s.external_id = $2
order by s.started_at desc, s.id desc
limit 1;

commit;
