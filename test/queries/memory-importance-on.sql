begin;

select m."id" as "id",
  m."lineage_id" as "lineageId",
  m."companion_id" as "companionId",
  m."user_id" as "userId",
  (
    select case
      when m.importance <= (
        case when half_life_days is null then 'Infinity'::float8 else floor + 1e-100::float8 end
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
    from "decay_policies" p
    where p.workspace_id = $1 and p.type = m.type
  ) as "importance"
from "memories" m
where m.workspace_id = $2 and m.id = any($3::uuid[]);

select m.id,
  (
    case
      when m.importance_as_of <= $1::timestamptz then (
        select case
          when m.importance <= (
            case when half_life_days is null then 'Infinity'::float8 else floor + 1e-100::float8 end
          ) then m.importance
          else p.floor + (m.importance - p.floor) * power(
            2::float8,
            -least(
              200::float8,
              greatest(0, date_part('epoch', $2::timestamptz - m.importance_as_of)) / 86400 / (
                p.half_life_days * (1 + p.access_stretch * ln(1 + m.access_count::float8))
              )
            )
          )
          end
        from "decay_policies" p
        where p.workspace_id = $3 and p.type = m.type
      )
      else (
        select (
          select case
            when base.importance <= (
              case when half_life_days is null then 'Infinity'::float8 else floor + 1e-100::float8 end
            ) then base.importance
            else p.floor + (base.importance - p.floor) * power(
              2::float8,
              -least(
                200::float8,
                greatest(0, date_part('epoch', $4::timestamptz - base.importance_as_of)) / 86400 / (
                  p.half_life_days * (1 + p.access_stretch * ln(1 + base.access_count::float8))
                )
              )
            )
            end
          from "decay_policies" p
          where p.workspace_id = $5 and p.type = base.type
        )
        from (
          select type, importance, importance_as_of, access_count, known_from
          from memories
          where workspace_id = $6 and id = m.id
          union all
          select type, importance, importance_as_of, access_count, known_from
          from memories_history
          where workspace_id = $7 and id = m.id
        ) base
        order by (known_from <= $8::timestamptz) desc,
          case
            when known_from <= $9::timestamptz then $10::timestamptz - known_from
            else known_from - $11::timestamptz
            end
        limit 1
      )
      end
  ) as importance
from "memories" m
where m.workspace_id = $12 and m.id = any($13::uuid[]);

commit;
