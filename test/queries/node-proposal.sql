begin;

select p.id as "id",
  p.kind as "kind",
  p.status as "status",
  p.memory_id as "memoryId",
  p.other_id as "otherId",
  p.draft as "draft",
  p.confidence as "confidence",
  p.proposed_by as "proposedBy",
  p.proposed_at as "proposedAt",
  p.decided_at as "decidedAt"
from proposals p
where p.workspace_id = $1 and p.id = any($2::uuid[]);

select s.proposal_id as "proposalId",
  s.message_id as "messageId",
  s.memory_id as "memoryId",
  s.quote as "quote"
from proposal_sources s
where s.workspace_id = $1 and s.proposal_id = any($2::uuid[]) and s.role = 0
order by s.proposal_id, s.place;

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
