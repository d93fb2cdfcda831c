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
        select json_build_array(page.mentioned, e.id, e.id)
        from (select m.id as given, 1 as nth) parent
        cross join lateral (
          select mention.entity_id,
            mention.mentioned,
            row_number() over (order by mention.mentioned desc, mention.entity_id desc) as place
          from mention
          where mention.memory_id = parent.given
            and (mention.mentioned, mention.entity_id) < ($14::text::int4, $15::uuid)
          order by mention.mentioned desc, mention.entity_id desc
          limit $16
        ) page
        cross join lateral (
          select * from entities e where e.workspace_id = $1 and e.id = page.entity_id limit 1
        ) e
        order by parent.nth, page.place
      )
    )::text as value
    offset 0
  ) made
) as "row"
from memories m
where m.workspace_id = $1 and m.id = $17::uuid;

commit;
