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

with visited as materialized (select unnest($1::uuid[]) as memory),
  step as materialized (
    select parent.version as parent, step.*
    from unnest($2::uuid[], $3::uuid[], $4::boolean[]) parent (version, lineage, holds)
    cross join lateral (
      (
        select 'OUT' as way, step.*
        from (
          select far.id as "id",
            far.lineage_id as "lineageId",
            far.companion_id as "companionId",
            far.user_id as "userId",
            r.strength as "strength",
            r.id as "relationId",
            null::uuid as "entityId"
          from relations r
          cross join lateral (
            select *
            from memories far
            where far.workspace_id = $5
              and far.lineage_id = r.to_lineage_id
              and (
                (
                  far.retracted_at is null
                  and far.valid_from <= now()
                  and (far.valid_until is null or far.valid_until > now())
                )
                and far.archived_at is null
                and (far.expires_at is null or far.expires_at > now())
              )
              and far.id not in (select memory from visited)
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
          where r.workspace_id = $6
            and r.from_lineage_id = parent.lineage
            and r.retracted_at is null
            and case when r.type = 'CORRECTS' then r.from_memory_id = parent.version else parent.holds end
            and r.type = any(
              array(select value::relation_type from jsonb_array_elements_text($7::jsonb) given (value))
            )
            and r.strength >= $8::text::float8
          order by r.strength desc, r.id desc
          limit $9
        ) step
      )
    ) step
  )
select found."id" as "id",
  found."lineageId" as "lineageId",
  found."companionId" as "companionId",
  found."userId" as "userId",
  found."relationId" as "relationId",
  found."entityId" as "entityId",
  exists (
    select
    from step
    where step.way is not null
    group by step.parent, step.way
    having count(*) >= $10 and count(distinct step."id") < $11
  ) as "isShort"
from (
  select distinct on (step."id") *
  from step
  order by step."id", step."strength" desc nulls last, step."relationId" desc nulls last, step."entityId"
) found
order by found."strength" desc nulls last, found."relationId" desc nulls last, found."id" desc
limit $12;

with visited as materialized (select unnest($1::uuid[]) as memory),
  step as materialized (
    select parent.version as parent, step.*
    from unnest($2::uuid[], $3::uuid[], $4::boolean[]) parent (version, lineage, holds)
    cross join lateral (
      (
        select 'OUT' as way, step.*
        from (
          select far.id as "id",
            far.lineage_id as "lineageId",
            far.companion_id as "companionId",
            far.user_id as "userId",
            r.strength as "strength",
            r.id as "relationId",
            null::uuid as "entityId"
          from relations r
          cross join lateral (
            select *
            from memories far
            where far.workspace_id = $5
              and far.lineage_id = r.to_lineage_id
              and (
                (
                  far.retracted_at is null
                  and far.valid_from <= now()
                  and (far.valid_until is null or far.valid_until > now())
                )
                and far.archived_at is null
                and (far.expires_at is null or far.expires_at > now())
              )
              and far.id not in (select memory from visited)
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
          where r.workspace_id = $6
            and r.from_lineage_id = parent.lineage
            and r.retracted_at is null
            and case when r.type = 'CORRECTS' then r.from_memory_id = parent.version else parent.holds end
            and r.type = any(
              array(select value::relation_type from jsonb_array_elements_text($7::jsonb) given (value))
            )
            and r.strength >= $8::text::float8
          order by r.strength desc, r.id desc
          limit $9
        ) step
      )
    ) step
  )
select found."id" as "id",
  found."lineageId" as "lineageId",
  found."companionId" as "companionId",
  found."userId" as "userId",
  found."relationId" as "relationId",
  found."entityId" as "entityId",
  exists (
    select
    from step
    where step.way is not null
    group by step.parent, step.way
    having count(*) >= $10 and count(distinct step."id") < $11
  ) as "isShort"
from (
  select distinct on (step."id") *
  from step
  order by step."id", step."strength" desc nulls last, step."relationId" desc nulls last, step."entityId"
) found
order by found."strength" desc nulls last, found."relationId" desc nulls last, found."id" desc
limit $12;

select m.id as "id",
  m.lineage_id as "lineageId",
  m.companion_id as "companionId",
  m.user_id as "userId",
  m.content as "content"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

with node as materialized (select unnest($1::uuid[]) as lineage)
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
from (
  (
    select r.*
    from node
    cross join lateral (
      select *
      from relations r
      where r.workspace_id = $2
        and r.retracted_at is null
        and r.type = any(
          array(select value::relation_type from jsonb_array_elements_text($3::jsonb) given (value))
        )
        and r.strength >= $4::text::float8
        and r.type <> 'CORRECTS'
        and r.from_lineage_id = node.lineage
        and (r.to_lineage_id in (select lineage from node)) is true
      offset 0
    ) r
    order by r.strength desc, r.id desc
    limit $5
  )
) r
order by r.strength desc, r.id desc
limit $6;

commit;
