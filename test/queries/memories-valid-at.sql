begin;

select $1::text as "parent",
  page.value as "value",
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
      when m.expires_at <= $2::timestamptz then 'EXPIRED'
      when m.archived_at is not null then 'ARCHIVED'
      when m.valid_until <= $3::timestamptz then 'ENDED'
      when m.valid_from > $4::timestamptz then 'UPCOMING'
      when (
        m.is_contested
        and (
          m.retracted_at is null
          and m.valid_from <= $5::timestamptz
          and (m.valid_until is null or m.valid_until > $6::timestamptz)
        )
        and exists (
          select 1
          from (
            select c.strength as "strength", other.confidence as "confidence"
            from contradictions c
            cross join lateral (
              select *
              from memories other
              where other.workspace_id = $7
                and other.id = c.by_id
                and (
                  other.retracted_at is null
                  and other.valid_from <= $8::timestamptz
                  and (other.valid_until is null or other.valid_until > $9::timestamptz)
                )
              limit 1
            ) other
            where c.workspace_id = $10 and c.memory_id = m.id and c.status = 'OPEN'
            union all
            select c.strength as "strength", other.confidence as "confidence"
            from contradictions c
            cross join lateral (
              select *
              from memories other
              where other.workspace_id = $11
                and other.id = c.memory_id
                and (
                  other.retracted_at is null
                  and other.valid_from <= $12::timestamptz
                  and (other.valid_until is null or other.valid_until > $13::timestamptz)
                )
              limit 1
            ) other
            where c.workspace_id = $14 and c.by_id = m.id and c.status = 'OPEN'
          ) counting
        )
      ) then 'DISPUTED'
      else 'ACTIVE'
      end
  ) as "m.status"
from (values (1)) parent (nth)
cross join lateral (
  select chosen.id, chosen.value, row_number() over (order by chosen.value desc, chosen.id desc) as place
  from (
    (
      select m.id, m.recorded_at as value
      from memories m
      where m.workspace_id = $15
        and (
          (
            m.retracted_at is null
            and m.valid_from <= $16::timestamptz
            and (m.valid_until is null or m.valid_until > $17::timestamptz)
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > $18::timestamptz)
        )
      order by value desc, m.id desc
      limit $19
    )
  ) chosen
  order by chosen.value desc, chosen.id desc
  limit $20
) page
cross join lateral (select * from memories m where m.workspace_id = $21 and m.id = page.id limit 1) m
order by parent.nth, page.place;

select $1::text as "parent", counted.count
from (values (1)) parent (nth)
cross join lateral (
  select sum(part.count)::int as count
  from (
    select count(*)
    from memories m
    where m.workspace_id = $2
      and (
        (
          m.retracted_at is null
          and m.valid_from <= $3::timestamptz
          and (m.valid_until is null or m.valid_until > $4::timestamptz)
        )
        and m.archived_at is null
        and (m.expires_at is null or m.expires_at > $5::timestamptz)
      )
  ) part
) counted;

commit;
