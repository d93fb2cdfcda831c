begin;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

select parent.version as parent,
  page.direction,
  r.id as "id",
  r.from_lineage_id as "fromLineageId",
  r.to_lineage_id as "toLineageId",
  r.from_memory_id as "fromMemoryId",
  r.to_memory_id as "toMemoryId",
  r.type as "type",
  r.strength as "strength",
  r.metadata as "metadata",
  r.recorded_at as "recordedAt",
  r.retracted_at as "retractedAt",
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

select distinct on (m.lineage_id) m.id as "id",
  m.lineage_id as "lineageId",
  m.companion_id as "companionId",
  m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.lineage_id = any($2::uuid[])
order by m.lineage_id,
  (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now())) desc,
  m.retracted_at desc nulls first,
  m.valid_from <= now() desc,
  m.valid_from desc;

select parent.version as parent, counted.count
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
  select count(*)::int as count
  from (
    select r.id
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
    union all
    select r.id
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
  ) r
) counted;

commit;
