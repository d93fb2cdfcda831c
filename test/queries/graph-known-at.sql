begin;

select m.id as "id",
  m.lineage_id as "lineageId",
  m.companion_id as "companionId",
  m.user_id as "userId",
  exists (
    select
    from (
      (
        select workspace_id,
          id,
          lineage_id,
          companion_id,
          user_id,
          type,
          content,
          content_fold,
          summary,
          slot,
          context,
          confidence,
          importance,
          importance_as_of,
          access_count,
          last_accessed_at,
          valid_from,
          stated_until,
          valid_until,
          recorded_at,
          retracted_at,
          expires_at,
          archived_at,
          updated_at,
          known_from,
          search,
          is_corrected,
          is_contested,
          analysis
        from memories
        where workspace_id = $1 and known_from <= $2::timestamptz
      )
      union all
      (
        select workspace_id,
          id,
          lineage_id,
          companion_id,
          user_id,
          type,
          content,
          content_fold,
          summary,
          slot,
          context,
          confidence,
          importance,
          importance_as_of,
          access_count,
          last_accessed_at,
          valid_from,
          stated_until,
          valid_until,
          recorded_at,
          retracted_at,
          expires_at,
          archived_at,
          updated_at,
          known_from,
          search,
          is_corrected,
          is_contested,
          analysis
        from "memories_history"
        where workspace_id = $3 and known_from <= $4::timestamptz and "known_until" > $5::timestamptz
      )
    ) version
    where version.workspace_id = $6
      and version.lineage_id = m.lineage_id
      and (
        version.retracted_at is null
        and version.valid_from <= $7::timestamptz
        and (version.valid_until is null or version.valid_until > $8::timestamptz)
      )
    offset 0
  ) as holds,
  (
    m.retracted_at is null
    and m.valid_from <= $9::timestamptz
    and (m.valid_until is null or m.valid_until > $10::timestamptz)
  ) as "isHolding"
from (
  (
    select workspace_id,
      id,
      lineage_id,
      companion_id,
      user_id,
      type,
      content,
      content_fold,
      summary,
      slot,
      context,
      confidence,
      importance,
      importance_as_of,
      access_count,
      last_accessed_at,
      valid_from,
      stated_until,
      valid_until,
      recorded_at,
      retracted_at,
      expires_at,
      archived_at,
      updated_at,
      known_from,
      search,
      is_corrected,
      is_contested,
      analysis
    from memories
    where workspace_id = $11 and known_from <= $12::timestamptz
  )
  union all
  (
    select workspace_id,
      id,
      lineage_id,
      companion_id,
      user_id,
      type,
      content,
      content_fold,
      summary,
      slot,
      context,
      confidence,
      importance,
      importance_as_of,
      access_count,
      last_accessed_at,
      valid_from,
      stated_until,
      valid_until,
      recorded_at,
      retracted_at,
      expires_at,
      archived_at,
      updated_at,
      known_from,
      search,
      is_corrected,
      is_contested,
      analysis
    from "memories_history"
    where workspace_id = $13 and known_from <= $14::timestamptz and "known_until" > $15::timestamptz
  )
) m
where m.workspace_id = $16 and m.id = any($17::uuid[]);

