begin;

select e.id as "id",
  e.companion_id as "companionId",
  e.type as "type",
  e.name as "name",
  e.aliases as "aliases"
from entities e
where e.workspace_id = $1 and e.id = any($2::uuid[]) and e.merged_into is null;

with mention as materialized (
  select parent.given as parent, mention.entity_id, count(*)::int as shared
  from unnest($1::uuid[]) parent (given)
  cross join lateral (
    select distinct far.id
    from (
      select far.*
      from (
        select parent.given as "id"
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
        ) merged
        where merged.workspace_id = $7 and merged.merged_into = parent.given
      ) family
      cross join lateral (
        (
          select far.*
          from (
            select workspace_id, memory_id, entity_id, known_from
            from mentions
            where workspace_id = $8 and known_from <= $9::timestamptz
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
                where workspace_id = $10 and known_from <= $11::timestamptz
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
                where workspace_id = $12
                  and known_from <= $13::timestamptz
                  and "known_until" > $14::timestamptz
              )
            ) far
            where far.workspace_id = $15
              and far.id = x.memory_id
              and (
                (
                  far.retracted_at is null
                  and far.valid_from <= $16::timestamptz
                  and (far.valid_until is null or far.valid_until > $17::timestamptz)
                )
                and far.archived_at is null
                and (far.expires_at is null or far.expires_at > $18::timestamptz)
              )
              and true
            limit 1
          ) far
          where x.workspace_id = $19 and x.entity_id = family.id
          order by x.memory_id desc
          limit $20
        )
        union all
        (
          select far.*
          from (
            select workspace_id, memory_id, entity_id, known_from
            from "mentions_history"
            where workspace_id = $21 and known_from <= $22::timestamptz and "known_until" > $23::timestamptz
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
                where workspace_id = $24 and known_from <= $25::timestamptz
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
                where workspace_id = $26
                  and known_from <= $27::timestamptz
                  and "known_until" > $28::timestamptz
              )
            ) far
            where far.workspace_id = $29
              and far.id = x.memory_id
              and (
                (
                  far.retracted_at is null
                  and far.valid_from <= $30::timestamptz
                  and (far.valid_until is null or far.valid_until > $31::timestamptz)
                )
                and far.archived_at is null
                and (far.expires_at is null or far.expires_at > $32::timestamptz)
              )
              and true
            limit 1
          ) far
          where x.workspace_id = $33 and x.entity_id = family.id
          order by x.memory_id desc
          limit $34
        )
      ) far
    ) far
    order by far.id desc
    limit $35
  ) memory
  cross join lateral (
    select distinct coalesce(e.merged_into, e.id) as entity_id, x.memory_id
    from (
      (
        select workspace_id, memory_id, entity_id, known_from
        from mentions
        where workspace_id = $36 and known_from <= $37::timestamptz
      )
      union all
      (
        select workspace_id, memory_id, entity_id, known_from
        from "mentions_history"
        where workspace_id = $38 and known_from <= $39::timestamptz and "known_until" > $40::timestamptz
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
          where workspace_id = $41 and known_from <= $42::timestamptz
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
          where workspace_id = $43 and known_from <= $44::timestamptz and "known_until" > $45::timestamptz
        )
      ) e
      where e.workspace_id = $46 and e.id = x.entity_id
      limit 1
    ) e
    where x.workspace_id = $47 and x.memory_id = memory.id
    offset 0
  ) mention
  where mention.entity_id <> parent.given
  group by 1, 2
)
select parent.given as "parent",
  e.id as "id",
  e.companion_id as "companionId",
  e.type as "type",
  e.name as "name",
  e.aliases as "aliases",
  page.shared
from unnest($48::uuid[]) with ordinality parent (given, nth)
cross join lateral (
  select mention.entity_id,
    mention.shared,
    row_number() over (order by mention.shared desc, mention.entity_id desc) as place
  from mention
  where mention.parent = parent.given and (mention.shared, mention.entity_id) < ($49::text::int4, $50::uuid)
  order by mention.shared desc, mention.entity_id desc
  limit $51
) page
cross join lateral (select * from entities e where e.workspace_id = $52 and e.id = page.entity_id limit 1) e
order by parent.nth, page.place;

commit;
