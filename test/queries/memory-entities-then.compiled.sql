begin;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (
    select json_build_array(
      m.id,
      array(
        with mention as materialized (
          select counted.entity_id, counted.mentioned, mentioning.memory as memory_id
          from (
            select mention.entity_id,
              array_agg(mention.memory_id) as mentioning,
              (
                select count(distinct x.memory_id)::int
                from (
                  select x.memory_id
                  from (
                    select mention.entity_id as "id"
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
                    ) merged
                    where merged.workspace_id = $1 and merged.merged_into = mention.entity_id
                  ) family
                  cross join lateral (
                    select x.memory_id
                    from (
                      (
                        select workspace_id, memory_id, entity_id, known_from
                        from mentions
                        where workspace_id = $1 and known_from <= $5::timestamptz
                      )
                      union all
                      (
                        select workspace_id, memory_id, entity_id, known_from
                        from "mentions_history"
                        where workspace_id = $1
                          and known_from <= $6::timestamptz
                          and "known_until" > $7::timestamptz
                      )
                    ) x
                    where x.workspace_id = $1 and x.entity_id = family.id
                    offset 0
                  ) x
                ) x
              ) as mentioned
            from (
              select distinct coalesce(e.merged_into, e.id) as entity_id, x.memory_id
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
              cross join lateral (
                select *
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
                    where workspace_id = $1 and known_from <= $11::timestamptz
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
                      and known_from <= $12::timestamptz
                      and "known_until" > $13::timestamptz
                  )
                ) e
                where e.workspace_id = $1 and e.id = x.entity_id
                limit 1
              ) e
              where x.workspace_id = $1 and x.memory_id = m.id
            ) mention
            group by mention.entity_id
          ) counted
          cross join unnest(counted.mentioning) mentioning (memory)
        )
        select json_build_array(e.name, e.aliases)
        from (select m.id as given, 1 as nth) parent
        cross join lateral (
          select mention.entity_id,
            mention.mentioned,
            row_number() over (order by mention.mentioned desc, mention.entity_id desc) as place
          from mention
          where mention.memory_id = parent.given
          order by mention.mentioned desc, mention.entity_id desc
          limit $14
        ) page
        cross join lateral (
          select *
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
              where workspace_id = $1 and known_from <= $15::timestamptz
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
              where workspace_id = $1 and known_from <= $16::timestamptz and "known_until" > $17::timestamptz
            )
          ) e
          where e.workspace_id = $1 and e.id = page.entity_id
          limit 1
        ) e
        order by parent.nth, page.place
      ),
      (
        select count(*)::int
        from (
          select distinct coalesce(e.merged_into, e.id) as entity_id, x.memory_id
          from (
            (
              select workspace_id, memory_id, entity_id, known_from
              from mentions
              where workspace_id = $1 and known_from <= $18::timestamptz
            )
            union all
            (
              select workspace_id, memory_id, entity_id, known_from
              from "mentions_history"
              where workspace_id = $1 and known_from <= $19::timestamptz and "known_until" > $20::timestamptz
            )
          ) x
          cross join lateral (
            select *
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
                where workspace_id = $1 and known_from <= $21::timestamptz
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
                  and known_from <= $22::timestamptz
                  and "known_until" > $23::timestamptz
              )
            ) e
            where e.workspace_id = $1 and e.id = x.entity_id
            limit 1
          ) e
          where x.workspace_id = $1 and x.memory_id = m.id
        ) mention
      )
    )::text as value
    offset 0
  ) made
) as "row"
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
    where workspace_id = $1 and known_from <= $24::timestamptz
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
    where workspace_id = $1 and known_from <= $25::timestamptz and "known_until" > $26::timestamptz
  )
) m
where m.workspace_id = $1 and m.id = $27::uuid;

commit;
