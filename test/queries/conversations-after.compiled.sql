begin;

select count(*)::int as count
from conversations c
where c.workspace_id = $1 and c.created_at <= $2::timestamptz;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (select json_build_array(c.active_at, c.id, c.external_id)::text as value offset 0) made
) as "row"
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

commit;
