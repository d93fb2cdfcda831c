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
          order by r.strength desc, r.id desc
          limit $7
        ) step
      )
      union all
      (
        select 'IN' as way, step.*
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
            where far.workspace_id = $8
              and far.lineage_id = r.from_lineage_id
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
                when r.type = 'CORRECTS' then far.id = r.from_memory_id
                else (
                  far.retracted_at is null
                  and far.valid_from <= now()
                  and (far.valid_until is null or far.valid_until > now())
                )
                end
            limit 1
          ) far
          where r.workspace_id = $9
            and r.to_lineage_id = parent.lineage
            and r.retracted_at is null
            and case when r.type = 'CORRECTS' then r.to_memory_id = parent.version else parent.holds end
          order by r.strength desc, r.id desc
          limit $10
        ) step
      )
    ) step
    union all
    select null::uuid,
      null,
      far.id as "id",
      far.lineage_id as "lineageId",
      far.companion_id as "companionId",
      far.user_id as "userId",
      null::float8,
      null::uuid,
      shared.entity
    from (
      select distinct mention.entity_id as entity
      from (
        select distinct coalesce(e.merged_into, e.id) as entity_id, x.memory_id
        from mentions x
        cross join lateral (
          select * from entities e where e.workspace_id = $11 and e.id = x.entity_id limit 1
        ) e
        where x.workspace_id = $12 and x.memory_id = any($13::uuid[])
      ) mention
    ) shared
    cross join lateral (
      select far.*
      from (
        select shared.entity as "id"
        union all
        select merged.id
        from entities merged
        where merged.workspace_id = $14 and merged.merged_into = shared.entity
      ) family
      cross join lateral (
        (
          select far.*
          from mentions x
          cross join lateral (
            select *
            from memories far
            where far.workspace_id = $15
              and far.id = x.memory_id
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
            limit 1
          ) far
          where x.workspace_id = $16 and x.entity_id = family.id
          order by x.memory_id desc
          limit $17
        )
      ) far
    ) far
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
    having count(*) >= $18 and count(distinct step."id") < $19
  ) as "isShort"
from (
  select distinct on (step."id") *
  from step
  order by step."id", step."strength" desc nulls last, step."relationId" desc nulls last, step."entityId"
) found
order by found."strength" desc nulls last, found."relationId" desc nulls last, found."id" desc
limit $20;

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
        and r.type <> 'CORRECTS'
        and r.from_lineage_id = node.lineage
        and (r.to_lineage_id in (select lineage from node)) is true
      offset 0
    ) r
    order by r.strength desc, r.id desc
    limit $3
  )
) r
order by r.strength desc, r.id desc
limit $4;

select e.id as "id",
  e.companion_id as "companionId",
  e.type as "type",
  e.name as "name",
  e.aliases as "aliases"
from entities e
where e.workspace_id = $1 and e.id = any($2::uuid[]) and e.merged_into is null;

commit;
