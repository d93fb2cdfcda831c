begin;

select count(*)::int as count from conversations c where c.workspace_id = $1;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (
    select json_build_array(
      c.active_at,
      c.id,
      c.id,
      c.external_id,
      c.title,
      c.message_count,
      c.last_message_at,
      (
        select json_build_array(companion.key)
        from companions companion
        where companion.workspace_id = $1 and companion.id = c.companion_id
      ),
      (
        select json_build_array(person.external_id)
        from users person
        where person.workspace_id = $1 and person.id = c.user_id
      )
    )::text as value
    offset 0
  ) made
) as "row"
from (select * from conversations c where c.workspace_id = $1 order by c.active_at desc, c.id desc limit $2) c
order by c.active_at desc, c.id desc;

commit;
