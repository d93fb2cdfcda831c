begin;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (
    select json_build_array(
      e.id,
      array(
        select json_build_array(page.value, m.id, m.id)
        from (select e.id as given, 1 as nth) parent
        cross join lateral (
          select chosen.id,
            chosen.value,
            row_number() over (order by chosen.value desc, chosen.id desc) as place
          from (
            (
              select m.id, m.recorded_at as value
              from (
                select distinct x.memory_id
                from (
                  (
                    select workspace_id,
                      id,
                      companion_id,
                      type,
                      name,
                      folded_name,
                      aliases,
                      merged_into,
                      recorded_at,
                      known_from,
                      is_kept,
                      search,
                      analysis
                    from entities
                    where workspace_id = $1 and known_from <= $2::timestamptz
                  )
                  union all
                  (
                    select workspace_id,
                      id,
                      companion_id,
                      type,
                      name,
                      folded_name,
                      aliases,
                      merged_into,
                      recorded_at,
                      known_from,
                      is_kept,
                      search,
                      analysis
                    from "entities_history"
                    where workspace_id = $1
                      and known_from <= $3::timestamptz
                      and "known_until" > $4::timestamptz
                  )
                ) named
                cross join lateral (
                  select x.memory_id
                  from (
                    select coalesce(named.merged_into, named.id) as "id"
                    union all
                    select merged.id
                    from (
                      (
                        select workspace_id,
                          id,
                          companion_id,
                          type,
                          name,
                          folded_name,
                          aliases,
                          merged_into,
                          recorded_at,
                          known_from,
                          is_kept,
                          search,
                          analysis
                        from entities
                        where workspace_id = $1 and known_from <= $5::timestamptz
                      )
                      union all
                      (
                        select workspace_id,
                          id,
                          companion_id,
                          type,
                          name,
                          folded_name,
                          aliases,
                          merged_into,
                          recorded_at,
                          known_from,
                          is_kept,
                          search,
                          analysis
                        from "entities_history"
                        where workspace_id = $1
                          and known_from <= $6::timestamptz
                          and "known_until" > $7::timestamptz
                      )
                    ) merged
                    where merged.workspace_id = $1
                      and merged.merged_into = coalesce(named.merged_into, named.id)
                  ) family
                  cross join lateral (
                    select x.memory_id
                    from (
                      (
                        select workspace_id, memory_id, entity_id, known_from
                        from mentions
                        where workspace_id = $1 and known_from <= $8::timestamptz
                      )
                      union all
                      (
                        select workspace_id, memory_id, entity_id, known_from
                        from "mentions_history"
                        where workspace_id = $1
                          and known_from <= $9::timestamptz
                          and "known_until" > $10::timestamptz
                      )
                    ) x
                    where x.workspace_id = $1 and x.entity_id = family.id
                    offset 0
                  ) x
                ) x
                where named.workspace_id = $1 and named.id = parent.given
              ) x
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
                    where workspace_id = $1 and known_from <= $11::timestamptz
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
                      and known_from <= $12::timestamptz
                      and "known_until" > $13::timestamptz
                  )
                ) m
                where m.workspace_id = $1 and m.id = x.memory_id
                limit 1
              ) m
              where m.workspace_id = $1
                and m.recorded_at <= $14::timestamptz
                and (
                  (
                    m.retracted_at is null
                    and m.valid_from <= $15::timestamptz
                    and (m.valid_until is null or m.valid_until > $16::timestamptz)
                  )
                  and m.archived_at is null
                  and (m.expires_at is null or m.expires_at > $17::timestamptz)
                )
                and (m.recorded_at, m.id) < ($18::text::timestamptz, $19::uuid)
              order by value desc, m.id desc
              limit $20
            )
          ) chosen
          order by chosen.value desc, chosen.id desc
          limit $21
        ) page
        cross join lateral (select * from memories m where m.workspace_id = $1 and m.id = page.id limit 1) m
        order by parent.nth, page.place
      )
    )::text as value
    offset 0
  ) made
) as "row"
from entities e
where e.workspace_id = $1 and e.id = $22::uuid and e.merged_into is null;

commit;