with visited as materialized (select * from unnest($1::uuid[], $2::uuid[]) visited (memory, lineage)),
  step as materialized (
    select step.*
    from unnest($3::uuid[]) parent (lineage)
    cross join lateral (
      (
        select step."lineage" as "lineage",
          step."strength" as "strength",
          step."relationId" as "relationId",
          row_number() over (order by step."strength" desc, step."relationId" desc) as "place"
        from (
          (
            select r.to_lineage_id as "lineage",
              r.strength as "strength",
              r.id as "relationId",
              row_number() over (order by r.strength desc, r.id desc) as "place"
            from (
              select workspace_id,
                id,
                from_lineage_id,
                to_lineage_id,
                from_memory_id,
                to_memory_id,
                type,
                strength,
                metadata,
                recorded_at,
                retracted_at,
                known_from
              from relations
              where workspace_id = $4 and known_from <= $5::timestamptz
            ) r
            where r.workspace_id = $6
              and r.from_lineage_id = parent.lineage
              and r.retracted_at is null
              and (r.type = 'CORRECTS') is not true
              and r.to_lineage_id not in (select lineage from visited where lineage is not null)
            order by r.strength desc, r.id desc
            limit $7
          )
          union all
          (
            select r.to_lineage_id as "lineage",
              r.strength as "strength",
              r.id as "relationId",
              row_number() over (order by r.strength desc, r.id desc) as "place"
            from (
              select workspace_id,
                id,
                from_lineage_id,
                to_lineage_id,
                from_memory_id,
                to_memory_id,
                type,
                strength,
                metadata,
                recorded_at,
                retracted_at,
                known_from
              from "relations_history"
              where workspace_id = $8 and known_from <= $9::timestamptz and "known_until" > $10::timestamptz
            ) r
            where r.workspace_id = $11
              and r.from_lineage_id = parent.lineage
              and r.retracted_at is null
              and (r.type = 'CORRECTS') is not true
              and r.to_lineage_id not in (select lineage from visited where lineage is not null)
            order by r.strength desc, r.id desc
            limit $12
          )
        ) step
        order by step."strength" desc, step."relationId" desc
        limit $13
      )
      union all
      (
        select step."lineage" as "lineage",
          step."strength" as "strength",
          step."relationId" as "relationId",
          row_number() over (order by step."strength" desc, step."relationId" desc) as "place"
        from (
          (
            select r.from_lineage_id as "lineage",
              r.strength as "strength",
              r.id as "relationId",
              row_number() over (order by r.strength desc, r.id desc) as "place"
            from (
              select workspace_id,
                id,
                from_lineage_id,
                to_lineage_id,
                from_memory_id,
                to_memory_id,
                type,
                strength,
                metadata,
                recorded_at,
                retracted_at,
                known_from
              from relations
              where workspace_id = $14 and known_from <= $15::timestamptz
            ) r
            where r.workspace_id = $16
              and r.to_lineage_id = parent.lineage
              and r.retracted_at is null
              and (r.type = 'CORRECTS') is not true
              and r.from_lineage_id not in (select lineage from visited where lineage is not null)
            order by r.strength desc, r.id desc
            limit $17
          )
          union all
          (
            select r.from_lineage_id as "lineage",
              r.strength as "strength",
              r.id as "relationId",
              row_number() over (order by r.strength desc, r.id desc) as "place"
            from (
              select workspace_id,
                id,
                from_lineage_id,
                to_lineage_id,
                from_memory_id,
                to_memory_id,
                type,
                strength,
                metadata,
                recorded_at,
                retracted_at,
                known_from
              from "relations_history"
              where workspace_id = $18 and known_from <= $19::timestamptz and "known_until" > $20::timestamptz
            ) r
            where r.workspace_id = $21
              and r.to_lineage_id = parent.lineage
              and r.retracted_at is null
              and (r.type = 'CORRECTS') is not true
              and r.from_lineage_id not in (select lineage from visited where lineage is not null)
            order by r.strength desc, r.id desc
            limit $22
          )
        ) step
        order by step."strength" desc, step."relationId" desc
        limit $23
      )
    ) step
  )
select found.*, cut."strength" as "cutStrength", cut."relationId" as "cutId"
from (select) level
left join (
  select * from step cut where cut."place" = $24 order by cut."strength" desc, cut."relationId" desc limit 1
) cut on true
left join (
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
    from (
      (
        select workspace_id,
          id,
          lineage_id,
          companion_id,
          user_id,
          type,
          content,
          content_fold,
          summary,
          slot,
          context,
          confidence,
          importance,
          importance_as_of,
          access_count,
          last_accessed_at,
          valid_from,
          stated_until,
          valid_until,
          recorded_at,
          retracted_at,
          expires_at,
          archived_at,
          updated_at,
          known_from,
          search,
          is_corrected,
          is_contested,
          analysis
        from memories
        where workspace_id = $25 and known_from <= $26::timestamptz
      )
      union all
      (
        select workspace_id,
          id,
          lineage_id,
          companion_id,
          user_id,
          type,
          content,
          content_fold,
          summary,
          slot,
          context,
          confidence,
          importance,
          importance_as_of,
          access_count,
          last_accessed_at,
          valid_from,
          stated_until,
          valid_until,
          recorded_at,
          retracted_at,
          expires_at,
          archived_at,
          updated_at,
          known_from,
          search,
          is_corrected,
          is_contested,
          analysis
        from "memories_history"
        where workspace_id = $27 and known_from <= $28::timestamptz and "known_until" > $29::timestamptz
      )
    ) far
    where far.workspace_id = $30
      and far.lineage_id = nearest."lineage"
      and (
        (
          far.retracted_at is null
          and far.valid_from <= $31::timestamptz
          and (far.valid_until is null or far.valid_until > $32::timestamptz)
        )
        and far.archived_at is null
        and (far.expires_at is null or far.expires_at > $33::timestamptz)
      )
    limit 1
  ) far
  order by nearest."strength" desc, nearest."relationId" desc
  limit $34
) found on true
order by found."strength" desc nulls last, found."relationId" desc nulls last, found."id" desc;

