begin;

select m.id as "id",
  m.lineage_id as "lineageId",
  m.companion_id as "companionId",
  m.user_id as "userId",
  exists (
    select
    from memories version
    where version.workspace_id = $1
      and version.lineage_id = m.lineage_id
      and (
        version.retracted_at is null
        and version.valid_from <= now()
        and (version.valid_until is null or version.valid_until > now())
      )
    offset 0
  ) as holds,
  (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now())) as "isHolding"
from memories m
where m.workspace_id = $2 and m.id = any($3::uuid[]);

with ahead as materialized (
  select parent.lineage as "origin", found."far" as "far", found."strength" as "strength"
  from unnest($1::uuid[]) parent (lineage)
  cross join lateral (
    (
      select r.to_lineage_id as "far", r.strength as "strength"
      from (
        select *
        from relations r
        where r.workspace_id = $2 and r.from_lineage_id = parent.lineage and r.retracted_at is null
        offset 0
      ) r
      where r.type <> 'CORRECTS'
    )
    union all
    (
      select r.from_lineage_id as "far", r.strength as "strength"
      from (
        select *
        from relations r
        where r.workspace_id = $3 and r.to_lineage_id = parent.lineage and r.retracted_at is null
        offset 0
      ) r
      where r.type <> 'CORRECTS'
    )
  ) found
  limit $4
),
  next as materialized (
    select next.*
    from (select * from ahead where (ahead."far" in (select unnest($5::uuid[]))) is true offset 0) next
  ),
  behind as materialized (
    select *
    from (
      select parent.lineage as "origin", found."far" as "far", found."strength" as "strength"
      from unnest($6::uuid[]) parent (lineage)
      cross join lateral (
        (
          select r.to_lineage_id as "far", r.strength as "strength"
          from (
            select *
            from relations r
            where r.workspace_id = $7 and r.from_lineage_id = parent.lineage and r.retracted_at is null
            offset 0
          ) r
          where r.type <> 'CORRECTS'
        )
        union all
        (
          select r.from_lineage_id as "far", r.strength as "strength"
          from (
            select *
            from relations r
            where r.workspace_id = $8 and r.to_lineage_id = parent.lineage and r.retracted_at is null
            offset 0
          ) r
          where r.type <> 'CORRECTS'
        )
      ) found
      limit $9
    ) behind
    where not exists (select from next)
  ),
  between as materialized (
    select distinct ahead."far" as far
    from ahead
    where (ahead."far" in (select behind."far" from behind)) is true
  )
select 'next' as way,
  next."origin" as "origin",
  encode(string_agg(uuid_send(next."far"), ''), 'hex') as "fars",
  encode(string_agg(float8send(next."strength"), ''), 'hex') as "strengths",
  0 as count
from next
group by next."origin"
union all
select 'ahead',
  ahead."origin" as "origin",
  encode(string_agg(uuid_send(ahead."far"), ''), 'hex') as "fars",
  encode(string_agg(float8send(ahead."strength"), ''), 'hex') as "strengths",
  0
from ahead
where exists (select far from between) and (ahead."far" in (select far from between)) is true
group by ahead."origin"
union all
select 'behind',
  behind."origin" as "origin",
  encode(string_agg(uuid_send(behind."far"), ''), 'hex') as "fars",
  encode(string_agg(float8send(behind."strength"), ''), 'hex') as "strengths",
  0
from behind
where exists (select far from between) and (behind."far" in (select far from between)) is true
group by behind."origin"
union all
select 'followed', followed.*, 0
from (
  select packed.*
  from (
    select ahead."origin" as "origin",
      encode(string_agg(uuid_send(ahead."far"), ''), 'hex') as "fars",
      encode(string_agg(float8send(ahead."strength"), ''), 'hex') as "strengths"
    from (select * from ahead where not exists (select from next) and not exists (select far from between)) ahead
    group by ahead."origin"
  ) packed
) followed
union all
select 'count', null, null, null, (select count(*) from ahead)::int + (select count(*) from behind)::int;

