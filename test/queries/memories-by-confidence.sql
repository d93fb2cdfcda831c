begin;

select c.id as "id"
from companions c
where c.workspace_id = $1 and c.id = (select c.id from companions c where c.workspace_id = $2 and c.key = $3);

select $1::text as "parent",
  page.value as "value",
  m.id as "m.id",
  m.lineage_id as "m.lineageId",
  m.companion_id as "m.companionId",
  m.user_id as "m.userId",
  (
    case when m.is_contested
      and m.confidence > 1e-100::float8
      and (
        m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now())
      ) then coalesce(
        (
          select least(m.confidence, 0.99::float8) * p / (
            1 - least(m.confidence, 0.99::float8) + least(m.confidence, 0.99::float8) * p
          )
          from (
            select exp(
              case
                when count(*) > 0 then greatest(
                  -200::float8,
                  sum(
                    case
                      when least(counting."strength", counting."confidence") <= 1e-100::float8 then 0
                      else ln(1 - counting."strength" * least(counting."confidence", 0.99::float8))
                      end
                    order by case
                      when least(counting."strength", counting."confidence") <= 1e-100::float8 then 0
                      else ln(1 - counting."strength" * least(counting."confidence", 0.99::float8))
                      end
                  )
                )
                end
            ) as p
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
          ) contradicted
        ),
        m.confidence
      )
        else m.confidence
        end
  ) as "m.confidence"
from (values (1)) parent (nth)
cross join lateral (
  select chosen.id, chosen.value, row_number() over (order by chosen.value desc, chosen.id desc) as place
  from (
    (
      select m.id,
        (
          case when m.is_contested
            and m.confidence > 1e-100::float8
            and (
              m.retracted_at is null
              and m.valid_from <= now()
              and (m.valid_until is null or m.valid_until > now())
            ) then coalesce(
              (
                select least(m.confidence, 0.99::float8) * p / (
                  1 - least(m.confidence, 0.99::float8) + least(m.confidence, 0.99::float8) * p
                )
                from (
                  select exp(
                    case
                      when count(*) > 0 then greatest(
                        -200::float8,
                        sum(
                          case
                            when least(counting."strength", counting."confidence") <= 1e-100::float8 then 0
                            else ln(1 - counting."strength" * least(counting."confidence", 0.99::float8))
                            end
                          order by case
                            when least(counting."strength", counting."confidence") <= 1e-100::float8 then 0
                            else ln(1 - counting."strength" * least(counting."confidence", 0.99::float8))
                            end
                        )
                      )
                      end
                  ) as p
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
                          and other.valid_from <= now()
                          and (other.valid_until is null or other.valid_until > now())
                        )
                      limit 1
                    ) other
                    where c.workspace_id = $7 and c.memory_id = m.id and c.status = 'OPEN'
                    union all
                    select c.strength as "strength", other.confidence as "confidence"
                    from contradictions c
                    cross join lateral (
                      select *
                      from memories other
                      where other.workspace_id = $8
                        and other.id = c.memory_id
                        and (
                          other.retracted_at is null
                          and other.valid_from <= now()
                          and (other.valid_until is null or other.valid_until > now())
                        )
                      limit 1
                    ) other
                    where c.workspace_id = $9 and c.by_id = m.id and c.status = 'OPEN'
                  ) counting
                ) contradicted
              ),
              m.confidence
            )
              else m.confidence
              end
        ) as value
      from memories m
      where m.workspace_id = $10
        and m.companion_id = $11::uuid
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
      limit $12
    )
  ) chosen
  order by chosen.value desc, chosen.id desc
  limit $13
) page
cross join lateral (select * from memories m where m.workspace_id = $14 and m.id = page.id limit 1) m
order by parent.nth, page.place;

commit;
