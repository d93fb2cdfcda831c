begin;

select $1::text as "parent", counted.count
from (values (1)) parent (nth)
cross join lateral (
  select sum(part.count)::int as count
  from (
    select count(*)
    from memories m
    where m.workspace_id = $2
      and (
        (
          m.retracted_at is null
          and m.valid_from <= now()
          and (m.valid_until is null or m.valid_until > now())
        )
        and m.archived_at is null
        and (m.expires_at is null or m.expires_at > now())
      )
      and m.id in (
        select distinct x.memory_id
        from entities named
        cross join lateral (
          select x.memory_id
          from (
            select coalesce(named.merged_into, named.id) as "id"
            union all
            select merged.id
            from entities merged
            where merged.workspace_id = $2 and merged.merged_into = coalesce(named.merged_into, named.id)
          ) family
          cross join lateral (
            select x.memory_id from mentions x where x.workspace_id = $2 and x.entity_id = family.id offset 0
          ) x
        ) x
        where named.workspace_id = $2 and named.id = $3::uuid
      )
  ) part
) counted;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (select json_build_array(m.id, m.content)::text as value offset 0) made
) as "row"
from (values (1)) parent (nth)
cross join lateral (
  select chosen.id, chosen.value, row_number() over (order by chosen.value desc, chosen.id desc) as place
  from (
    (
      select m.id, m.recorded_at as value
      from memories m
      where m.workspace_id = $1
        and (
          (
            m.retracted_at is null
            and m.valid_from <= now()
            and (m.valid_until is null or m.valid_until > now())
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > now())
        )
        and m.id in (
          select distinct x.memory_id
          from entities named
          cross join lateral (
            select x.memory_id
            from (
              select coalesce(named.merged_into, named.id) as "id"
              union all
              select merged.id
              from entities merged
              where merged.workspace_id = $1 and merged.merged_into = coalesce(named.merged_into, named.id)
            ) family
            cross join lateral (
              select x.memory_id
              from mentions x
              where x.workspace_id = $1 and x.entity_id = family.id
              offset 0
            ) x
          ) x
          where named.workspace_id = $1 and named.id = $2::uuid
        )
      order by value desc, m.id desc
      limit $3
    )
  ) chosen
  order by chosen.value desc, chosen.id desc
  limit $4
) page
cross join lateral (select * from memories m where m.workspace_id = $1 and m.id = page.id limit 1) m
order by parent.nth, page.place;

commit;
