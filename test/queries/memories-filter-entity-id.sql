begin;

select $1::text as "parent",
  page.value as "value",
  m.id as "m.id",
  m.lineage_id as "m.lineageId",
  m.companion_id as "m.companionId",
  m.user_id as "m.userId",
  m.content as "m.content"
from (values (1)) parent (nth)
cross join lateral (
  select chosen.id, chosen.value, row_number() over (order by chosen.value desc, chosen.id desc) as place
  from (
    (
      select m.id, m.recorded_at as value
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
              where merged.workspace_id = $3 and merged.merged_into = coalesce(named.merged_into, named.id)
            ) family
            cross join lateral (
              select x.memory_id
              from mentions x
              where x.workspace_id = $4 and x.entity_id = family.id
              offset 0
            ) x
          ) x
          where named.workspace_id = $5 and named.id = $6::uuid
        )
      order by value desc, m.id desc
      limit $7
    )
  ) chosen
  order by chosen.value desc, chosen.id desc
  limit $8
) page
cross join lateral (select * from memories m where m.workspace_id = $9 and m.id = page.id limit 1) m
order by parent.nth, page.place;

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
            where merged.workspace_id = $3 and merged.merged_into = coalesce(named.merged_into, named.id)
          ) family
          cross join lateral (
            select x.memory_id from mentions x where x.workspace_id = $4 and x.entity_id = family.id offset 0
          ) x
        ) x
        where named.workspace_id = $5 and named.id = $6::uuid
      )
  ) part
) counted;

commit;
