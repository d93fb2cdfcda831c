begin;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (
    select json_build_array(
      m.id,
      array(
        with mention as materialized (
          select counted.entity_id, counted.mentioned, mentioning.memory as memory_id
          from (
            select mention.entity_id,
              array_agg(mention.memory_id) as mentioning,
              (
                select count(distinct x.memory_id)::int
                from (
                  select x.memory_id
                  from (
                    select mention.entity_id as "id"
                    union all
                    select merged.id
                    from entities merged
                    where merged.workspace_id = $1 and merged.merged_into = mention.entity_id
                  ) family
                  cross join lateral (
                    select x.memory_id
                    from mentions x
                    where x.workspace_id = $1 and x.entity_id = family.id
                    offset 0
                  ) x
                ) x
              ) as mentioned
            from (
              select distinct coalesce(e.merged_into, e.id) as entity_id, x.memory_id
              from mentions x
              cross join lateral (
                select * from entities e where e.workspace_id = $1 and e.id = x.entity_id limit 1
              ) e
              where x.workspace_id = $1 and x.memory_id = m.id
            ) mention
            group by mention.entity_id
          ) counted
          cross join unnest(counted.mentioning) mentioning (memory)
        )
        select json_build_array(
          page.mentioned,
          e.id,
          e.id,
          e.type,
          e.name,
          e.aliases,
          (
            select json_build_array(companion.key)
            from companions companion
            where companion.workspace_id = $1 and companion.id = e.companion_id
          )
        )
        from (select m.id as given, 1 as nth) parent
        cross join lateral (
          select mention.entity_id,
            mention.mentioned,
            row_number() over (order by mention.mentioned desc, mention.entity_id desc) as place
          from mention
          where mention.memory_id = parent.given
          order by mention.mentioned desc, mention.entity_id desc
          limit $2
        ) page
        cross join lateral (
          select * from entities e where e.workspace_id = $1 and e.id = page.entity_id limit 1
        ) e
        order by parent.nth, page.place
      ),
      (
        select count(*)::int
        from (
          select distinct coalesce(e.merged_into, e.id) as entity_id, x.memory_id
          from mentions x
          cross join lateral (
            select * from entities e where e.workspace_id = $1 and e.id = x.entity_id limit 1
          ) e
          where x.workspace_id = $1 and x.memory_id = m.id
        ) mention
      )
    )::text as value
    offset 0
  ) made
) as "row"
from memories m
where m.workspace_id = $1 and m.id = $3::uuid;

commit;
