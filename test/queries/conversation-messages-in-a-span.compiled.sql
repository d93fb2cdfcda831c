begin;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (
    select json_build_array(
      talk.id,
      array(
        select json_build_array(g.position)
        from (select talk.id as given, 1 as nth) parent
        cross join lateral (
          select g.id
          from messages g
          where g.workspace_id = $1
            and g.conversation_id = parent.given
            and g.created_at >= $2::timestamptz
            and g.created_at < $3::timestamptz
            and g.metadata @> $4::jsonb
          order by g.created_at asc, g.id asc
          limit $5
        ) page
        cross join lateral (select * from messages g where g.workspace_id = $1 and g.id = page.id limit 1) g
        order by parent.nth, g.created_at asc, g.id asc
      ),
      (
        select count(*)::int
        from messages g
        where g.workspace_id = $1
          and g.conversation_id = talk.id
          and g.created_at >= $6::timestamptz
          and g.created_at < $7::timestamptz
          and g.metadata @> $8::jsonb
      )
    )::text as value
    offset 0
  ) made
) as "row"
from conversations talk
where talk.workspace_id = $1 and talk.id = $9::uuid;

commit;
