begin;

select g.id as "id",
  g.conversation_id as "conversationId",
  g.external_id as "externalId",
  g.role as "role",
  g.name as "name",
  g.format as "format",
  g.position as "position",
  g.tokens as "tokens",
  g.metadata as "metadata",
  g.created_at as "createdAt",
  g.updated_at as "updatedAt",
  g.memory_id as "memoryId",
  g.session_id as "sessionId",
  g.is_forgotten as "isForgotten",
  g.content as "content",
  m.content as "words"
from messages g
left join lateral (select m.content from memories m where m.workspace_id = $1 and m.id = g.memory_id limit 1) m on true
where g.workspace_id = $2 and g.id = any($3::uuid[]);

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

commit;
