begin;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (
    select json_build_array(
      e.id,
      array(
        select json_build_array(m.id, m.content)
        from (select e.id as given, 1 as nth) parent
        cross join lateral (
          select chosen.id,
            chosen.value,
            row_number() over (order by chosen.value desc, chosen.id desc) as place
          from (
            (
              select m.id, m.recorded_at as value
              from (
                select distinct x.memory_id
                from entities named
                cross join lateral (
                  select x.memory_id
                  from (
                    select coalesce(named.merged_into, named.id) as "id"
                    union all
                    select merged.id
                    from entities merged
                    where merged.workspace_id = $1
                      and merged.merged_into = coalesce(named.merged_into, named.id)
                  ) family
                  cross join lateral (
                    select x.memory_id
                    from mentions x
                    where x.workspace_id = $1 and x.entity_id = family.id
                    offset 0
                  ) x
                ) x
                where named.workspace_id = $1 and named.id = parent.given
              ) x
              cross join lateral (
                select * from memories m where m.workspace_id = $1 and m.id = x.memory_id limit 1
              ) m
              where m.workspace_id = $1
                and m.user_id = (select u.id from users u where u.workspace_id = $1 and u.external_id = $2)
                and (
                  (
                    m.retracted_at is null
                    and m.valid_from <= now()
                    and (m.valid_until is null or m.valid_until > now())
                  )
                  and m.archived_at is null
                  and (m.expires_at is null or m.expires_at > now())
                )
              order by value desc, m.id desc
              limit $3
            )
          ) chosen
          order by chosen.value desc, chosen.id desc
          limit $4
        ) page
        cross join lateral (select * from memories m where m.workspace_id = $1 and m.id = page.id limit 1) m
        order by parent.nth, page.place
      ),
      (
        select whole.count
        from (
          select parent.given as "parent", counted.count
          from (select e.id as given, 1 as nth) parent
          cross join lateral (
            select sum(part.count)::int as count
            from (
              select count(*)
              from (
                select distinct x.memory_id
                from entities named
                cross join lateral (
                  select x.memory_id
                  from (
                    select coalesce(named.merged_into, named.id) as "id"
                    union all
                    select merged.id
                    from entities merged
                    where merged.workspace_id = $1
                      and merged.merged_into = coalesce(named.merged_into, named.id)
                  ) family
                  cross join lateral (
                    select x.memory_id
                    from mentions x
                    where x.workspace_id = $1 and x.entity_id = family.id
                    offset 0
                  ) x
                ) x
                where named.workspace_id = $1 and named.id = parent.given
              ) x
              cross join lateral (
                select * from memories m where m.workspace_id = $1 and m.id = x.memory_id limit 1
              ) m
              where m.workspace_id = $1
                and m.user_id = (select u.id from users u where u.workspace_id = $1 and u.external_id = $5)
                and (
                  (
                    m.retracted_at is null
                    and m.valid_from <= now()
                    and (m.valid_until is null or m.valid_until > now())
                  )
                  and m.archived_at is null
                  and (m.expires_at is null or m.expires_at > now())
                )
            ) part
          ) counted
        ) whole
      )
    )::text as value
    offset 0
  ) made
) as "row"
from entities e
where e.workspace_id = $1 and e.id = $6::uuid and e.merged_into is null;

commit;
