begin;

select c.id as "id"
from companions c
where c.workspace_id = $1 and c.id = (select c.id from companions c where c.workspace_id = $2 and c.key = $3);

select parent.given as "parent",
  page.value as "value",
  m.id as "m.id",
  m.lineage_id as "m.lineageId",
  m.companion_id as "m.companionId",
  m.user_id as "m.userId"
from unnest($1::uuid[]) with ordinality parent (given, nth)
cross join lateral (
  select chosen.id, chosen.value, row_number() over (order by chosen.value desc, chosen.id desc) as place
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
        where workspace_id = $2 and known_from <= $3::timestamptz
      ) m
      where m.workspace_id = $4
        and m.recorded_at <= $5::timestamptz
        and m.companion_id = parent.given
        and (
          (
            m.retracted_at is null
            and m.valid_from <= $6::timestamptz
            and (m.valid_until is null or m.valid_until > $7::timestamptz)
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > $8::timestamptz)
        )
        and (m.recorded_at, m.id) < ($9::text::timestamptz, $10::uuid)
      order by value desc, m.id desc
      limit $11
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
        where workspace_id = $12 and known_from <= $13::timestamptz and "known_until" > $14::timestamptz
      ) m
      where m.workspace_id = $15
        and m.recorded_at <= $16::timestamptz
        and m.companion_id = parent.given
        and (
          (
            m.retracted_at is null
            and m.valid_from <= $17::timestamptz
            and (m.valid_until is null or m.valid_until > $18::timestamptz)
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > $19::timestamptz)
        )
        and (m.recorded_at, m.id) < ($20::text::timestamptz, $21::uuid)
      order by value desc, m.id desc
      limit $22
    )
  ) chosen
  order by chosen.value desc, chosen.id desc
  limit $23
) page
cross join lateral (select * from memories m where m.workspace_id = $24 and m.id = page.id limit 1) m
order by parent.nth, page.place;

commit;
