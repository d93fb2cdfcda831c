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

with visited as materialized (select unnest($1::uuid[]) as memory),
  step as materialized (
    select parent.version as parent, step.*
    from unnest($2::uuid[], $3::uuid[], $4::boolean[]) parent (version, lineage, holds)
    cross join lateral (
      (
        select 'OUT' as way, step.*
        from (
          (
            select far.id as "id",
              far.lineage_id as "lineageId",
              far.companion_id as "companionId",
              far.user_id as "userId",
              r.strength as "strength",
              r.id as "relationId",
              null::uuid as "entityId"
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
              where workspace_id = $5 and known_from <= $6::timestamptz
            ) r
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
                  where workspace_id = $7 and known_from <= $8::timestamptz
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
                  where workspace_id = $9
                    and known_from <= $10::timestamptz
                    and "known_until" > $11::timestamptz
                )
              ) far
              where far.workspace_id = $12
                and far.lineage_id = r.to_lineage_id
                and (
                  (
                    far.retracted_at is null
                    and far.valid_from <= $13::timestamptz
                    and (far.valid_until is null or far.valid_until > $14::timestamptz)
                  )
                  and far.archived_at is null
                  and (far.expires_at is null or far.expires_at > $15::timestamptz)
                )
                and far.id not in (select memory from visited)
                and case
                  when r.type = 'CORRECTS' then far.id = r.to_memory_id
                  else (
                    far.retracted_at is null
                    and far.valid_from <= $16::timestamptz
                    and (far.valid_until is null or far.valid_until > $17::timestamptz)
                  )
                  end
              limit 1
            ) far
            where r.workspace_id = $18
              and r.from_lineage_id = parent.lineage
              and r.retracted_at is null
              and case when r.type = 'CORRECTS' then r.from_memory_id = parent.version else parent.holds end
            order by r.strength desc, r.id desc
            limit $19
          )
          union all
          (
            select far.id as "id",
              far.lineage_id as "lineageId",
              far.companion_id as "companionId",
              far.user_id as "userId",
              r.strength as "strength",
              r.id as "relationId",
              null::uuid as "entityId"
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
              where workspace_id = $20 and known_from <= $21::timestamptz and "known_until" > $22::timestamptz
            ) r
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
                  where workspace_id = $23 and known_from <= $24::timestamptz
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
                  where workspace_id = $25
                    and known_from <= $26::timestamptz
                    and "known_until" > $27::timestamptz
                )
              ) far
              where far.workspace_id = $28
                and far.lineage_id = r.to_lineage_id
                and (
                  (
                    far.retracted_at is null
                    and far.valid_from <= $29::timestamptz
                    and (far.valid_until is null or far.valid_until > $30::timestamptz)
                  )
                  and far.archived_at is null
                  and (far.expires_at is null or far.expires_at > $31::timestamptz)
                )
                and far.id not in (select memory from visited)
                and case
                  when r.type = 'CORRECTS' then far.id = r.to_memory_id
                  else (
                    far.retracted_at is null
                    and far.valid_from <= $32::timestamptz
                    and (far.valid_until is null or far.valid_until > $33::timestamptz)
                  )
                  end
              limit 1
            ) far
            where r.workspace_id = $34
              and r.from_lineage_id = parent.lineage
              and r.retracted_at is null
              and case when r.type = 'CORRECTS' then r.from_memory_id = parent.version else parent.holds end
            order by r.strength desc, r.id desc
            limit $35
          )
        ) step
        order by step."strength" desc, step."relationId" desc
        limit $36
      )
      union all
      (
        select 'IN' as way, step.*
        from (
          (
            select far.id as "id",
              far.lineage_id as "lineageId",
              far.companion_id as "companionId",
              far.user_id as "userId",
              r.strength as "strength",
              r.id as "relationId",
              null::uuid as "entityId"
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
              where workspace_id = $37 and known_from <= $38::timestamptz
            ) r
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
                  where workspace_id = $39 and known_from <= $40::timestamptz
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
                  where workspace_id = $41
                    and known_from <= $42::timestamptz
                    and "known_until" > $43::timestamptz
                )
              ) far
              where far.workspace_id = $44
                and far.lineage_id = r.from_lineage_id
                and (
                  (
                    far.retracted_at is null
                    and far.valid_from <= $45::timestamptz
                    and (far.valid_until is null or far.valid_until > $46::timestamptz)
                  )
                  and far.archived_at is null
                  and (far.expires_at is null or far.expires_at > $47::timestamptz)
                )
                and far.id not in (select memory from visited)
                and case
                  when r.type = 'CORRECTS' then far.id = r.from_memory_id
                  else (
                    far.retracted_at is null
                    and far.valid_from <= $48::timestamptz
                    and (far.valid_until is null or far.valid_until > $49::timestamptz)
                  )
                  end
              limit 1
            ) far
            where r.workspace_id = $50
              and r.to_lineage_id = parent.lineage
              and r.retracted_at is null
              and case when r.type = 'CORRECTS' then r.to_memory_id = parent.version else parent.holds end
            order by r.strength desc, r.id desc
            limit $51
          )
          union all
          (
            select far.id as "id",
              far.lineage_id as "lineageId",
              far.companion_id as "companionId",
              far.user_id as "userId",
              r.strength as "strength",
              r.id as "relationId",
              null::uuid as "entityId"
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
              where workspace_id = $52 and known_from <= $53::timestamptz and "known_until" > $54::timestamptz
            ) r
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
                  where workspace_id = $55 and known_from <= $56::timestamptz
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
                  where workspace_id = $57
                    and known_from <= $58::timestamptz
                    and "known_until" > $59::timestamptz
                )
              ) far
              where far.workspace_id = $60
                and far.lineage_id = r.from_lineage_id
                and (
                  (
                    far.retracted_at is null
                    and far.valid_from <= $61::timestamptz
                    and (far.valid_until is null or far.valid_until > $62::timestamptz)
                  )
                  and far.archived_at is null
                  and (far.expires_at is null or far.expires_at > $63::timestamptz)
                )
                and far.id not in (select memory from visited)
                and case
                  when r.type = 'CORRECTS' then far.id = r.from_memory_id
                  else (
                    far.retracted_at is null
                    and far.valid_from <= $64::timestamptz
                    and (far.valid_until is null or far.valid_until > $65::timestamptz)
                  )
                  end
              limit 1
            ) far
            where r.workspace_id = $66
              and r.to_lineage_id = parent.lineage
              and r.retracted_at is null
              and case when r.type = 'CORRECTS' then r.to_memory_id = parent.version else parent.holds end
            order by r.strength desc, r.id desc
            limit $67
          )
        ) step
        order by step."strength" desc, step."relationId" desc
        limit $68
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
    having count(*) >= $69 and count(distinct step."id") < $70
  ) as "isShort"
