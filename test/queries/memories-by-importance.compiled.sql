begin;

select c.id as "id"
from companions c
where c.workspace_id = $1 and c.id = (select c.id from companions c where c.workspace_id = $2 and c.key = $3);

with policies as materialized (
  select date_trunc('milliseconds', now()) as at,
    max(p.half_life_days) filter (where p.type = 'FACT') as "fact_half_life",
    max(p.floor) filter (where p.type = 'FACT') as "fact_floor",
    max(p.access_stretch) filter (where p.type = 'FACT') as "fact_stretch",
    max(case when p.half_life_days is null then 'Infinity'::float8 else p.floor + 1e-100::float8 end) filter (
      where p.type = 'FACT'
    ) as "fact_least",
    max(p.archive_below) filter (where p.type = 'FACT') as "fact_archive_below",
    max(p.half_life_days) filter (where p.type = 'EXPERIENCE') as "experience_half_life",
    max(p.floor) filter (where p.type = 'EXPERIENCE') as "experience_floor",
    max(p.access_stretch) filter (where p.type = 'EXPERIENCE') as "experience_stretch",
    max(case when p.half_life_days is null then 'Infinity'::float8 else p.floor + 1e-100::float8 end) filter (
      where p.type = 'EXPERIENCE'
    ) as "experience_least",
    max(p.archive_below) filter (where p.type = 'EXPERIENCE') as "experience_archive_below",
    max(p.half_life_days) filter (where p.type = 'PREFERENCE') as "preference_half_life",
    max(p.floor) filter (where p.type = 'PREFERENCE') as "preference_floor",
    max(p.access_stretch) filter (where p.type = 'PREFERENCE') as "preference_stretch",
    max(case when p.half_life_days is null then 'Infinity'::float8 else p.floor + 1e-100::float8 end) filter (
      where p.type = 'PREFERENCE'
    ) as "preference_least",
    max(p.archive_below) filter (where p.type = 'PREFERENCE') as "preference_archive_below",
    max(p.half_life_days) filter (where p.type = 'INSTRUCTION') as "instruction_half_life",
    max(p.floor) filter (where p.type = 'INSTRUCTION') as "instruction_floor",
    max(p.access_stretch) filter (where p.type = 'INSTRUCTION') as "instruction_stretch",
    max(case when p.half_life_days is null then 'Infinity'::float8 else p.floor + 1e-100::float8 end) filter (
      where p.type = 'INSTRUCTION'
    ) as "instruction_least",
    max(p.archive_below) filter (where p.type = 'INSTRUCTION') as "instruction_archive_below",
    max(p.half_life_days) filter (where p.type = 'REFLECTION') as "reflection_half_life",
    max(p.floor) filter (where p.type = 'REFLECTION') as "reflection_floor",
    max(p.access_stretch) filter (where p.type = 'REFLECTION') as "reflection_stretch",
    max(case when p.half_life_days is null then 'Infinity'::float8 else p.floor + 1e-100::float8 end) filter (
      where p.type = 'REFLECTION'
    ) as "reflection_least",
    max(p.archive_below) filter (where p.type = 'REFLECTION') as "reflection_archive_below"
  from decay_policies p
  where p.workspace_id = $1
)
select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (
    select json_build_array(
      m.id,
      (
        select case
          when m.importance <= (
            case when p.half_life_days is null then 'Infinity'::float8 else p.floor + 1e-100::float8 end
          ) then m.importance
          else p.floor + (m.importance - p.floor) * power(
            2::float8,
            -least(
              200::float8,
              greatest(0, date_part('epoch', date_trunc('milliseconds', now()) - m.importance_as_of)) / 86400 / (
                p.half_life_days * (1 + p.access_stretch * ln(1 + m.access_count::float8))
              )
            )
          )
          end
        from decay_policies p
        where p.workspace_id = $1 and p.type = m.type
      )
    )::text as value
    offset 0
  ) made
) as "row"
from (values (1)) parent (nth)
cross join lateral (
  select coalesce(
    (
      select newest.value
      from (
        select (
          case m.type
            when 'FACT' then case
            when m.importance <= policies."fact_least" then m.importance
            else policies."fact_floor" + (m.importance - policies."fact_floor") * power(
              2::float8,
              -least(
                200::float8,
                greatest(0, date_part('epoch', policies.at - m.importance_as_of)) / 86400 / (
                  policies."fact_half_life" * (1 + policies."fact_stretch" * ln(1 + m.access_count::float8))
                )
              )
            )
            end
            when 'EXPERIENCE' then case
            when m.importance <= policies."experience_least" then m.importance
            else policies."experience_floor" + (m.importance - policies."experience_floor") * power(
              2::float8,
              -least(
                200::float8,
                greatest(0, date_part('epoch', policies.at - m.importance_as_of)) / 86400 / (
                  policies."experience_half_life" * (
                    1 + policies."experience_stretch" * ln(1 + m.access_count::float8)
                  )
                )
              )
            )
            end
            when 'PREFERENCE' then case
            when m.importance <= policies."preference_least" then m.importance
            else policies."preference_floor" + (m.importance - policies."preference_floor") * power(
              2::float8,
              -least(
                200::float8,
                greatest(0, date_part('epoch', policies.at - m.importance_as_of)) / 86400 / (
                  policies."preference_half_life" * (
                    1 + policies."preference_stretch" * ln(1 + m.access_count::float8)
                  )
                )
              )
            )
            end
            when 'INSTRUCTION' then case
            when m.importance <= policies."instruction_least" then m.importance
            else policies."instruction_floor" + (m.importance - policies."instruction_floor") * power(
              2::float8,
              -least(
                200::float8,
                greatest(0, date_part('epoch', policies.at - m.importance_as_of)) / 86400 / (
                  policies."instruction_half_life" * (
                    1 + policies."instruction_stretch" * ln(1 + m.access_count::float8)
                  )
                )
              )
            )
            end
            when 'REFLECTION' then case
            when m.importance <= policies."reflection_least" then m.importance
            else policies."reflection_floor" + (m.importance - policies."reflection_floor") * power(
              2::float8,
              -least(
                200::float8,
                greatest(0, date_part('epoch', policies.at - m.importance_as_of)) / 86400 / (
                  policies."reflection_half_life" * (
                    1 + policies."reflection_stretch" * ln(1 + m.access_count::float8)
                  )
                )
              )
            )
            end
            end
        ) as value
        from (
          select *
          from memories m
          where m.workspace_id = $1 and m.companion_id = $2::uuid
          order by m.recorded_at desc, m.id desc
          limit $3
        ) m
        cross join policies
        where m.workspace_id = $1
          and m.companion_id = $4::uuid
          and (
            (
              m.retracted_at is null
              and m.valid_from <= now()
              and (m.valid_until is null or m.valid_until > now())
            )
            and m.archived_at is null
            and (m.expires_at is null or m.expires_at > now())
          )
      ) newest
      order by newest.value desc
      offset $5
      limit 1
    ),
    0
  ) - 1e-9 as least
) bound
cross join lateral (
  select chosen.id, chosen.value, row_number() over (order by chosen.value desc, chosen.id desc) as place
  from (
    (
      select m.id,
        (
          case m.type
            when 'FACT' then case
            when m.importance <= (select "fact_least" from policies) then m.importance
            else (select "fact_floor" from policies) + (m.importance - (select "fact_floor" from policies)) * power(
              2::float8,
              -least(
                200::float8,
                greatest(0, date_part('epoch', (select at from policies) - m.importance_as_of)) / 86400 / (
                  (select "fact_half_life" from policies) * (
                    1 + (select "fact_stretch" from policies) * ln(1 + m.access_count::float8)
                  )
                )
              )
            )
            end
            when 'EXPERIENCE' then case
            when m.importance <= (select "experience_least" from policies) then m.importance
            else (select "experience_floor" from policies) + (
              m.importance - (select "experience_floor" from policies)
            ) * power(
              2::float8,
              -least(
                200::float8,
                greatest(0, date_part('epoch', (select at from policies) - m.importance_as_of)) / 86400 / (
                  (select "experience_half_life" from policies) * (
                    1 + (select "experience_stretch" from policies) * ln(1 + m.access_count::float8)
                  )
                )
              )
            )
            end
            when 'PREFERENCE' then case
            when m.importance <= (select "preference_least" from policies) then m.importance
            else (select "preference_floor" from policies) + (
              m.importance - (select "preference_floor" from policies)
            ) * power(
              2::float8,
              -least(
                200::float8,
                greatest(0, date_part('epoch', (select at from policies) - m.importance_as_of)) / 86400 / (
                  (select "preference_half_life" from policies) * (
                    1 + (select "preference_stretch" from policies) * ln(1 + m.access_count::float8)
                  )
                )
              )
            )
            end
            when 'INSTRUCTION' then case
            when m.importance <= (select "instruction_least" from policies) then m.importance
            else (select "instruction_floor" from policies) + (
              m.importance - (select "instruction_floor" from policies)
            ) * power(
              2::float8,
              -least(
                200::float8,
                greatest(0, date_part('epoch', (select at from policies) - m.importance_as_of)) / 86400 / (
                  (select "instruction_half_life" from policies) * (
                    1 + (select "instruction_stretch" from policies) * ln(1 + m.access_count::float8)
                  )
                )
              )
            )
            end
            when 'REFLECTION' then case
            when m.importance <= (select "reflection_least" from policies) then m.importance
            else (select "reflection_floor" from policies) + (
              m.importance - (select "reflection_floor" from policies)
            ) * power(
              2::float8,
              -least(
                200::float8,
                greatest(0, date_part('epoch', (select at from policies) - m.importance_as_of)) / 86400 / (
                  (select "reflection_half_life" from policies) * (
                    1 + (select "reflection_stretch" from policies) * ln(1 + m.access_count::float8)
                  )
                )
              )
            )
            end
            end
        ) as value
      from memories m
      where m.importance >= bound.least
        and m.workspace_id = $1
        and m.companion_id = $6::uuid
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
cross join lateral (select * from memories m where m.workspace_id = $1 and m.id = page.id limit 1) m
order by parent.nth, page.place;

commit;
