begin;

select e.id as "id",
  e.companion_id as "companionId",
  e.type as "type",
  e.name as "name",
  e.aliases as "aliases"
from entities e
where e.workspace_id = $1 and e.id = any($2::uuid[]) and e.merged_into is null;

select parent.given as "parent",
  page.value as "value",
  m.id as "m.id",
  m.lineage_id as "m.lineageId",
  m.companion_id as "m.companionId",
  m.user_id as "m.userId",
  m.content as "m.content"
from unnest($1::uuid[]) with ordinality parent (given, nth)
cross join lateral (
  select chosen.id, chosen.value, row_number() over (order by chosen.value desc, chosen.id desc) as place
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
            where merged.workspace_id = $2 and merged.merged_into = coalesce(named.merged_into, named.id)
          ) family
          cross join lateral (
            select x.memory_id from mentions x where x.workspace_id = $3 and x.entity_id = family.id offset 0
          ) x
        ) x
        where named.workspace_id = $4 and named.id = parent.given
      ) x
      cross join lateral (select * from memories m where m.workspace_id = $5 and m.id = x.memory_id limit 1) m
      where m.workspace_id = $6
        and m.user_id = (select u.id from users u where u.workspace_id = $7 and u.external_id = $8)
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
      limit $9
    )
  ) chosen
  order by chosen.value desc, chosen.id desc
  limit $10
) page
cross join lateral (select * from memories m where m.workspace_id = $11 and m.id = page.id limit 1) m
order by parent.nth, page.place;

select parent.given as "parent", counted.count
from unnest($1::uuid[]) with ordinality parent (given, nth)
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
          where merged.workspace_id = $2 and merged.merged_into = coalesce(named.merged_into, named.id)
        ) family
        cross join lateral (
          select x.memory_id from mentions x where x.workspace_id = $3 and x.entity_id = family.id offset 0
        ) x
      ) x
      where named.workspace_id = $4 and named.id = parent.given
    ) x
    cross join lateral (select * from memories m where m.workspace_id = $5 and m.id = x.memory_id limit 1) m
    where m.workspace_id = $6
      and m.user_id = (select u.id from users u where u.workspace_id = $7 and u.external_id = $8)
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
) counted;

commit;
