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
from conversations c
where c.workspace_id = $1 and c.id = $2::uuid;

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
from unnest($1::uuid[]) with ordinality parent (given, nth)
cross join lateral (
  select g.id
  from messages g
  where g.workspace_id = $2
    and g.conversation_id = parent.given
    and g.recorded_at <= $3::timestamptz
    and (g.position, g.id) < ($4::text::int4, $5::uuid)
  order by g.position desc, g.id desc
  limit $6
) page
cross join lateral (select * from messages g where g.workspace_id = $7 and g.id = page.id limit 1) g
order by parent.nth, g.position desc, g.id desc;

commit;
