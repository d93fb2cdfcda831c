begin;

select count(*)::int as count
from conversations c
where c.workspace_id = $1
  and c.companion_id = (select c.id from companions c where c.workspace_id = $1 and c.key = $2)
  and c.user_id = (select u.id from users u where u.workspace_id = $1 and u.external_id = $3)
  and strpos(lower(c.title), $4) > 0
  and c.metadata @> $5::jsonb
  and c.last_message_at >= $6::timestamptz
  and c.last_message_at < $7::timestamptz;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (select json_build_array(c.external_id)::text as value offset 0) made
) as "row"
from (
  select *
  from conversations c
  where c.workspace_id = $1
    and c.companion_id = (select c.id from companions c where c.workspace_id = $1 and c.key = $2)
    and c.user_id = (select u.id from users u where u.workspace_id = $1 and u.external_id = $3)
    and strpos(lower(c.title), $4) > 0
    and c.metadata @> $5::jsonb
    and c.last_message_at >= $6::timestamptz
    and c.last_message_at < $7::timestamptz
  order by c.active_at desc, c.id desc
  limit $8
) c
order by c.active_at desc, c.id desc;

commit;
