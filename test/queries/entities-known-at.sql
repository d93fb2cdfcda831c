begin;

select e.id as "id",
  e.companion_id as "companionId",
  e.type as "type",
  e.name as "name",
  e.aliases as "aliases",
  page.mentioned
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
                where workspace_id = $3 and known_from <= $4::timestamptz and "known_until" > $5::timestamptz
              )
            ) merged
            where merged.workspace_id = $6 and merged.merged_into = e.id
          ) family
          cross join lateral (
            select x.memory_id
            from (
              (
                select workspace_id, memory_id, entity_id, known_from
                from mentions
                where workspace_id = $7 and known_from <= $8::timestamptz
              )
              union all
              (
                select workspace_id, memory_id, entity_id, known_from
                from "mentions_history"
                where workspace_id = $9
                  and known_from <= $10::timestamptz
                  and "known_until" > $11::timestamptz
              )
            ) x
            where x.workspace_id = $12 and x.entity_id = family.id
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
        where workspace_id = $13 and known_from <= $14::timestamptz
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
        where workspace_id = $15 and known_from <= $16::timestamptz and "known_until" > $17::timestamptz
      )
    ) e
    where e.workspace_id = $18 and e.merged_into is null
  ) e
  where true
  order by mentioned desc, e.id desc
  limit $19
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
      where workspace_id = $20 and known_from <= $21::timestamptz
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
      where workspace_id = $22 and known_from <= $23::timestamptz and "known_until" > $24::timestamptz
    )
  ) e
  where e.workspace_id = $25 and e.id = page.id
  limit 1
) e
order by page.mentioned desc, page.id desc;

select count(*)::int as count
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
    where workspace_id = $3 and known_from <= $4::timestamptz and "known_until" > $5::timestamptz
  )
) e
where e.workspace_id = $6 and e.merged_into is null;

commit;
