begin;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (
    select json_build_array(
      g.id,
      g.id,
      g.external_id,
      g.role,
      g.format,
      g.content,
      m.content,
      g.metadata,
      (
        select json_build_array(
          became.id,
          became.content,
          (
            select case
              when became.importance <= (
                case when p.half_life_days is null then 'Infinity'::float8 else p.floor + 1e-100::float8 end
              ) then became.importance
              else p.floor + (became.importance - p.floor) * power(
                2::float8,
                -least(
                  200::float8,
                  greatest(0, date_part('epoch', date_trunc('milliseconds', now()) - became.importance_as_of)) / 86400 / (
                    p.half_life_days * (1 + p.access_stretch * ln(1 + became.access_count::float8))
                  )
                )
              )
              end
            from decay_policies p
            where p.workspace_id = $1 and p.type = became.type
          )
        )
        from memories became
        where became.workspace_id = $1 and became.id = g.memory_id
      ),
      (
        select json_build_array(spoken.id, spoken.external_id)
        from conversations spoken
        where spoken.workspace_id = $1 and spoken.id = g.conversation_id
      )
    )::text as value
    offset 0
  ) made
) as "row"
from messages g
left join lateral (select m.content from memories m where m.workspace_id = $1 and m.id = g.memory_id limit 1) m on true
where g.workspace_id = $1 and g.id = $2::uuid;

commit;
