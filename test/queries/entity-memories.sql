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
  ) as "m.status",
  m.type as "m.type"
from unnest($5::uuid[]) with ordinality parent (given, nth)
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
            where merged.workspace_id = $6 and merged.merged_into = coalesce(named.merged_into, named.id)
          ) family
          cross join lateral (
            select x.memory_id from mentions x where x.workspace_id = $7 and x.entity_id = family.id offset 0
          ) x
        ) x
        where named.workspace_id = $8 and named.id = parent.given
      ) x
      cross join lateral (select * from memories m where m.workspace_id = $9 and m.id = x.memory_id limit 1) m
      where m.workspace_id = $10
        and (
          (
            m.retracted_at is null
            and m.valid_from <= now()
            and (m.valid_until is null or m.valid_until > now())
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > now())
        )
      order by value desc, m.id desc
      limit $11
    )
  ) chosen
  order by chosen.value desc, chosen.id desc
  limit $12
) page
cross join lateral (select * from memories m where m.workspace_id = $13 and m.id = page.id limit 1) m
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
          and m.valid_from <= now()
          and (m.valid_until is null or m.valid_until > now())
        )
        and m.archived_at is null
        and (m.expires_at is null or m.expires_at > now())
      )
  ) part
) counted;

select "d0"."key" as "key", "d0"."workspace_id" as "workspaceId", "d0"."id" as "id"
from "companions" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2));

select "d0"."external_id" as "externalId", "d0"."workspace_id" as "workspaceId", "d0"."id" as "id"
from "users" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2));

commit;
