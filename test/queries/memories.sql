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
              where other.workspace_id = $2
                and other.id = c.by_id
                and (
                  other.retracted_at is null
                  and other.valid_from <= now()
                  and (other.valid_until is null or other.valid_until > now())
                )
              limit 1
            ) other
            where c.workspace_id = $3 and c.memory_id = m.id and c.status = 'OPEN'
            union all
            select c.strength as "strength", other.confidence as "confidence"
            from contradictions c
            cross join lateral (
              select *
              from memories other
              where other.workspace_id = $4
                and other.id = c.memory_id
                and (
                  other.retracted_at is null
                  and other.valid_from <= now()
                  and (other.valid_until is null or other.valid_until > now())
                )
              limit 1
            ) other
            where c.workspace_id = $5 and c.by_id = m.id and c.status = 'OPEN'
          ) counting
        )
      ) then 'DISPUTED'
      else 'ACTIVE'
      end
  ) as "m.status",
  m.type as "m.type"
from (values (1)) parent (nth)
cross join lateral (
  select chosen.id, chosen.value, row_number() over (order by chosen.value desc, chosen.id desc) as place
  from (
    (
      select m.id, m.recorded_at as value
      from memories m
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
      order by value desc, m.id desc
      limit $7
    )
  ) chosen
  order by chosen.value desc, chosen.id desc
  limit $8
) page
cross join lateral (select * from memories m where m.workspace_id = $9 and m.id = page.id limit 1) m
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
where ("d0"."workspace_id", "d0"."id") in (($1, $2), ($3, $4));

select "d0"."external_id" as "externalId", "d0"."workspace_id" as "workspaceId", "d0"."id" as "id"
from "users" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2), ($3, $4));

commit;
