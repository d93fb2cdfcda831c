begin;

with policies as materialized (
  select $1::timestamptz as at,
    max(half_life_days) filter (where type = 'FACT') as "fact_half_life",
    max(floor) filter (where type = 'FACT') as "fact_floor",
    max(access_stretch) filter (where type = 'FACT') as "fact_stretch",
    max(case when half_life_days is null then 'Infinity'::float8 else floor + 1e-100::float8 end) filter (
      where type = 'FACT'
    ) as "fact_least",
    max(archive_below) filter (where type = 'FACT') as "fact_archive_below",
    max(half_life_days) filter (where type = 'EXPERIENCE') as "experience_half_life",
    max(floor) filter (where type = 'EXPERIENCE') as "experience_floor",
    max(access_stretch) filter (where type = 'EXPERIENCE') as "experience_stretch",
    max(case when half_life_days is null then 'Infinity'::float8 else floor + 1e-100::float8 end) filter (
      where type = 'EXPERIENCE'
    ) as "experience_least",
    max(archive_below) filter (where type = 'EXPERIENCE') as "experience_archive_below",
    max(half_life_days) filter (where type = 'PREFERENCE') as "preference_half_life",
    max(floor) filter (where type = 'PREFERENCE') as "preference_floor",
    max(access_stretch) filter (where type = 'PREFERENCE') as "preference_stretch",
    max(case when half_life_days is null then 'Infinity'::float8 else floor + 1e-100::float8 end) filter (
      where type = 'PREFERENCE'
    ) as "preference_least",
    max(archive_below) filter (where type = 'PREFERENCE') as "preference_archive_below",
    max(half_life_days) filter (where type = 'INSTRUCTION') as "instruction_half_life",
    max(floor) filter (where type = 'INSTRUCTION') as "instruction_floor",
    max(access_stretch) filter (where type = 'INSTRUCTION') as "instruction_stretch",
    max(case when half_life_days is null then 'Infinity'::float8 else floor + 1e-100::float8 end) filter (
      where type = 'INSTRUCTION'
    ) as "instruction_least",
    max(archive_below) filter (where type = 'INSTRUCTION') as "instruction_archive_below",
    max(half_life_days) filter (where type = 'REFLECTION') as "reflection_half_life",
    max(floor) filter (where type = 'REFLECTION') as "reflection_floor",
    max(access_stretch) filter (where type = 'REFLECTION') as "reflection_stretch",
    max(case when half_life_days is null then 'Infinity'::float8 else floor + 1e-100::float8 end) filter (
      where type = 'REFLECTION'
    ) as "reflection_least",
    max(archive_below) filter (where type = 'REFLECTION') as "reflection_archive_below"
  from "decay_policies" p
  where p.workspace_id = $2
),
  judged as materialized (
    select m.id,
      m.recorded_at,
      m.known_from,
      m.importance as before,
      (
        case
          when m.importance_as_of <= $3::timestamptz then (
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
          )
          else (
            select (
              case base.type
                when 'FACT' then case
                when base.importance <= (select "fact_least" from policies) then base.importance
                else (select "fact_floor" from policies) + (
                  base.importance - (select "fact_floor" from policies)
                ) * power(
                  2::float8,
                  -least(
                    200::float8,
                    greatest(0, date_part('epoch', (select at from policies) - base.importance_as_of)) / 86400 / (
                      (select "fact_half_life" from policies) * (
                        1 + (select "fact_stretch" from policies) * ln(1 + base.access_count::float8)
                      )
                    )
                  )
                )
                end
                when 'EXPERIENCE' then case
                when base.importance <= (select "experience_least" from policies) then base.importance
                else (select "experience_floor" from policies) + (
                  base.importance - (select "experience_floor" from policies)
                ) * power(
                  2::float8,
                  -least(
                    200::float8,
                    greatest(0, date_part('epoch', (select at from policies) - base.importance_as_of)) / 86400 / (
                      (select "experience_half_life" from policies) * (
                        1 + (select "experience_stretch" from policies) * ln(1 + base.access_count::float8)
                      )
                    )
                  )
                )
                end
                when 'PREFERENCE' then case
                when base.importance <= (select "preference_least" from policies) then base.importance
                else (select "preference_floor" from policies) + (
                  base.importance - (select "preference_floor" from policies)
                ) * power(
                  2::float8,
                  -least(
                    200::float8,
                    greatest(0, date_part('epoch', (select at from policies) - base.importance_as_of)) / 86400 / (
                      (select "preference_half_life" from policies) * (
                        1 + (select "preference_stretch" from policies) * ln(1 + base.access_count::float8)
                      )
                    )
                  )
                )
                end
                when 'INSTRUCTION' then case
                when base.importance <= (select "instruction_least" from policies) then base.importance
                else (select "instruction_floor" from policies) + (
                  base.importance - (select "instruction_floor" from policies)
                ) * power(
                  2::float8,
                  -least(
                    200::float8,
                    greatest(0, date_part('epoch', (select at from policies) - base.importance_as_of)) / 86400 / (
                      (select "instruction_half_life" from policies) * (
                        1 + (select "instruction_stretch" from policies) * ln(1 + base.access_count::float8)
                      )
                    )
                  )
                )
                end
                when 'REFLECTION' then case
                when base.importance <= (select "reflection_least" from policies) then base.importance
                else (select "reflection_floor" from policies) + (
                  base.importance - (select "reflection_floor" from policies)
                ) * power(
                  2::float8,
                  -least(
                    200::float8,
                    greatest(0, date_part('epoch', (select at from policies) - base.importance_as_of)) / 86400 / (
                      (select "reflection_half_life" from policies) * (
                        1 + (select "reflection_stretch" from policies) * ln(1 + base.access_count::float8)
                      )
                    )
                  )
                )
                end
                end
            )
            from (
              select type, importance, importance_as_of, access_count, known_from
              from memories
              where workspace_id = $4 and id = m.id
              union all
              select type, importance, importance_as_of, access_count, known_from
              from memories_history
              where workspace_id = $5 and id = m.id
            ) base
            order by (known_from <= $6::timestamptz) desc,
              case
                when known_from <= $7::timestamptz then $8::timestamptz - known_from
                else known_from - $9::timestamptz
                end
            limit 1
          )
          end
      ) as after,
      (
        case m.type
          when 'FACT' then (select "fact_archive_below" from policies)
          when 'EXPERIENCE' then (select "experience_archive_below" from policies)
          when 'PREFERENCE' then (select "preference_archive_below" from policies)
          when 'INSTRUCTION' then (select "instruction_archive_below" from policies)
          when 'REFLECTION' then (select "reflection_archive_below" from policies)
          end
      ) as archive_below
    from memories m
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
    order by m.recorded_at desc, m.id desc
    limit $11
  ),
  banded as (
    select least(9, floor(before))::int as before,
      least(9, floor(after))::int as after,
      count(*)::int as count,
      (count(*) filter (where after < before))::int as decayed,
      sum(before) as "sumBefore",
      sum(after) as "sumAfter"
    from judged
    group by 1, 2
  ),
  faded as (select id, before, after from judged where after < archive_below order by after, id),
  last as (select recorded_at, id from judged order by recorded_at, id limit 1)
select (select json_agg(banded) from banded) as bands,
  (select json_agg(faded) from faded) as faded,
  (select count(*)::int from judged) as count,
  last.recorded_at as "recordedAt",
  last.id
from last;

select m."id" as "id",
  m."lineage_id" as "lineageId",
  m."companion_id" as "companionId",
  m."user_id" as "userId",
  m."content" as "content"
from "memories" m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

commit;
