begin;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (
    select json_build_array(
      talk.id,
      talk.external_id,
      array(
        select json_build_array(g.position, g.id, g.position, g.format, g.content, m.content)
        from (select talk.id as given, 1 as nth) parent
        cross join lateral (
          select g.id
          from messages g
          where g.workspace_id = $1 and g.conversation_id = parent.given
          order by g.position desc, g.id desc
          limit $2
        ) page
        cross join lateral (select * from messages g where g.workspace_id = $1 and g.id = page.id limit 1) g
        left join lateral (
          select m.content from memories m where m.workspace_id = $1 and m.id = g.memory_id limit 1
        ) m on true
        order by parent.nth, g.position desc, g.id desc
      ),
      talk.message_count
    )::text as value
    offset 0
  ) made
) as "row"
from conversations talk
where talk.workspace_id = $1 and talk.id = $3::uuid;

commit;
