begin;

select m.id as "id",
  m.lineage_id as "lineageId",
  m.companion_id as "companionId",
  m.user_id as "userId",
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
  ) as "importance"
from memories m
where m.workspace_id = $2 and m.id = any($3::uuid[]);

select m.id as "id",
  (
    case
      when m.importance_as_of <= $1::timestamptz then (
        select case
          when m.importance <= (
            case when p.half_life_days is null then 'Infinity'::float8 else p.floor + 1e-100::float8 end
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
        from decay_policies p
        where p.workspace_id = $3 and p.type = m.type
      )
      else (
        select (
          select case
            when base."importance" <= (
              case when p.half_life_days is null then 'Infinity'::float8 else p.floor + 1e-100::float8 end
            ) then base."importance"
            else p.floor + (base."importance" - p.floor) * power(
              2::float8,
              -least(
                200::float8,
                greatest(0, date_part('epoch', $4::timestamptz - base."importanceAsOf")) / 86400 / (
                  p.half_life_days * (1 + p.access_stretch * ln(1 + base."accessCount"::float8))
                )
              )
            )
            end
          from decay_policies p
          where p.workspace_id = $5 and p.type = base."type"
        )
        from (
          select b.type as "type",
            b.importance as "importance",
            b.importance_as_of as "importanceAsOf",
            b.access_count as "accessCount",
            b.known_from as "knownFrom"
          from memories b
          where b.workspace_id = $6 and b.id = m.id
          union all
          select b.type as "type",
            b.importance as "importance",
            b.importance_as_of as "importanceAsOf",
            b.access_count as "accessCount",
            b.known_from as "knownFrom"
          from memories_history b
          where b.workspace_id = $7 and b.id = m.id
        ) base
        order by (base."knownFrom" <= $8::timestamptz) desc,
          case
            when base."knownFrom" <= $9::timestamptz then $10::timestamptz - base."knownFrom"
            else base."knownFrom" - $11::timestamptz
            end
        limit 1
      )
      end
  ) as "importance"
from memories m
where m.workspace_id = $12 and m.id = any($13::uuid[]);

commit;
