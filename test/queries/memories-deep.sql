begin;

select $1::text as "parent",
  page.value as "value",
  m.id as "m.id",
  m.lineage_id as "m.lineageId",
  m.companion_id as "m.companionId",
  m.user_id as "m.userId"
from (values (1)) parent (nth)
cross join lateral (
  select chosen.id, chosen.value, row_number() over (order by chosen.value desc, chosen.id desc) as place
  from (
    (
      select m.id, m.recorded_at as value
      from memories m
      where m.workspace_id = $2
        and m.companion_id = (select c.id from companions c where c.workspace_id = $3 and c.key = $4)
        and m.user_id = (select u.id from users u where u.workspace_id = $5 and u.external_id = $6)
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
      limit $7
    )
  ) chosen
  order by chosen.value desc, chosen.id desc
  limit $8
) page
cross join lateral (select * from memories m where m.workspace_id = $9 and m.id = page.id limit 1) m
order by parent.nth, page.place;

select parent.version as parent,
  page.direction,
  r.id as "id",
  r.from_lineage_id as "fromLineageId",
  r.to_lineage_id as "toLineageId",
  r.from_memory_id as "fromMemoryId",
  r.to_memory_id as "toMemoryId",
  r.type as "type",
  r.strength as "strength",
  m.id as "m.id",
  m.lineage_id as "m.lineageId",
  m.companion_id as "m.companionId",
  m.user_id as "m.userId"
from (
  select version.id as version,
    version.lineage_id as lineage,
    given.position as place,
    holding.id is not null as holds
  from (
    select id::uuid as id, position
    from jsonb_array_elements_text($1::jsonb) with ordinality given (id, position)
    offset 0
  ) given
  cross join lateral (
    select * from memories version where version.workspace_id = $2 and version.id = given.id limit 1
  ) version
  left join lateral (
    select holding.id
    from memories holding
    where holding.workspace_id = $3
      and holding.lineage_id = version.lineage_id
      and (
        holding.retracted_at is null
        and holding.valid_from <= now()
        and (holding.valid_until is null or holding.valid_until > now())
      )
    limit 1
  ) holding on true
) parent
cross join lateral (
  select r.*, row_number() over (order by r.strength desc, r.id desc) as place
  from (
    (
      select r.id, r.strength, 'OUT' as direction, far.id as neighbor
      from relations r
      cross join lateral (
        select *
        from memories far
        where far.workspace_id = $4
          and far.lineage_id = r.to_lineage_id
          and case
            when r.type = 'CORRECTS' then far.id = r.to_memory_id
            else (
              far.retracted_at is null
              and far.valid_from <= now()
              and (far.valid_until is null or far.valid_until > now())
            )
            end
        limit 1
      ) far
      where r.workspace_id = $5
        and r.from_lineage_id = parent.lineage
        and r.retracted_at is null
        and case when r.type = 'CORRECTS' then r.from_memory_id = parent.version else parent.holds end
      order by r.strength desc, r.id desc
      limit 3
    )
    union all
    (
      select r.id, r.strength, 'IN' as direction, far.id as neighbor
      from relations r
      cross join lateral (
        select *
        from memories far
        where far.workspace_id = $6
          and far.lineage_id = r.from_lineage_id
          and case
            when r.type = 'CORRECTS' then far.id = r.from_memory_id
            else (
              far.retracted_at is null
              and far.valid_from <= now()
              and (far.valid_until is null or far.valid_until > now())
            )
            end
        limit 1
      ) far
      where r.workspace_id = $7
        and r.to_lineage_id = parent.lineage
        and r.retracted_at is null
        and case when r.type = 'CORRECTS' then r.to_memory_id = parent.version else parent.holds end
      order by r.strength desc, r.id desc
      limit 3
    )
  ) r
  order by r.strength desc, r.id desc
  limit 3
) page
cross join lateral (select * from relations r where r.workspace_id = $8 and r.id = page.id limit 1) r
cross join lateral (select * from memories m where m.workspace_id = $9 and m.id = page.neighbor limit 1) m
order by parent.place, page.place;

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
            select x.memory_id from mentions x where x.workspace_id = $2 and x.entity_id = family.id offset 0
          ) x
        ) x
      ) as mentioned
    from (
      select distinct coalesce(e.merged_into, e.id) as entity_id, x.memory_id
      from mentions x
      cross join lateral (select * from entities e where e.workspace_id = $3 and e.id = x.entity_id limit 1) e
      where x.workspace_id = $4 and x.memory_id = any($5::uuid[])
    ) mention
    group by mention.entity_id
  ) counted
  cross join unnest(counted.mentioning) mentioning (memory)
)
select parent.given as "parent",
  e.id as "id",
  e.companion_id as "companionId",
  e.type as "type",
  e.name as "name",
  e.aliases as "aliases",
  page.mentioned
from unnest($6::uuid[]) with ordinality parent (given, nth)
cross join lateral (
  select mention.entity_id,
    mention.mentioned,
    row_number() over (order by mention.mentioned desc, mention.entity_id desc) as place
  from mention
  where mention.memory_id = parent.given
  order by mention.mentioned desc, mention.entity_id desc
  limit $7
) page
cross join lateral (select * from entities e where e.workspace_id = $8 and e.id = page.entity_id limit 1) e
order by parent.nth, page.place;

commit;
