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
        (
          m.retracted_at is null
          and m.valid_from <= now()
          and (m.valid_until is null or m.valid_until > now())
        )
        and m.archived_at is null
        and (m.expires_at is null or m.expires_at > now())
      )
      and (
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
              ) contradicted
            ),
            m.confidence
          )
            else m.confidence
            end
      ) >= $3::text::float8
  ) part
) counted;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (select json_build_array(m.id, m.content)::text as value offset 0) made
) as "row"
from (values (1)) parent (nth)
cross join lateral (
  select chosen.id, chosen.value, row_number() over (order by chosen.value desc, chosen.id desc) as place
  from (
    (
      select m.id, m.recorded_at as value
      from memories m
      where m.workspace_id = $1
        and (
          (
            m.retracted_at is null
            and m.valid_from <= now()
            and (m.valid_until is null or m.valid_until > now())
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > now())
        )
        and (
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
        ) >= $2::text::float8
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
