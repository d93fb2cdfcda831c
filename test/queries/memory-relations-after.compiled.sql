begin;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (
    select json_build_array(
      m.id,
      array(
        select json_build_array(r.strength, r.id, r.id)
        from (
          select m.id as version, m.lineage_id as lineage, holding.id as held, holding.id is not null as holds
          from (select) one
          left join lateral (
            select holding.id
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
                where workspace_id = $1 and known_from <= $3::timestamptz and "known_until" > $4::timestamptz
              )
            ) holding
            where holding.workspace_id = $1
              and holding.lineage_id = m.lineage_id
              and (
                holding.retracted_at is null
                and holding.valid_from <= $5::timestamptz
                and (holding.valid_until is null or holding.valid_until > $6::timestamptz)
              )
            limit 1
          ) holding on true
        ) parent
        cross join lateral (
          select r.*, row_number() over (order by r.strength desc, r.id desc) as place
          from (
            (
              select r.id, r.strength, 'OUT' as direction, far.id as neighbor
              from (
                (
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
                  where workspace_id = $1 and known_from <= $7::timestamptz
                )
                union all
                (
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
                  where workspace_id = $1
                    and known_from <= $8::timestamptz
                    and "known_until" > $9::timestamptz
                )
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
                    where workspace_id = $1 and known_from <= $10::timestamptz
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
                    where workspace_id = $1
                      and known_from <= $11::timestamptz
                      and "known_until" > $12::timestamptz
                  )
                ) far
                where far.workspace_id = $1
                  and far.lineage_id = r.to_lineage_id
                  and case
                    when r.type = 'CORRECTS' then far.id = r.to_memory_id
                    else (
                      far.retracted_at is null
                      and far.valid_from <= $13::timestamptz
                      and (far.valid_until is null or far.valid_until > $14::timestamptz)
                    )
                    end
                limit 1
              ) far
              where r.workspace_id = $1
                and r.from_lineage_id = parent.lineage
                and r.retracted_at is null
                and case when r.type = 'CORRECTS' then r.from_memory_id = parent.version else parent.holds end
                and (r.strength, r.id) < ($15::text::float8, $16::uuid)
              order by r.strength desc, r.id desc
              limit 2
            )
            union all
            (
              select r.id, r.strength, 'IN' as direction, far.id as neighbor
              from (
                (
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
                  where workspace_id = $1 and known_from <= $17::timestamptz
                )
                union all
                (
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
                  where workspace_id = $1
                    and known_from <= $18::timestamptz
                    and "known_until" > $19::timestamptz
                )
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
                    where workspace_id = $1 and known_from <= $20::timestamptz
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
                    where workspace_id = $1
                      and known_from <= $21::timestamptz
                      and "known_until" > $22::timestamptz
                  )
                ) far
                where far.workspace_id = $1
                  and far.lineage_id = r.from_lineage_id
                  and case
                    when r.type = 'CORRECTS' then far.id = r.from_memory_id
                    else (
                      far.retracted_at is null
                      and far.valid_from <= $23::timestamptz
                      and (far.valid_until is null or far.valid_until > $24::timestamptz)
                    )
                    end
                limit 1
              ) far
              where r.workspace_id = $1
                and r.to_lineage_id = parent.lineage
                and r.retracted_at is null
                and case when r.type = 'CORRECTS' then r.to_memory_id = parent.version else parent.holds end
                and (r.strength, r.id) < ($25::text::float8, $26::uuid)
              order by r.strength desc, r.id desc
              limit 2
            )
          ) r
          order by r.strength desc, r.id desc
          limit 2
        ) page
        cross join lateral (select * from relations r where r.workspace_id = $1 and r.id = page.id limit 1) r
        cross join lateral (
          select * from memories m where m.workspace_id = $1 and m.id = page.neighbor limit 1
        ) m
        order by page.place
      )
    )::text as value
    offset 0
  ) made
) as "row"
from memories m
where m.workspace_id = $1 and m.id = $27::uuid;

commit;
