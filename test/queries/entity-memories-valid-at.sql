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
  m.user_id as "m.userId",
  m.content as "m.content",
  (
    case
      when m.retracted_at is not null then case
      when m.is_corrected then 'CORRECTED'
      else 'RETRACTED'
      end
      when m.expires_at <= $1::timestamptz then 'EXPIRED'
      when m.archived_at is not null then 'ARCHIVED'
      when m.valid_until <= $2::timestamptz then 'ENDED'
      when m.valid_from > $3::timestamptz then 'UPCOMING'
      when (
        m.is_contested
        and (
          m.retracted_at is null
          and m.valid_from <= $4::timestamptz
          and (m.valid_until is null or m.valid_until > $5::timestamptz)
        )
        and exists (
          select 1
          from (
            select c.strength as "strength", other.confidence as "confidence"
            from contradictions c
            cross join lateral (
              select *
              from memories other
              where other.workspace_id = $6
                and other.id = c.by_id
                and (
                  other.retracted_at is null
                  and other.valid_from <= $7::timestamptz
                  and (other.valid_until is null or other.valid_until > $8::timestamptz)
                )
              limit 1
            ) other
            where c.workspace_id = $9 and c.memory_id = m.id and c.status = 'OPEN'
            union all
            select c.strength as "strength", other.confidence as "confidence"
            from contradictions c
            cross join lateral (
              select *
              from memories other
              where other.workspace_id = $10
                and other.id = c.memory_id
                and (
                  other.retracted_at is null
                  and other.valid_from <= $11::timestamptz
                  and (other.valid_until is null or other.valid_until > $12::timestamptz)
                )
              limit 1
            ) other
            where c.workspace_id = $13 and c.by_id = m.id and c.status = 'OPEN'
          ) counting
        )
      ) then 'DISPUTED'
      else 'ACTIVE'
      end
  ) as "m.status"
from unnest($14::uuid[]) with ordinality parent (given, nth)
cross join lateral (
  select chosen.id, chosen.value, row_number() over (order by chosen.value desc, chosen.id desc) as place
  from (
    (
      select m.id, m.recorded_at as value
      from (
        select distinct x.memory_id
        from entities named
        cross join lateral (
          select x.memory_id
          from (
            select coalesce(named.merged_into, named.id) as "id"
            union all
            select merged.id
            from entities merged
            where merged.workspace_id = $15 and merged.merged_into = coalesce(named.merged_into, named.id)
          ) family
          cross join lateral (
            select x.memory_id from mentions x where x.workspace_id = $16 and x.entity_id = family.id offset 0
          ) x
        ) x
        where named.workspace_id = $17 and named.id = parent.given
      ) x
      cross join lateral (select * from memories m where m.workspace_id = $18 and m.id = x.memory_id limit 1) m
      where m.workspace_id = $19
        and (
          (
            m.retracted_at is null
            and m.valid_from <= $20::timestamptz
            and (m.valid_until is null or m.valid_until > $21::timestamptz)
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > $22::timestamptz)
        )
      order by value desc, m.id desc
      limit $23
    )
  ) chosen
  order by chosen.value desc, chosen.id desc
  limit $24
) page
cross join lateral (select * from memories m where m.workspace_id = $25 and m.id = page.id limit 1) m
order by parent.nth, page.place;

select parent.given as "parent", counted.count
from unnest($1::uuid[]) with ordinality parent (given, nth)
cross join lateral (
  select sum(part.count)::int as count
  from (
    select count(*)
    from (
      select distinct x.memory_id
      from entities named
      cross join lateral (
        select x.memory_id
        from (
          select coalesce(named.merged_into, named.id) as "id"
          union all
          select merged.id
          from entities merged
          where merged.workspace_id = $2 and merged.merged_into = coalesce(named.merged_into, named.id)
        ) family
        cross join lateral (
          select x.memory_id from mentions x where x.workspace_id = $3 and x.entity_id = family.id offset 0
        ) x
      ) x
      where named.workspace_id = $4 and named.id = parent.given
    ) x
    cross join lateral (select * from memories m where m.workspace_id = $5 and m.id = x.memory_id limit 1) m
    where m.workspace_id = $6
      and (
        (
          m.retracted_at is null
          and m.valid_from <= $7::timestamptz
          and (m.valid_until is null or m.valid_until > $8::timestamptz)
        )
        and m.archived_at is null
        and (m.expires_at is null or m.expires_at > $9::timestamptz)
      )
  ) part
) counted;

commit;
