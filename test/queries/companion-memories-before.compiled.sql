begin;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (
    select json_build_array(
      c.id,
      array(
        select json_build_array(page.value, m.id, m.id)
        from (select c.id as given, 1 as nth) parent
        cross join lateral (
          select chosen.id,
            chosen.value,
            row_number() over (order by chosen.value asc, chosen.id asc) as place
          from (
            (
              select m.id, m.recorded_at as value
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
                and m.companion_id = parent.given
                and (
                  (
                    m.retracted_at is null
                    and m.valid_from <= $4::timestamptz
                    and (m.valid_until is null or m.valid_until > $5::timestamptz)
                  )
                  and m.archived_at is null
                  and (m.expires_at is null or m.expires_at > $6::timestamptz)
                )
                and (m.recorded_at, m.id) > ($7::text::timestamptz, $8::uuid)
              order by value asc, m.id asc
              limit $9
            )
            union all
            (
              select m.id, m.recorded_at as value
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
                  and known_from <= $10::timestamptz
                  and "known_until" > $11::timestamptz
              ) m
              where m.workspace_id = $1
                and m.recorded_at <= $12::timestamptz
                and m.companion_id = parent.given
                and (
                  (
                    m.retracted_at is null
                    and m.valid_from <= $13::timestamptz
                    and (m.valid_until is null or m.valid_until > $14::timestamptz)
                  )
                  and m.archived_at is null
                  and (m.expires_at is null or m.expires_at > $15::timestamptz)
                )
                and (m.recorded_at, m.id) > ($16::text::timestamptz, $17::uuid)
              order by value asc, m.id asc
              limit $18
            )
          ) chosen
          order by chosen.value asc, chosen.id asc
          limit $19
        ) page
        cross join lateral (select * from memories m where m.workspace_id = $1 and m.id = page.id limit 1) m
        order by parent.nth, page.place
      )
    )::text as value
    offset 0
  ) made
) as "row"
from companions c
where c.workspace_id = $1 and c.key = $20;

commit;
