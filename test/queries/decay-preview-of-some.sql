begin;

with policies as materialized (
  select $1::timestamptz as at,
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
  where p.workspace_id = $2
),
  judged as materialized (
    select m.id as "id",
      m.recorded_at as "recordedAt",
      m.known_from as "knownFrom",
      m.importance as "before",
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
              case base."type"
                when 'FACT' then case
                when base."importance" <= (select "fact_least" from policies) then base."importance"
                else (select "fact_floor" from policies) + (
                  base."importance" - (select "fact_floor" from policies)
                ) * power(
                  2::float8,
                  -least(
                    200::float8,
                    greatest(0, date_part('epoch', (select at from policies) - base."importanceAsOf")) / 86400 / (
                      (select "fact_half_life" from policies) * (
                        1 + (select "fact_stretch" from policies) * ln(1 + base."accessCount"::float8)
                      )
                    )
                  )
                )
                end
                when 'EXPERIENCE' then case
                when base."importance" <= (select "experience_least" from policies) then base."importance"
                else (select "experience_floor" from policies) + (
                  base."importance" - (select "experience_floor" from policies)
                ) * power(
                  2::float8,
                  -least(
                    200::float8,
                    greatest(0, date_part('epoch', (select at from policies) - base."importanceAsOf")) / 86400 / (
                      (select "experience_half_life" from policies) * (
                        1 + (select "experience_stretch" from policies) * ln(1 + base."accessCount"::float8)
                      )
                    )
                  )
                )
                end
                when 'PREFERENCE' then case
                when base."importance" <= (select "preference_least" from policies) then base."importance"
                else (select "preference_floor" from policies) + (
                  base."importance" - (select "preference_floor" from policies)
                ) * power(
                  2::float8,
                  -least(
                    200::float8,
                    greatest(0, date_part('epoch', (select at from policies) - base."importanceAsOf")) / 86400 / (
                      (select "preference_half_life" from policies) * (
                        1 + (select "preference_stretch" from policies) * ln(1 + base."accessCount"::float8)
                      )
                    )
                  )
                )
                end
                when 'INSTRUCTION' then case
                when base."importance" <= (select "instruction_least" from policies) then base."importance"
                else (select "instruction_floor" from policies) + (
                  base."importance" - (select "instruction_floor" from policies)
                ) * power(
                  2::float8,
                  -least(
                    200::float8,
                    greatest(0, date_part('epoch', (select at from policies) - base."importanceAsOf")) / 86400 / (
                      (select "instruction_half_life" from policies) * (
                        1 + (select "instruction_stretch" from policies) * ln(1 + base."accessCount"::float8)
                      )
                    )
                  )
                )
                end
                when 'REFLECTION' then case
                when base."importance" <= (select "reflection_least" from policies) then base."importance"
                else (select "reflection_floor" from policies) + (
                  base."importance" - (select "reflection_floor" from policies)
                ) * power(
                  2::float8,
                  -least(
                    200::float8,
                    greatest(0, date_part('epoch', (select at from policies) - base."importanceAsOf")) / 86400 / (
                      (select "reflection_half_life" from policies) * (
                        1 + (select "reflection_stretch" from policies) * ln(1 + base."accessCount"::float8)
                      )
                    )
                  )
                )
                end
                end
            )
            from (
              select b.type as "type",
                b.importance as "importance",
                b.importance_as_of as "importanceAsOf",
                b.access_count as "accessCount",
                b.known_from as "knownFrom"
              from memories b
              where b.workspace_id = $4 and b.id = m.id
              union all
              select b.type as "type",
                b.importance as "importance",
                b.importance_as_of as "importanceAsOf",
                b.access_count as "accessCount",
                b.known_from as "knownFrom"
              from memories_history b
              where b.workspace_id = $5 and b.id = m.id
            ) base
            order by (base."knownFrom" <= $6::timestamptz) desc,
              case
                when base."knownFrom" <= $7::timestamptz then $8::timestamptz - base."knownFrom"
                else base."knownFrom" - $9::timestamptz
                end
            limit 1
          )
          end
      ) as "after",
      (
        case m.type
          when 'FACT' then (select "fact_archive_below" from policies)
          when 'EXPERIENCE' then (select "experience_archive_below" from policies)
          when 'PREFERENCE' then (select "preference_archive_below" from policies)
          when 'INSTRUCTION' then (select "instruction_archive_below" from policies)
          when 'REFLECTION' then (select "reflection_archive_below" from policies)
          end
      ) as "archiveBelow"
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
      and m.companion_id = (select c.id from companions c where c.workspace_id = $11 and c.key = $12)
      and m.user_id = (select u.id from users u where u.workspace_id = $13 and u.external_id = $14)
      and m.type = any(
        array(select value::memory_type from jsonb_array_elements_text($15::jsonb) given (value))
      )
    order by m.recorded_at desc, m.id desc
    limit $16
  ),
  banded as (
    select least(9, floor(judged."before"))::int as before,
      least(9, floor(judged."after"))::int as after,
      count(*)::int as count,
      (count(*) filter (where judged."after" < judged."before"))::int as decayed,
      sum(judged."before") as "sumBefore",
      sum(judged."after") as "sumAfter"
    from judged
    group by 1, 2
  ),
  faded as (
    select judged."id" as "id", judged."before" as "before", judged."after" as "after"
    from judged
    where judged."after" < judged."archiveBelow"
    order by judged."after", judged."id"
  ),
  last as (
    select judged."recordedAt" as "recordedAt", judged."id" as "id"
    from judged
    order by judged."recordedAt", judged."id"
    limit 1
  )
select (select json_agg(banded) from banded) as bands,
  (select json_agg(faded) from faded) as faded,
  (select count(*)::int from judged) as count,
  last."recordedAt" as "recordedAt",
  last."id" as "id"
from last;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

commit;
