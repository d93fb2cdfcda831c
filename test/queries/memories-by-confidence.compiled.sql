begin;

select c.id as "id"
from companions c
where c.workspace_id = $1 and c.id = (select c.id from companions c where c.workspace_id = $2 and c.key = $3);

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (
    select json_build_array(
      m.id,
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
              ) contradicted
            ),
            m.confidence
          )
            else m.confidence
            end
      )
    )::text as value
    offset 0
  ) made
) as "row"
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
                ) contradicted
              ),
              m.confidence
            )
              else m.confidence
              end
        ) as value
      from memories m
      where m.workspace_id = $1
        and m.companion_id = $2::uuid
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
      limit $3
    )
  ) chosen
  order by chosen.value desc, chosen.id desc
  limit $4
) page
cross join lateral (select * from memories m where m.workspace_id = $1 and m.id = page.id limit 1) m
order by parent.nth, page.place;

commit;
