begin;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

select parent.lineage as parent,
  page.value,
  m.id as "m.id",
  m.lineage_id as "m.lineageId",
  m.companion_id as "m.companionId",
  m.user_id as "m.userId",
  m.content as "m.content",
  (
    case
      when m.retracted_at is not null then case
      when m.is_corrected then 'CORRECTED'
      else 'RETRACTED'
      end
      when m.expires_at <= now() then 'EXPIRED'
      when m.archived_at is not null then 'ARCHIVED'
      when m.valid_until <= now() then 'ENDED'
      when m.valid_from > now() then 'UPCOMING'
      when (
        m.is_contested
        and (
          m.retracted_at is null
          and m.valid_from <= now()
          and (m.valid_until is null or m.valid_until > now())
        )
        and exists (
          select 1
          from (
            select c.strength as "strength", other.confidence as "confidence"
            from contradictions c
            cross join lateral (
              select *
              from memories other
              where other.workspace_id = $1
                and other.id = c.by_id
                and (
                  other.retracted_at is null
                  and other.valid_from <= now()
                  and (other.valid_until is null or other.valid_until > now())
                )
              limit 1
            ) other
            where c.workspace_id = $2 and c.memory_id = m.id and c.status = 'OPEN'
            union all
            select c.strength as "strength", other.confidence as "confidence"
            from contradictions c
            cross join lateral (
              select *
              from memories other
              where other.workspace_id = $3
                and other.id = c.memory_id
                and (
                  other.retracted_at is null
                  and other.valid_from <= now()
                  and (other.valid_until is null or other.valid_until > now())
                )
              limit 1
            ) other
            where c.workspace_id = $4 and c.by_id = m.id and c.status = 'OPEN'
          ) counting
        )
      ) then 'DISPUTED'
      else 'ACTIVE'
      end
  ) as "m.status"
from unnest($5::uuid[]) with ordinality parent (lineage, place)
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
  from memories m
  where m.workspace_id = $6 and m.lineage_id = parent.lineage
  order by (
    to_char(m.valid_from at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') || ' ' || to_char(
      m.recorded_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS'
    )
  ) asc,
    m.id asc
  limit $7
) page
cross join lateral (select * from memories m where m.workspace_id = $8 and m.id = page.found limit 1) m
order by parent.place, page.place;

select distinct on (m.lineage_id) m.id as "id",
  m.lineage_id as "lineageId",
  m.companion_id as "companionId",
  m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.lineage_id = any($2::uuid[])
order by m.lineage_id,
  (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now())) desc,
  m.retracted_at desc nulls first,
  m.valid_from <= now() desc,
  m.valid_from desc;

select m.lineage_id as lineage, count(*)::int as count
from memories m
where m.workspace_id = $1 and m.lineage_id = any($2::uuid[])
group by 1;

commit;
