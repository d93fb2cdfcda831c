begin;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (
    select json_build_array(
      talk.id,
      array(
        select json_build_array(g.position, g.id, g.position)
        from (select talk.id as given, 1 as nth) parent
        cross join lateral (
          select g.id
          from messages g
          where g.workspace_id = $1
            and g.conversation_id = parent.given
            and g.recorded_at <= $2::timestamptz
            and (g.position, g.id) < ($3::text::int4, $4::uuid)
          order by g.position desc, g.id desc
          limit $5
        ) page
        cross join lateral (select * from messages g where g.workspace_id = $1 and g.id = page.id limit 1) g
        order by parent.nth, g.position desc, g.id desc
      )
    )::text as value
    offset 0
  ) made
) as "row"
from conversations talk
where talk.workspace_id = $1 and talk.id = $6::uuid;

commit;
