begin;

select $1::text as "parent", counted.count
from (values (1)) parent (nth)
cross join lateral (
  select sum(part.count)::int as count
  from (
    select count(*)
    from memories m
    where m.workspace_id = $2
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
                  where other.workspace_id = $2
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
                  where other.workspace_id = $2
                    and other.id = c.memory_id
                    and (
                      other.retracted_at is null
                      and other.valid_from <= now()
                      and (other.valid_until is null or other.valid_until > now())
                    )
                  limit 1
                ) other
                where c.workspace_id = $2 and c.by_id = m.id and c.status = 'OPEN'
              ) counting
            )
          ) then 'DISPUTED'
          else 'ACTIVE'
          end
      ) = any(array(select jsonb_array_elements_text($3::jsonb)))
      and m.type = any(
        array(select value::memory_type from jsonb_array_elements_text($4::jsonb) given (value))
      )
  ) part
) counted;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (
    select json_build_array(
      m.id,
      m.content,
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
                where c.workspace_id = $1 and c.memory_id = m.id and c.status = 'OPEN'
                union all
                select c.strength as "strength", other.confidence as "confidence"
                from contradictions c
                cross join lateral (
                  select *
                  from memories other
                  where other.workspace_id = $1
                    and other.id = c.memory_id
                    and (
                      other.retracted_at is null
                      and other.valid_from <= now()
                      and (other.valid_until is null or other.valid_until > now())
                    )
                  limit 1
                ) other
                where c.workspace_id = $1 and c.by_id = m.id and c.status = 'OPEN'
              ) counting
            )
          ) then 'DISPUTED'
          else 'ACTIVE'
          end
      ),
      m.valid_from
    )::text as value
    offset 0
  ) made
) as "row"
from (values (1)) parent (nth)
cross join lateral (
  select chosen.id, chosen.value, row_number() over (order by chosen.value asc, chosen.id asc) as place
  from (
    (
      select m.id, m.valid_from as value
      from memories m
      where m.workspace_id = $1
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
                    where other.workspace_id = $1
                      and other.id = c.by_id
                      and (
                        other.retracted_at is null
                        and other.valid_from <= now()
                        and (other.valid_until is null or other.valid_until > now())
                      )
                    limit 1
                  ) other
                  where c.workspace_id = $1 and c.memory_id = m.id and c.status = 'OPEN'
                  union all
                  select c.strength as "strength", other.confidence as "confidence"
                  from contradictions c
                  cross join lateral (
                    select *
                    from memories other
                    where other.workspace_id = $1
                      and other.id = c.memory_id
                      and (
                        other.retracted_at is null
                        and other.valid_from <= now()
                        and (other.valid_until is null or other.valid_until > now())
                      )
                    limit 1
                  ) other
                  where c.workspace_id = $1 and c.by_id = m.id and c.status = 'OPEN'
                ) counting
              )
            ) then 'DISPUTED'
            else 'ACTIVE'
            end
        ) = any(array(select jsonb_array_elements_text($2::jsonb)))
        and m.type = any(
          array(select value::memory_type from jsonb_array_elements_text($3::jsonb) given (value))
        )
      order by value asc, m.id asc
      limit $4
    )
  ) chosen
  order by chosen.value asc, chosen.id asc
  limit $5
) page
cross join lateral (select * from memories m where m.workspace_id = $1 and m.id = page.id limit 1) m
order by parent.nth, page.place;

commit;
