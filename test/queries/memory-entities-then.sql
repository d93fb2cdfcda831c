begin;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
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
                where workspace_id = $3 and known_from <= $4::timestamptz and "known_until" > $5::timestamptz
              )
            ) merged
            where merged.workspace_id = $6 and merged.merged_into = mention.entity_id
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
      select distinct coalesce(e.merged_into, e.id) as entity_id, x.memory_id
      from (
        (
          select workspace_id, memory_id, entity_id, known_from
          from mentions
          where workspace_id = $13 and known_from <= $14::timestamptz
        )
        union all
        (
          select workspace_id, memory_id, entity_id, known_from
          from "mentions_history"
          where workspace_id = $15 and known_from <= $16::timestamptz and "known_until" > $17::timestamptz
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
            where workspace_id = $18 and known_from <= $19::timestamptz
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
            where workspace_id = $20 and known_from <= $21::timestamptz and "known_until" > $22::timestamptz
          )
        ) e
        where e.workspace_id = $23 and e.id = x.entity_id
        limit 1
      ) e
      where x.workspace_id = $24 and x.memory_id = any($25::uuid[])
    ) mention
    group by mention.entity_id
  ) counted
  cross join unnest(counted.mentioning) mentioning (memory)
)
select parent.given as "parent",
  e.id as "id",
  e.companion_id as "companionId",
  e.type as "type",
  e.name as "name",
  e.aliases as "aliases",
  page.mentioned
from unnest($26::uuid[]) with ordinality parent (given, nth)
cross join lateral (
  select mention.entity_id,
    mention.mentioned,
    row_number() over (order by mention.mentioned desc, mention.entity_id desc) as place
  from mention
  where mention.memory_id = parent.given
  order by mention.mentioned desc, mention.entity_id desc
  limit $27
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
      where workspace_id = $28 and known_from <= $29::timestamptz
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
      where workspace_id = $30 and known_from <= $31::timestamptz and "known_until" > $32::timestamptz
    )
  ) e
  where e.workspace_id = $33 and e.id = page.entity_id
  limit 1
) e
order by parent.nth, page.place;

select mention.memory_id as "parent", count(*)::int as count
from (
  select distinct coalesce(e.merged_into, e.id) as entity_id, x.memory_id
  from (
    (
      select workspace_id, memory_id, entity_id, known_from
      from mentions
      where workspace_id = $1 and known_from <= $2::timestamptz
    )
    union all
    (
      select workspace_id, memory_id, entity_id, known_from
      from "mentions_history"
      where workspace_id = $3 and known_from <= $4::timestamptz and "known_until" > $5::timestamptz
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
        where workspace_id = $6 and known_from <= $7::timestamptz
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
        where workspace_id = $8 and known_from <= $9::timestamptz and "known_until" > $10::timestamptz
      )
    ) e
    where e.workspace_id = $11 and e.id = x.entity_id
    limit 1
  ) e
  where x.workspace_id = $12 and x.memory_id = any($13::uuid[])
) mention
group by 1;

commit;
