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
  null as "content",
  null as "words"
from messages g
where g.workspace_id = $1 and g.id = any($2::uuid[]);

commit;
