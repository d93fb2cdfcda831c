begin;

select count(*)::int as count from entities e where e.workspace_id = $1 and e.merged_into is null;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (
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
    )::text as value
    offset 0
  ) made
) as "row"
from (
  select *
  from (
    select e.id,
      (
        select count(distinct x.memory_id)::int
        from (
          select x.memory_id
          from (
            select e.id as "id"
            union all
            select merged.id
            from entities merged
            where merged.workspace_id = $1 and merged.merged_into = e.id
          ) family
          cross join lateral (
            select x.memory_id from mentions x where x.workspace_id = $1 and x.entity_id = family.id offset 0
          ) x
        ) x
      ) as mentioned
    from entities e
    where e.workspace_id = $1 and e.merged_into is null
  ) e
  where true
  order by mentioned desc, e.id desc
  limit $2
) page
cross join lateral (select * from entities e where e.workspace_id = $1 and e.id = page.id limit 1) e
order by page.mentioned desc, page.id desc;

commit;
