begin;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (
    select json_build_array(
      m.id,
      array(
        select json_build_array(page.value, m.id, m.id)
        from (select m.lineage_id as lineage) parent
        cross join lateral (
          select m.id as found,
            (
              to_char(m.valid_from at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') || ' ' || to_char(
                m.recorded_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS'
              )
            ) as value,
            row_number() over (
              order by (
                to_char(m.valid_from at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') || ' ' || to_char(
                  m.recorded_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS'
                )
              ) asc,
                m.id asc
            ) as place
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
              where workspace_id = $1 and known_from <= $3::timestamptz and "known_until" > $4::timestamptz
            )
          ) m
          where m.workspace_id = $1
            and m.lineage_id = parent.lineage
            and (
              (
                to_char(m.valid_from at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') || ' ' || to_char(
                  m.recorded_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS'
                )
              ),
              m.id
            ) > ($5::text::text, $6::uuid)
          order by (
            to_char(m.valid_from at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') || ' ' || to_char(
              m.recorded_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS'
            )
          ) asc,
            m.id asc
          limit $7
        ) page
        cross join lateral (select * from memories m where m.workspace_id = $1 and m.id = page.found limit 1) m
        order by page.place
      )
    )::text as value
    offset 0
  ) made
) as "row"
from memories m
where m.workspace_id = $1 and m.id = $8::uuid;

commit;