with ahead as materialized (
  select parent.lineage as "origin", found."far" as "far", found."strength" as "strength"
  from unnest($1::uuid[]) parent (lineage)
  cross join lateral (
    (
      select r.to_lineage_id as "far", r.strength as "strength"
      from (
        select *
        from relations r
        where r.workspace_id = $2 and r.from_lineage_id = parent.lineage and r.retracted_at is null
        offset 0
      ) r
      where r.type <> 'CORRECTS'
    )
    union all
    (
      select r.from_lineage_id as "far", r.strength as "strength"
      from (
        select *
        from relations r
        where r.workspace_id = $3 and r.to_lineage_id = parent.lineage and r.retracted_at is null
        offset 0
      ) r
      where r.type <> 'CORRECTS'
    )
  ) found
  limit $4
),
  next as materialized (
    select next.*
    from (select * from ahead where (ahead."far" in (select unnest($5::uuid[]))) is true offset 0) next
    cross join lateral (
      select *
      from memories m
      where m.workspace_id = $6
        and m.lineage_id = next."far"
        and (
          (
            m.retracted_at is null
            and m.valid_from <= now()
            and (m.valid_until is null or m.valid_until > now())
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > now())
        )
      limit 1
    ) m
  ),
  behind as materialized (
    select *
    from (
      select parent.lineage as "origin", found."far" as "far", found."strength" as "strength"
      from unnest($7::uuid[]) parent (lineage)
      cross join lateral (
        (
          select r.to_lineage_id as "far", r.strength as "strength"
          from (
            select *
            from relations r
            where r.workspace_id = $8 and r.from_lineage_id = parent.lineage and r.retracted_at is null
            offset 0
          ) r
          where r.type <> 'CORRECTS'
        )
        union all
        (
          select r.from_lineage_id as "far", r.strength as "strength"
          from (
            select *
            from relations r
            where r.workspace_id = $9 and r.to_lineage_id = parent.lineage and r.retracted_at is null
            offset 0
          ) r
          where r.type <> 'CORRECTS'
        )
      ) found
      limit $10
    ) behind
    where not exists (select from next)
  ),
  between as materialized (
    select distinct ahead."far" as far
    from ahead
    where (ahead."far" in (select behind."far" from behind)) is true
  )
select 'next' as way,
  next."origin" as "origin",
  encode(string_agg(uuid_send(next."far"), ''), 'hex') as "fars",
  encode(string_agg(float8send(next."strength"), ''), 'hex') as "strengths",
  0 as count
from next
group by next."origin"
union all
select 'ahead',
  ahead."origin" as "origin",
  encode(string_agg(uuid_send(ahead."far"), ''), 'hex') as "fars",
  encode(string_agg(float8send(ahead."strength"), ''), 'hex') as "strengths",
  0
from ahead
where exists (select far from between) and (ahead."far" in (select far from between)) is true
group by ahead."origin"
union all
select 'behind',
  behind."origin" as "origin",
  encode(string_agg(uuid_send(behind."far"), ''), 'hex') as "fars",
  encode(string_agg(float8send(behind."strength"), ''), 'hex') as "strengths",
  0
from behind
where exists (select far from between) and (behind."far" in (select far from between)) is true
group by behind."origin"
union all
select 'followed', followed.*, 0
from (
  select packed.*
  from (
    select ahead."origin" as "origin",
      encode(string_agg(uuid_send(ahead."far"), ''), 'hex') as "fars",
      encode(string_agg(float8send(ahead."strength"), ''), 'hex') as "strengths"
    from (select * from ahead where not exists (select from next) and not exists (select far from between)) ahead
    group by ahead."origin"
  ) packed
) followed
union all
select 'count', null, null, null, (select count(*) from ahead)::int + (select count(*) from behind)::int;

select replace(given.lineage::text, '-', '') as lineage
from unnest($1::uuid[]) given (lineage)
cross join lateral (
  select *
  from memories m
  where m.workspace_id = $2
    and m.lineage_id = given.lineage
    and (
      (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now()))
      and m.archived_at is null
      and (m.expires_at is null or m.expires_at > now())
    )
  limit 1
) m;

select r.id
from unnest($1::uuid[], $2::uuid[]) with ordinality pair (one, other, place)
cross join lateral (
  select *
  from (
    (
      select r.id, r.strength
      from relations r
      where r.workspace_id = $3
        and r.retracted_at is null
        and r.from_lineage_id = pair.one
        and r.to_lineage_id = pair.other
        and r.type <> 'CORRECTS'
      offset 0
    )
    union all
    (
      select r.id, r.strength
      from relations r
      where r.workspace_id = $4
        and r.retracted_at is null
        and r.to_lineage_id = pair.one
        and r.from_lineage_id = pair.other
        and r.type <> 'CORRECTS'
      offset 0
    )
  ) r
  order by r.strength desc, r.id desc
  limit 1
) r
order by pair.place;

select m.id as "id",
  m.lineage_id as "lineageId",
  m.companion_id as "companionId",
  m.user_id as "userId",
  m.content as "content"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

select distinct on (m.lineage_id) m.id as "id",
  m.lineage_id as "lineageId",
  m.companion_id as "companionId",
  m.user_id as "userId",
  m.content as "content"
from memories m
where m.workspace_id = $1 and m.lineage_id = any($2::uuid[])
order by m.lineage_id,
  (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now())) desc,
  m.retracted_at desc nulls first,
  m.valid_from <= now() desc,
  m.valid_from desc;

select r.id as "id",
  r.from_lineage_id as "fromLineageId",
  r.to_lineage_id as "toLineageId",
  r.from_memory_id as "fromMemoryId",
  r.to_memory_id as "toMemoryId",
  r.type as "type",
  r.strength as "strength",
  r.metadata as "metadata",
  r.recorded_at as "recordedAt",
  r.retracted_at as "retractedAt"
from relations r
where r.workspace_id = $1 and r.id = any($2::uuid[]);

commit;
