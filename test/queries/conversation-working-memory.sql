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

select w.id as "id",
  w.scope as "scope",
  w.companion_id as "companionId",
  w.user_id as "userId",
  w.conversation_id as "conversationId",
  w.content as "content",
  w.data as "data",
  w.template as "template",
  w.schema as "schema",
  w.version as "version",
  w.updated_at as "updatedAt",
  w.updated_by as "updatedBy"
from working_memories w
where w.workspace_id = $1
  and w.id = any(
    array(
      select k.id from working_memories k where k.workspace_id = $2 and k.conversation_id = any($3::uuid[])
    )
  );

commit;
