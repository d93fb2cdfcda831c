begin;

select e.id as "id",
  e.companion_id as "companionId",
  e.type as "type",
  e.name as "name",
  e.aliases as "aliases"
from entities e
where e.workspace_id = $1 and e.id = any($2::uuid[]) and e.merged_into is null;

select parent.given as "parent",
  page.value as "value",
  m.id as "m.id",
  m.lineage_id as "m.lineageId",
  m.companion_id as "m.companionId",
  m.user_id as "m.userId"
from unnest($1::uuid[]) with ordinality parent (given, nth)
cross join lateral (
  select chosen.id, chosen.value, row_number() over (order by chosen.value asc, chosen.id asc) as place
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
            where workspace_id = $2 and known_from <= $3::timestamptz
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
            where workspace_id = $4 and known_from <= $5::timestamptz and "known_until" > $6::timestamptz
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
                where workspace_id = $7 and known_from <= $8::timestamptz
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
                where workspace_id = $9
                  and known_from <= $10::timestamptz
                  and "known_until" > $11::timestamptz
              )
            ) merged
            where merged.workspace_id = $12 and merged.merged_into = coalesce(named.merged_into, named.id)
          ) family
          cross join lateral (
            select x.memory_id
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
                where workspace_id = $15
                  and known_from <= $16::timestamptz
                  and "known_until" > $17::timestamptz
              )
            ) x
            where x.workspace_id = $18 and x.entity_id = family.id
            offset 0
          ) x
        ) x
        where named.workspace_id = $19 and named.id = parent.given
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
            where workspace_id = $20 and known_from <= $21::timestamptz
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
            where workspace_id = $22 and known_from <= $23::timestamptz and "known_until" > $24::timestamptz
          )
        ) m
        where m.workspace_id = $25 and m.id = x.memory_id
        limit 1
      ) m
      where m.workspace_id = $26
        and m.recorded_at <= $27::timestamptz
        and (
          (
            m.retracted_at is null
            and m.valid_from <= $28::timestamptz
            and (m.valid_until is null or m.valid_until > $29::timestamptz)
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > $30::timestamptz)
        )
        and (m.recorded_at, m.id) > ($31::text::timestamptz, $32::uuid)
      order by value asc, m.id asc
      limit $33
    )
  ) chosen
  order by chosen.value asc, chosen.id asc
  limit $34
) page
cross join lateral (select * from memories m where m.workspace_id = $35 and m.id = page.id limit 1) m
order by parent.nth, page.place;

commit;
