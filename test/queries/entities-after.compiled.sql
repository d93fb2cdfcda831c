begin;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (select json_build_array(page.mentioned, e.id, e.id)::text as value offset 0) made
) as "row"
from (
  select *
  from (
    select e.id,
      (
        select count(distinct x.memory_id)::int
        from (
          select x.memory_id
          from (
            select e.id as "id"
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
                where workspace_id = $1 and known_from <= $3::timestamptz and "known_until" > $4::timestamptz
              )
            ) merged
            where merged.workspace_id = $1 and merged.merged_into = e.id
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
                where workspace_id = $1 and known_from <= $6::timestamptz and "known_until" > $7::timestamptz
              )
            ) x
            where x.workspace_id = $1 and x.entity_id = family.id
            offset 0
          ) x
        ) x
      ) as mentioned
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
        where workspace_id = $1 and known_from <= $8::timestamptz
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
        where workspace_id = $1 and known_from <= $9::timestamptz and "known_until" > $10::timestamptz
      )
    ) e
    where e.workspace_id = $1 and e.merged_into is null
  ) e
  where (mentioned, e.id) < ($11::text::int4, $12::uuid)
  order by mentioned desc, e.id desc
  limit $13
) page
cross join lateral (select * from entities e where e.workspace_id = $1 and e.id = page.id limit 1) e
order by page.mentioned desc, page.id desc;

commit;
