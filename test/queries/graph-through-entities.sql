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

with visited as materialized (select * from unnest($1::uuid[], $2::uuid[]) visited (memory, lineage)),
  step as materialized (
    select step.*
    from unnest($3::uuid[]) parent (lineage)
    cross join lateral (
      (
        select r.to_lineage_id as "lineage",
          r.strength as "strength",
          r.id as "relationId",
          row_number() over (order by r.strength desc, r.id desc) as "place"
        from relations r
        where r.workspace_id = $4
          and r.from_lineage_id = parent.lineage
          and r.retracted_at is null
          and (r.type = 'CORRECTS') is not true
          and r.to_lineage_id not in (select lineage from visited where lineage is not null)
        order by r.strength desc, r.id desc
        limit $5
      )
      union all
      (
        select r.from_lineage_id as "lineage",
          r.strength as "strength",
          r.id as "relationId",
          row_number() over (order by r.strength desc, r.id desc) as "place"
        from relations r
        where r.workspace_id = $6
          and r.to_lineage_id = parent.lineage
          and r.retracted_at is null
          and (r.type = 'CORRECTS') is not true
          and r.from_lineage_id not in (select lineage from visited where lineage is not null)
        order by r.strength desc, r.id desc
        limit $7
      )
    ) step
  )
select found.*, cut."strength" as "cutStrength", cut."relationId" as "cutId"
from (select) level
left join (
  select * from step cut where cut."place" = $8 order by cut."strength" desc, cut."relationId" desc limit 1
) cut on true
left join (
  select *
  from (
    select distinct on (found."id") *
    from (
      (
        select far.id as "id",
          far.lineage_id as "lineageId",
          far.companion_id as "companionId",
          far.user_id as "userId",
          nearest."strength" as "strength",
          nearest."relationId" as "relationId",
          null::uuid as "entityId"
        from (
          select *
          from (
            select distinct on (step."lineage") step."lineage" as "lineage",
              step."strength" as "strength",
              step."relationId" as "relationId"
            from step
            order by step."lineage", step."strength" desc, step."relationId" desc
          ) nearest
          order by nearest."strength" desc, nearest."relationId" desc
        ) nearest
        cross join lateral (
          select *
          from memories far
          where far.workspace_id = $9
            and far.lineage_id = nearest."lineage"
            and (
              (
                far.retracted_at is null
                and far.valid_from <= now()
                and (far.valid_until is null or far.valid_until > now())
              )
              and far.archived_at is null
              and (far.expires_at is null or far.expires_at > now())
            )
          limit 1
        ) far
        order by nearest."strength" desc, nearest."relationId" desc
        limit $10
      )
      union all
      select far.id as "id",
        far.lineage_id as "lineageId",
        far.companion_id as "companionId",
        far.user_id as "userId",
        null::float8 as "strength",
        null::uuid as "relationId",
        shared.entity as "entityId"
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
    ) found
    order by found."id",
      found."strength" desc nulls last,
      found."relationId" desc nulls last,
      found."entityId"
  ) found
  order by found."strength" desc nulls last, found."relationId" desc nulls last, found."id" desc
  limit $18
) found on true
order by found."strength" desc nulls last, found."relationId" desc nulls last, found."id" desc;

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