with visited as materialized (select * from unnest($1::uuid[], $2::uuid[]) visited (memory, lineage)),
  step as materialized (
    select step.*
    from unnest($3::uuid[]) parent (lineage)
    cross join lateral (
      (
        select step."lineage" as "lineage",
          step."strength" as "strength",
          step."relationId" as "relationId",
          row_number() over (order by step."strength" desc, step."relationId" desc) as "place"
        from (
          (
            select r.to_lineage_id as "lineage",
              r.strength as "strength",
              r.id as "relationId",
              row_number() over (order by r.strength desc, r.id desc) as "place"
            from (
              select workspace_id,
                id,
                from_lineage_id,
                to_lineage_id,
                from_memory_id,
                to_memory_id,
                type,
                strength,
                metadata,
                recorded_at,
                retracted_at,
                known_from
              from relations
              where workspace_id = $4 and known_from <= $5::timestamptz
            ) r
            where r.workspace_id = $6
              and r.from_lineage_id = parent.lineage
              and r.retracted_at is null
              and (r.type = 'CORRECTS') is not true
              and r.to_lineage_id not in (select lineage from visited where lineage is not null)
            order by r.strength desc, r.id desc
            limit $7
          )
          union all
          (
            select r.to_lineage_id as "lineage",
              r.strength as "strength",
              r.id as "relationId",
              row_number() over (order by r.strength desc, r.id desc) as "place"
            from (
              select workspace_id,
                id,
                from_lineage_id,
                to_lineage_id,
                from_memory_id,
                to_memory_id,
                type,
                strength,
                metadata,
                recorded_at,
                retracted_at,
                known_from
              from "relations_history"
              where workspace_id = $8 and known_from <= $9::timestamptz and "known_until" > $10::timestamptz
            ) r
            where r.workspace_id = $11
              and r.from_lineage_id = parent.lineage
              and r.retracted_at is null
              and (r.type = 'CORRECTS') is not true
              and r.to_lineage_id not in (select lineage from visited where lineage is not null)
            order by r.strength desc, r.id desc
            limit $12
          )
        ) step
        order by step."strength" desc, step."relationId" desc
        limit $13
      )
      union all
      (
        select step."lineage" as "lineage",
          step."strength" as "strength",
          step."relationId" as "relationId",
          row_number() over (order by step."strength" desc, step."relationId" desc) as "place"
        from (
          (
            select r.from_lineage_id as "lineage",
              r.strength as "strength",
              r.id as "relationId",
              row_number() over (order by r.strength desc, r.id desc) as "place"
            from (
              select workspace_id,
                id,
                from_lineage_id,
                to_lineage_id,
                from_memory_id,
                to_memory_id,
                type,
                strength,
                metadata,
                recorded_at,
                retracted_at,
                known_from
              from relations
              where workspace_id = $14 and known_from <= $15::timestamptz
            ) r
            where r.workspace_id = $16
              and r.to_lineage_id = parent.lineage
              and r.retracted_at is null
              and (r.type = 'CORRECTS') is not true
              and r.from_lineage_id not in (select lineage from visited where lineage is not null)
            order by r.strength desc, r.id desc
            limit $17
          )
          union all
          (
            select r.from_lineage_id as "lineage",
              r.strength as "strength",
              r.id as "relationId",
              row_number() over (order by r.strength desc, r.id desc) as "place"
            from (
              select workspace_id,
                id,
                from_lineage_id,
                to_lineage_id,
                from_memory_id,
                to_memory_id,
                type,
                strength,
                metadata,
                recorded_at,
                retracted_at,
                known_from
              from "relations_history"
              where workspace_id = $18 and known_from <= $19::timestamptz and "known_until" > $20::timestamptz
            ) r
            where r.workspace_id = $21
              and r.to_lineage_id = parent.lineage
              and r.retracted_at is null
              and (r.type = 'CORRECTS') is not true
              and r.from_lineage_id not in (select lineage from visited where lineage is not null)
            order by r.strength desc, r.id desc
            limit $22
          )
        ) step
        order by step."strength" desc, step."relationId" desc
        limit $23
      )
    ) step
  )
