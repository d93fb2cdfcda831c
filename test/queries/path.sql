begin;

select m.id,
  m.lineage_id as "lineageId",
  m.companion_id as "companionId",
  m.user_id as "userId",
  exists (
    select
    from "memories" version
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
from "memories" m
where m.workspace_id = $2 and m.id = any($3::uuid[]);

with ahead as materialized (
  select parent.lineage_id as near, r.far, r.strength
  from unnest($1::uuid[]) parent (lineage_id)
  cross join lateral (
    (
      select r.strength, r.to_lineage_id as far
      from "relations" r
      where r.workspace_id = $2
        and r.retracted_at is null
        and r.from_lineage_id = parent.lineage_id
        and r.type <> 'CORRECTS'
      offset 0
    )
    union all
    (
      select r.strength, r.from_lineage_id as far
      from "relations" r
      where r.workspace_id = $3
        and r.retracted_at is null
        and r.to_lineage_id = parent.lineage_id
        and r.type <> 'CORRECTS'
      offset 0
    )
  ) r
  limit $4
),
  behind as materialized (
    select parent.lineage_id as near, r.far, r.strength
    from unnest($5::uuid[]) parent (lineage_id)
    cross join lateral (
      (
        select r.strength, r.to_lineage_id as far
        from "relations" r
        where r.workspace_id = $6
          and r.retracted_at is null
          and r.from_lineage_id = parent.lineage_id
          and r.type <> 'CORRECTS'
        offset 0
      )
      union all
      (
        select r.strength, r.from_lineage_id as far
        from "relations" r
        where r.workspace_id = $7
          and r.retracted_at is null
          and r.to_lineage_id = parent.lineage_id
          and r.type <> 'CORRECTS'
        offset 0
      )
    ) r
    limit $8
  ),
  next as materialized (
    select a.* from (select * from ahead where far in (select unnest($9::uuid[])) offset 0) a
  ),
  between as materialized (
    select far from ahead where not exists (select from next) intersect select far from behind
  )
select 'next' as way,
  near,
  encode(string_agg(uuid_send(far), ''), 'hex') as fars,
  encode(string_agg(float8send(strength), ''), 'hex') as strengths,
  0 as n
from next
group by near
union all
select 'ahead',
  near,
  encode(string_agg(uuid_send(far), ''), 'hex') as fars,
  encode(string_agg(float8send(strength), ''), 'hex') as strengths,
  0
from ahead
where far in (select far from between)
group by near
union all
select 'behind',
  near,
  encode(string_agg(uuid_send(far), ''), 'hex') as fars,
  encode(string_agg(float8send(strength), ''), 'hex') as strengths,
  0
from behind
where far in (select far from between)
group by near
union all
select 'count', null, null, null, (select count(*) from ahead)::int + (select count(*) from behind)::int;

select near,
  encode(string_agg(uuid_send(far), ''), 'hex') as fars,
  encode(string_agg(float8send(strength), ''), 'hex') as strengths
from (
  select parent.lineage_id as near, r.far, r.strength
  from unnest($1::uuid[]) parent (lineage_id)
  cross join lateral (
    (
      select r.strength, r.to_lineage_id as far
      from "relations" r
      where r.workspace_id = $2
        and r.retracted_at is null
        and r.from_lineage_id = parent.lineage_id
        and r.type <> 'CORRECTS'
      offset 0
    )
    union all
    (
      select r.strength, r.from_lineage_id as far
      from "relations" r
      where r.workspace_id = $3
        and r.retracted_at is null
        and r.to_lineage_id = parent.lineage_id
        and r.type <> 'CORRECTS'
      offset 0
    )
  ) r
  limit $4
) step
group by near;

with ahead as materialized (
  select parent.lineage_id as near, r.far, r.strength
  from unnest($1::uuid[]) parent (lineage_id)
  cross join lateral (
    (
      select r.strength, r.to_lineage_id as far
      from "relations" r
      where r.workspace_id = $2
        and r.retracted_at is null
        and r.from_lineage_id = parent.lineage_id
        and r.type <> 'CORRECTS'
      offset 0
    )
    union all
    (
      select r.strength, r.from_lineage_id as far
      from "relations" r
      where r.workspace_id = $3
        and r.retracted_at is null
        and r.to_lineage_id = parent.lineage_id
        and r.type <> 'CORRECTS'
      offset 0
    )
  ) r
  limit $4
),
  behind as materialized (
    select parent.lineage_id as near, r.far, r.strength
    from unnest($5::uuid[]) parent (lineage_id)
    cross join lateral (
      select *
      from "memories" m
      where m.workspace_id = $6
        and m.lineage_id = parent.lineage_id
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
    cross join lateral (
      (
        select r.strength, r.to_lineage_id as far
        from "relations" r
        where r.workspace_id = $7
          and r.retracted_at is null
          and r.from_lineage_id = parent.lineage_id
          and r.type <> 'CORRECTS'
        offset 0
      )
      union all
      (
        select r.strength, r.from_lineage_id as far
        from "relations" r
        where r.workspace_id = $8
          and r.retracted_at is null
          and r.to_lineage_id = parent.lineage_id
          and r.type <> 'CORRECTS'
        offset 0
      )
    ) r
    limit $9
  ),
  next as materialized (
    select a.*
    from (select * from ahead where far in (select unnest($10::uuid[])) offset 0) a
    cross join lateral (
      select *
      from "memories" m
      where m.workspace_id = $11
        and m.lineage_id = a.far
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
  between as materialized (
    select far from ahead where not exists (select from next) intersect select far from behind
  )
select 'next' as way,
  near,
  encode(string_agg(uuid_send(far), ''), 'hex') as fars,
  encode(string_agg(float8send(strength), ''), 'hex') as strengths,
  0 as n
from next
group by near
union all
select 'ahead',
  near,
  encode(string_agg(uuid_send(far), ''), 'hex') as fars,
  encode(string_agg(float8send(strength), ''), 'hex') as strengths,
  0
from ahead
where far in (select far from between)
group by near
union all
select 'behind',
  near,
  encode(string_agg(uuid_send(far), ''), 'hex') as fars,
  encode(string_agg(float8send(strength), ''), 'hex') as strengths,
  0
from behind
where far in (select far from between)
group by near
union all
select 'count', null, null, null, (select count(*) from ahead)::int + (select count(*) from behind)::int;

select replace(lineage.id::text, '-', '') as id
from unnest($1::uuid[]) lineage (id)
cross join lateral (
  select *
  from "memories" m
  where m.workspace_id = $2
    and m.lineage_id = lineage.id
    and (
      (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now()))
      and m.archived_at is null
      and (m.expires_at is null or m.expires_at > now())
    )
  limit 1
) m;

select r.id
from unnest($1::uuid[], $2::uuid[]) with ordinality step (near, far, position)
cross join lateral (
  select *
  from (
    (
      select r.id, r.strength
      from "relations" r
      where r.workspace_id = $3
        and r.retracted_at is null
        and r.from_lineage_id = step.near
        and r.to_lineage_id = step.far
        and r.type <> 'CORRECTS'
      offset 0
    )
    union all
    (
      select r.id, r.strength
      from "relations" r
      where r.workspace_id = $4
        and r.retracted_at is null
        and r.to_lineage_id = step.near
        and r.from_lineage_id = step.far
        and r.type <> 'CORRECTS'
      offset 0
    )
  ) r
  order by r.strength desc, r.id desc
  limit 1
) r
order by step.position;

select m."id" as "id",
  m."lineage_id" as "lineageId",
  m."companion_id" as "companionId",
  m."user_id" as "userId",
  m."content" as "content"
from "memories" m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

select distinct on (m.lineage_id) m."id" as "id",
  m."lineage_id" as "lineageId",
  m."companion_id" as "companionId",
  m."user_id" as "userId",
  m."content" as "content"
from "memories" m
where m.workspace_id = $1 and m.lineage_id = any($2::uuid[])
order by m.lineage_id,
  (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now())) desc,
  m.retracted_at desc nulls first,
  m.valid_from <= now() desc,
  m.valid_from desc;

select r.id,
  r.from_lineage_id as "fromLineageId",
  r.to_lineage_id as "toLineageId",
  r.from_memory_id as "fromMemoryId",
  r.to_memory_id as "toMemoryId",
  r.type,
  r.strength,
  r.metadata,
  r.recorded_at as "recordedAt",
  r.retracted_at as "retractedAt"
from "relations" r
where r.workspace_id = $1 and r.id = any($2::uuid[]);

commit;
