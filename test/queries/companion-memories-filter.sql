begin;

select c.id as "id"
from companions c
where c.workspace_id = $1 and c.id = (select c.id from companions c where c.workspace_id = $2 and c.key = $3);

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
  m.valid_from as "m.validFrom"
from unnest($5::uuid[]) with ordinality parent (given, nth)
cross join lateral (
  select chosen.id, chosen.value, row_number() over (order by chosen.value asc, chosen.id asc) as place
  from (
    (
      select m.id, m.valid_from as value
      from memories m
      where m.workspace_id = $6
        and m.companion_id = parent.given
        and (
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
                    where other.workspace_id = $7
                      and other.id = c.by_id
                      and (
                        other.retracted_at is null
                        and other.valid_from <= now()
                        and (other.valid_until is null or other.valid_until > now())
                      )
                    limit 1
                  ) other
                  where c.workspace_id = $8 and c.memory_id = m.id and c.status = 'OPEN'
                  union all
                  select c.strength as "strength", other.confidence as "confidence"
                  from contradictions c
                  cross join lateral (
                    select *
                    from memories other
                    where other.workspace_id = $9
                      and other.id = c.memory_id
                      and (
                        other.retracted_at is null
                        and other.valid_from <= now()
                        and (other.valid_until is null or other.valid_until > now())
                      )
                    limit 1
                  ) other
                  where c.workspace_id = $10 and c.by_id = m.id and c.status = 'OPEN'
                ) counting
              )
            ) then 'DISPUTED'
            else 'ACTIVE'
            end
        ) = any(array(select jsonb_array_elements_text($11::jsonb)))
        and m.type = any(
          array(select value::memory_type from jsonb_array_elements_text($12::jsonb) given (value))
        )
      order by value asc, m.id asc
      limit $13
    )
  ) chosen
  order by chosen.value asc, chosen.id asc
  limit $14
) page
cross join lateral (select * from memories m where m.workspace_id = $15 and m.id = page.id limit 1) m
order by parent.nth, page.place;

select parent.given as "parent", counted.count
from unnest($1::uuid[]) with ordinality parent (given, nth)
cross join lateral (
  select sum(part.count)::int as count
  from (
    select count(*)
    from memories m
    where m.workspace_id = $2
      and m.companion_id = parent.given
      and (
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
                  where other.workspace_id = $3
                    and other.id = c.by_id
                    and (
                      other.retracted_at is null
                      and other.valid_from <= now()
                      and (other.valid_until is null or other.valid_until > now())
                    )
                  limit 1
                ) other
                where c.workspace_id = $4 and c.memory_id = m.id and c.status = 'OPEN'
                union all
                select c.strength as "strength", other.confidence as "confidence"
                from contradictions c
                cross join lateral (
                  select *
                  from memories other
                  where other.workspace_id = $5
                    and other.id = c.memory_id
                    and (
                      other.retracted_at is null
                      and other.valid_from <= now()
                      and (other.valid_until is null or other.valid_until > now())
                    )
                  limit 1
                ) other
                where c.workspace_id = $6 and c.by_id = m.id and c.status = 'OPEN'
              ) counting
            )
          ) then 'DISPUTED'
          else 'ACTIVE'
          end
      ) = any(array(select jsonb_array_elements_text($7::jsonb)))
      and m.type = any(
        array(select value::memory_type from jsonb_array_elements_text($8::jsonb) given (value))
      )
  ) part
) counted;

commit;
