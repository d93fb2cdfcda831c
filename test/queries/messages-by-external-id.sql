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
from unnest(array(select jsonb_array_elements_text($1::jsonb))) with ordinality parent (given, nth)
cross join lateral (
  select g.id, g.recorded_at
  from messages g
  where g.workspace_id = $2
    and g.external_id = parent.given
    and g.external_id is not null
    and (select c.companion_id from conversations c where c.workspace_id = $3 and c.id = g.conversation_id) = (
      select c.id from companions c where c.workspace_id = $4 and c.key = $5
    )
  order by g.recorded_at desc, g.id desc
  limit $6
) page
cross join lateral (select * from messages g where g.workspace_id = $7 and g.id = page.id limit 1) g
left join lateral (select m.content from memories m where m.workspace_id = $8 and m.id = g.memory_id limit 1) m on true
order by parent.nth, page.recorded_at desc, page.id desc;

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
