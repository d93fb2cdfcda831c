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
from (
  select *
  from conversations c
  where c.workspace_id = $1
    and c.companion_id = (select c.id from companions c where c.workspace_id = $2 and c.key = $3)
    and c.user_id = (select u.id from users u where u.workspace_id = $4 and u.external_id = $5)
    and strpos(lower(c.title), $6) > 0
    and c.metadata @> $7::jsonb
    and c.last_message_at >= $8::timestamptz
    and c.last_message_at < $9::timestamptz
  order by c.active_at desc, c.id desc
  limit $10
) c
order by c.active_at desc, c.id desc;

select count(*)::int as count
from conversations c
where c.workspace_id = $1
  and c.companion_id = (select c.id from companions c where c.workspace_id = $2 and c.key = $3)
  and c.user_id = (select u.id from users u where u.workspace_id = $4 and u.external_id = $5)
  and strpos(lower(c.title), $6) > 0
  and c.metadata @> $7::jsonb
  and c.last_message_at >= $8::timestamptz
  and c.last_message_at < $9::timestamptz;

commit;