from (
  select distinct on (step."id") *
  from step
  order by step."id", step."strength" desc nulls last, step."relationId" desc nulls last, step."entityId"
) found
order by found."strength" desc nulls last, found."relationId" desc nulls last, found."id" desc
limit $71;

with visited as materialized (select unnest($1::uuid[]) as memory),
  step as materialized (
    select parent.version as parent, step.*
    from unnest($2::uuid[], $3::uuid[], $4::boolean[]) parent (version, lineage, holds)
    cross join lateral (
      (
        select 'OUT' as way, step.*
        from (
          (
            select far.id as "id",
              far.lineage_id as "lineageId",
              far.companion_id as "companionId",
              far.user_id as "userId",
              r.strength as "strength",
              r.id as "relationId",
              null::uuid as "entityId"
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
              where workspace_id = $5 and known_from <= $6::timestamptz
            ) r
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
                  where workspace_id = $7 and known_from <= $8::timestamptz
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
                  where workspace_id = $9
                    and known_from <= $10::timestamptz
                    and "known_until" > $11::timestamptz
                )
              ) far
              where far.workspace_id = $12
                and far.lineage_id = r.to_lineage_id
                and (
                  (
                    far.retracted_at is null
                    and far.valid_from <= $13::timestamptz
                    and (far.valid_until is null or far.valid_until > $14::timestamptz)
                  )
                  and far.archived_at is null
                  and (far.expires_at is null or far.expires_at > $15::timestamptz)
                )
                and far.id not in (select memory from visited)
                and case
                  when r.type = 'CORRECTS' then far.id = r.to_memory_id
                  else (
                    far.retracted_at is null
                    and far.valid_from <= $16::timestamptz
                    and (far.valid_until is null or far.valid_until > $17::timestamptz)
                  )
                  end
              limit 1
            ) far
            where r.workspace_id = $18
              and r.from_lineage_id = parent.lineage
              and r.retracted_at is null
              and case when r.type = 'CORRECTS' then r.from_memory_id = parent.version else parent.holds end
            order by r.strength desc, r.id desc
            limit $19
          )
          union all
          (
            select far.id as "id",
              far.lineage_id as "lineageId",
              far.companion_id as "companionId",
              far.user_id as "userId",
              r.strength as "strength",
              r.id as "relationId",
              null::uuid as "entityId"
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
              where workspace_id = $20 and known_from <= $21::timestamptz and "known_until" > $22::timestamptz
            ) r
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
                  where workspace_id = $23 and known_from <= $24::timestamptz
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
                  where workspace_id = $25
                    and known_from <= $26::timestamptz
                    and "known_until" > $27::timestamptz
                )
              ) far
              where far.workspace_id = $28
                and far.lineage_id = r.to_lineage_id
                and (
                  (
                    far.retracted_at is null
                    and far.valid_from <= $29::timestamptz
                    and (far.valid_until is null or far.valid_until > $30::timestamptz)
                  )
                  and far.archived_at is null
                  and (far.expires_at is null or far.expires_at > $31::timestamptz)
                )
                and far.id not in (select memory from visited)
                and case
                  when r.type = 'CORRECTS' then far.id = r.to_memory_id
                  else (
                    far.retracted_at is null
                    and far.valid_from <= $32::timestamptz
                    and (far.valid_until is null or far.valid_until > $33::timestamptz)
                  )
                  end
              limit 1
            ) far
            where r.workspace_id = $34
              and r.from_lineage_id = parent.lineage
              and r.retracted_at is null
              and case when r.type = 'CORRECTS' then r.from_memory_id = parent.version else parent.holds end
            order by r.strength desc, r.id desc
            limit $35
          )
        ) step
        order by step."strength" desc, step."relationId" desc
        limit $36
      )
      union all
      (
        select 'IN' as way, step.*
        from (
          (
            select far.id as "id",
              far.lineage_id as "lineageId",
              far.companion_id as "companionId",
              far.user_id as "userId",
              r.strength as "strength",
              r.id as "relationId",
              null::uuid as "entityId"
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
              where workspace_id = $37 and known_from <= $38::timestamptz
            ) r
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
                  where workspace_id = $39 and known_from <= $40::timestamptz
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
                  where workspace_id = $41
                    and known_from <= $42::timestamptz
                    and "known_until" > $43::timestamptz
                )
              ) far
              where far.workspace_id = $44
                and far.lineage_id = r.from_lineage_id
                and (
                  (
                    far.retracted_at is null
                    and far.valid_from <= $45::timestamptz
                    and (far.valid_until is null or far.valid_until > $46::timestamptz)
                  )
                  and far.archived_at is null
                  and (far.expires_at is null or far.expires_at > $47::timestamptz)
                )
                and far.id not in (select memory from visited)
                and case
                  when r.type = 'CORRECTS' then far.id = r.from_memory_id
                  else (
                    far.retracted_at is null
                    and far.valid_from <= $48::timestamptz
                    and (far.valid_until is null or far.valid_until > $49::timestamptz)
                  )
                  end
              limit 1
            ) far
            where r.workspace_id = $50
              and r.to_lineage_id = parent.lineage
              and r.retracted_at is null
              and case when r.type = 'CORRECTS' then r.to_memory_id = parent.version else parent.holds end
            order by r.strength desc, r.id desc
            limit $51
          )
          union all
          (
            select far.id as "id",
              far.lineage_id as "lineageId",
              far.companion_id as "companionId",
              far.user_id as "userId",
              r.strength as "strength",
              r.id as "relationId",
              null::uuid as "entityId"
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
              where workspace_id = $52 and known_from <= $53::timestamptz and "known_until" > $54::timestamptz
            ) r
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
                  where workspace_id = $55 and known_from <= $56::timestamptz
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
                  where workspace_id = $57
                    and known_from <= $58::timestamptz
                    and "known_until" > $59::timestamptz
                )
              ) far
              where far.workspace_id = $60
                and far.lineage_id = r.from_lineage_id
                and (
                  (
                    far.retracted_at is null
                    and far.valid_from <= $61::timestamptz
                    and (far.valid_until is null or far.valid_until > $62::timestamptz)
                  )
                  and far.archived_at is null
                  and (far.expires_at is null or far.expires_at > $63::timestamptz)
                )
                and far.id not in (select memory from visited)
                and case
                  when r.type = 'CORRECTS' then far.id = r.from_memory_id
                  else (
                    far.retracted_at is null
                    and far.valid_from <= $64::timestamptz
                    and (far.valid_until is null or far.valid_until > $65::timestamptz)
                  )
                  end
              limit 1
            ) far
            where r.workspace_id = $66
              and r.to_lineage_id = parent.lineage
              and r.retracted_at is null
              and case when r.type = 'CORRECTS' then r.to_memory_id = parent.version else parent.holds end
            order by r.strength desc, r.id desc
            limit $67
          )
        ) step
        order by step."strength" desc, step."relationId" desc
        limit $68
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
    having count(*) >= $69 and count(distinct step."id") < $70
  ) as "isShort"
from (
  select distinct on (step."id") *
  from step
  order by step."id", step."strength" desc nulls last, step."relationId" desc nulls last, step."entityId"
) found
order by found."strength" desc nulls last, found."relationId" desc nulls last, found."id" desc
limit $71;

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
