begin;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

select parent.lineage as parent,
  page.value,
  m.id as "m.id",
  m.lineage_id as "m.lineageId",
  m.companion_id as "m.companionId",
  m.user_id as "m.userId"
from unnest($1::uuid[]) with ordinality parent (lineage, place)
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
      where workspace_id = $2 and known_from <= $3::timestamptz
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
      where workspace_id = $4 and known_from <= $5::timestamptz and "known_until" > $6::timestamptz
    )
  ) m
  where m.workspace_id = $7
    and m.lineage_id = parent.lineage
    and (
      (
        to_char(m.valid_from at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') || ' ' || to_char(
          m.recorded_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS'
        )
      ),
      m.id
    ) > ($8::text::text, $9::uuid)
  order by (
    to_char(m.valid_from at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') || ' ' || to_char(
      m.recorded_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS'
    )
  ) asc,
    m.id asc
  limit $10
) page
cross join lateral (select * from memories m where m.workspace_id = $11 and m.id = page.found limit 1) m
order by parent.place, page.place;

commit;
