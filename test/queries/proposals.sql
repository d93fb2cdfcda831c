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
from (
  (
    select *
    from proposals p
    where p.workspace_id = $1 and p.status = 0
    order by p.proposed_at desc, p.id desc
    limit $2
  )
) p
order by p.proposed_at desc, p.id desc
limit $3;

select s.proposal_id as "proposalId",
  s.message_id as "messageId",
  s.memory_id as "memoryId",
  s.quote as "quote"
from proposal_sources s
where s.workspace_id = $1 and s.proposal_id = any($2::uuid[]) and s.role = 0
order by s.proposal_id, s.place;

select m.id as "id",
  m.lineage_id as "lineageId",
  m.companion_id as "companionId",
  m.user_id as "userId",
  m.content as "content"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

select ((select count(*) from proposals p where p.workspace_id = $1 and p.status = 0))::int as count;

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

commit;
