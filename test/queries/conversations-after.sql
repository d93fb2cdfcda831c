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
    and c.created_at <= $2::timestamptz
    and (c.active_at, c.id) < ($3::text::timestamptz, $4::uuid)
  order by c.active_at desc, c.id desc
  limit $5
) c
order by c.active_at desc, c.id desc;

select count(*)::int as count
from conversations c
where c.workspace_id = $1 and c.created_at <= $2::timestamptz;

commit;
