begin;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (
    select json_build_array(
      talk.id,
      array(
        select json_build_array(m.content)
        from (select talk.id as given, 1 as nth) parent
        cross join lateral (
          select chosen.id,
            chosen.value,
            row_number() over (order by chosen.value desc, chosen.id desc) as place
          from (
            (
              select m.id, m.valid_from as value
              from (
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
              ) m
              where m.workspace_id = $1
                and m.recorded_at <= $3::timestamptz
                and m.lineage_id in (
                  select g.lineage_id
                  from messages g
                  where g.workspace_id = $1 and g.conversation_id = parent.given and g.lineage_id is not null
                )
                and (
                  (
                    m.retracted_at is null
                    and m.valid_from <= $4::timestamptz
                    and (m.valid_until is null or m.valid_until > $5::timestamptz)
                  )
                  and m.archived_at is null
                  and (m.expires_at is null or m.expires_at > $6::timestamptz)
                )
                and m.type = any(
                  array(select value::memory_type from jsonb_array_elements_text($7::jsonb) given (value))
                )
              order by value desc, m.id desc
              limit $8
            )
            union all
            (
              select m.id, m.valid_from as value
              from (
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
                where workspace_id = $1 and known_from <= $9::timestamptz and "known_until" > $10::timestamptz
              ) m
              where m.workspace_id = $1
                and m.recorded_at <= $11::timestamptz
                and m.lineage_id in (
                  select g.lineage_id
                  from messages g
                  where g.workspace_id = $1 and g.conversation_id = parent.given and g.lineage_id is not null
                )
                and (
                  (
                    m.retracted_at is null
                    and m.valid_from <= $12::timestamptz
                    and (m.valid_until is null or m.valid_until > $13::timestamptz)
                  )
                  and m.archived_at is null
                  and (m.expires_at is null or m.expires_at > $14::timestamptz)
                )
                and m.type = any(
                  array(select value::memory_type from jsonb_array_elements_text($15::jsonb) given (value))
                )
              order by value desc, m.id desc
              limit $16
            )
          ) chosen
          order by chosen.value desc, chosen.id desc
          limit $17
        ) page
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
              where workspace_id = $1 and known_from <= $18::timestamptz
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
              where workspace_id = $1 and known_from <= $19::timestamptz and "known_until" > $20::timestamptz
            )
          ) m
          where m.workspace_id = $1 and m.id = page.id
          limit 1
        ) m
        order by parent.nth, page.place
      ),
      (
        select whole.count
        from (
          select parent.given as "parent", counted.count
          from (select talk.id as given, 1 as nth) parent
          cross join lateral (
            select sum(part.count)::int as count
            from (
              select count(*)
              from (
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
                where workspace_id = $1 and known_from <= $21::timestamptz
              ) m
              where m.workspace_id = $1
                and m.recorded_at <= $22::timestamptz
                and m.lineage_id in (
                  select g.lineage_id
                  from messages g
                  where g.workspace_id = $1 and g.conversation_id = parent.given and g.lineage_id is not null
                )
                and (
                  (
                    m.retracted_at is null
                    and m.valid_from <= $23::timestamptz
                    and (m.valid_until is null or m.valid_until > $24::timestamptz)
                  )
                  and m.archived_at is null
                  and (m.expires_at is null or m.expires_at > $25::timestamptz)
                )
                and m.type = any(
                  array(select value::memory_type from jsonb_array_elements_text($26::jsonb) given (value))
                )
              union all
              select count(*)
              from (
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
                  and known_from <= $27::timestamptz
                  and "known_until" > $28::timestamptz
              ) m
              where m.workspace_id = $1
                and m.recorded_at <= $29::timestamptz
                and m.lineage_id in (
                  select g.lineage_id
                  from messages g
                  where g.workspace_id = $1 and g.conversation_id = parent.given and g.lineage_id is not null
                )
                and (
                  (
                    m.retracted_at is null
                    and m.valid_from <= $30::timestamptz
                    and (m.valid_until is null or m.valid_until > $31::timestamptz)
                  )
                  and m.archived_at is null
                  and (m.expires_at is null or m.expires_at > $32::timestamptz)
                )
                and m.type = any(
                  array(select value::memory_type from jsonb_array_elements_text($33::jsonb) given (value))
                )
            ) part
          ) counted
        ) whole
      ),
      array(
        select json_build_array(m.content)
        from (select talk.id as given, 1 as nth) parent
        cross join lateral (
          select chosen.id,
            chosen.value,
            row_number() over (order by chosen.value asc, chosen.id asc) as place
          from (
            (
              select m.id, m.recorded_at as value
              from memories m
              where m.workspace_id = $1
                and m.lineage_id in (
                  select g.lineage_id
                  from messages g
                  where g.workspace_id = $1 and g.conversation_id = parent.given and g.lineage_id is not null
                )
                and (
                  (
                    m.retracted_at is null
                    and m.valid_from <= now()
                    and (m.valid_until is null or m.valid_until > now())
                  )
                  and m.archived_at is null
                  and (m.expires_at is null or m.expires_at > now())
                )
              order by value asc, m.id asc
              limit $34
            )
          ) chosen
          order by chosen.value asc, chosen.id asc
          limit $35
        ) page
        cross join lateral (select * from memories m where m.workspace_id = $1 and m.id = page.id limit 1) m
        order by parent.nth, page.place
      ),
      (
        select whole.count
        from (
          select parent.given as "parent", counted.count
          from (select talk.id as given, 1 as nth) parent
          cross join lateral (
            select sum(part.count)::int as count
            from (
              select count(*)
              from memories m
              where m.workspace_id = $1
                and m.lineage_id in (
                  select g.lineage_id
                  from messages g
                  where g.workspace_id = $1 and g.conversation_id = parent.given and g.lineage_id is not null
                )
                and (
                  (
                    m.retracted_at is null
                    and m.valid_from <= now()
                    and (m.valid_until is null or m.valid_until > now())
                  )
                  and m.archived_at is null
                  and (m.expires_at is null or m.expires_at > now())
                )
            ) part
          ) counted
        ) whole
      )
    )::text as value
    offset 0
  ) made
) as "row"
from conversations talk
where talk.workspace_id = $1 and talk.id = $36::uuid;

commit;
