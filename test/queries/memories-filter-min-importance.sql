begin;

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
select $2::text as "parent",
  page.value as "value",
  m.id as "m.id",
  m.lineage_id as "m.lineageId",
  m.companion_id as "m.companionId",
  m.user_id as "m.userId",
  m.content as "m.content"
from (values (1)) parent (nth)
cross join lateral (
  select chosen.id, chosen.value, row_number() over (order by chosen.value desc, chosen.id desc) as place
  from (
    (
      select m.id, m.recorded_at as value
      from memories m
      where m.workspace_id = $3
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
        ) >= $4::text::float8
      order by value desc, m.id desc
      limit $5
    )
  ) chosen
  order by chosen.value desc, chosen.id desc
  limit $6
) page
cross join lateral (select * from memories m where m.workspace_id = $7 and m.id = page.id limit 1) m
order by parent.nth, page.place;

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
select $2::text as "parent", counted.count
from (values (1)) parent (nth)
cross join lateral (
  select sum(part.count)::int as count
  from (
    select count(*)
    from memories m
    where m.workspace_id = $3
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
      ) >= $4::text::float8
  ) part
) counted;

commit;