select found.*, cut."strength" as "cutStrength", cut."relationId" as "cutId"
from (select) level
left join (
  select * from step cut where cut."place" = $24 order by cut."strength" desc, cut."relationId" desc limit 1
) cut on true
left join (
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
    from (
      (
        select workspace_id,
          id,
          lineage_id,
          companion_id,
          user_id,
          type,
          content,
          content_fold,
          summary,
          slot,
          context,
          confidence,
          importance,
          importance_as_of,
          access_count,
          last_accessed_at,
          valid_from,
          stated_until,
          valid_until,
          recorded_at,
          retracted_at,
          expires_at,
          archived_at,
          updated_at,
          known_from,
          search,
          is_corrected,
          is_contested,
          analysis
        from memories
        where workspace_id = $25 and known_from <= $26::timestamptz
      )
      union all
      (
        select workspace_id,
          id,
          lineage_id,
          companion_id,
          user_id,
          type,
          content,
          content_fold,
          summary,
          slot,
          context,
          confidence,
          importance,
          importance_as_of,
          access_count,
          last_accessed_at,
          valid_from,
          stated_until,
          valid_until,
          recorded_at,
          retracted_at,
          expires_at,
          archived_at,
          updated_at,
          known_from,
          search,
          is_corrected,
          is_contested,
          analysis
        from "memories_history"
        where workspace_id = $27 and known_from <= $28::timestamptz and "known_until" > $29::timestamptz
      )
    ) far
    where far.workspace_id = $30
      and far.lineage_id = nearest."lineage"
      and (
        (
          far.retracted_at is null
          and far.valid_from <= $31::timestamptz
          and (far.valid_until is null or far.valid_until > $32::timestamptz)
        )
        and far.archived_at is null
        and (far.expires_at is null or far.expires_at > $33::timestamptz)
      )
    limit 1
  ) far
  order by nearest."strength" desc, nearest."relationId" desc
  limit $34
) found on true
order by found."strength" desc nulls last, found."relationId" desc nulls last, found."id" desc;

select m.id as "id",
  m.lineage_id as "lineageId",
  m.companion_id as "companionId",
  m.user_id as "userId",
  m.content as "content"
from (
  (
    select workspace_id,
      id,
      lineage_id,
      companion_id,
      user_id,
      type,
      content,
      content_fold,
      summary,
      slot,
      context,
      confidence,
      importance,
      importance_as_of,
      access_count,
      last_accessed_at,
      valid_from,
      stated_until,
      valid_until,
      recorded_at,
      retracted_at,
      expires_at,
      archived_at,
      updated_at,
      known_from,
      search,
      is_corrected,
      is_contested,
      analysis
    from memories
    where workspace_id = $1 and known_from <= $2::timestamptz
  )
  union all
  (
    select workspace_id,
      id,
      lineage_id,
      companion_id,
      user_id,
      type,
      content,
      content_fold,
      summary,
      slot,
      context,
      confidence,
      importance,
      importance_as_of,
      access_count,
      last_accessed_at,
      valid_from,
      stated_until,
      valid_until,
      recorded_at,
      retracted_at,
      expires_at,
      archived_at,
      updated_at,
      known_from,
      search,
      is_corrected,
      is_contested,
      analysis
    from "memories_history"
    where workspace_id = $3 and known_from <= $4::timestamptz and "known_until" > $5::timestamptz
  )
) m
where m.workspace_id = $6 and m.id = any($7::uuid[]);

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
      from (
        select workspace_id,
          id,
          from_lineage_id,
          to_lineage_id,
          from_memory_id,
          to_memory_id,
          type,
          strength,
          metadata,
          recorded_at,
          retracted_at,
          known_from
        from relations
        where workspace_id = $2 and known_from <= $3::timestamptz
      ) r
      where r.workspace_id = $4
        and r.retracted_at is null
        and r.type <> 'CORRECTS'
        and r.from_lineage_id = node.lineage
        and (r.to_lineage_id in (select lineage from node)) is true
      offset 0
    ) r
    order by r.strength desc, r.id desc
    limit $5
  )
  union all
  (
    select r.*
    from node
    cross join lateral (
      select *
      from (
        select workspace_id,
          id,
          from_lineage_id,
          to_lineage_id,
          from_memory_id,
          to_memory_id,
          type,
          strength,
          metadata,
          recorded_at,
          retracted_at,
          known_from
        from "relations_history"
        where workspace_id = $6 and known_from <= $7::timestamptz and "known_until" > $8::timestamptz
      ) r
      where r.workspace_id = $9
        and r.retracted_at is null
        and r.type <> 'CORRECTS'
        and r.from_lineage_id = node.lineage
        and (r.to_lineage_id in (select lineage from node)) is true
      offset 0
    ) r
    order by r.strength desc, r.id desc
    limit $10
  )
) r
order by r.strength desc, r.id desc
limit $11;

commit;
