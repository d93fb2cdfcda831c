begin;

select c.id as "id"
from companions c
where c.workspace_id = $1 and c.id = (select c.id from companions c where c.workspace_id = $2 and c.key = $3);

with distances as materialized (
  select e.memory_id, e.embedding <=> $1::vector as distance
  from memory_embeddings e
  where e.workspace_id = $2 and e.companion_id = $3::uuid and e.model = $4 and e.dimension = $5
),
  near as materialized (
    select m.*
    from (
      select e.memory_id as "id", e.distance
      from (select * from distances e order by distance, e.memory_id desc offset 0) e
      cross join lateral (
        select
        from memories m
        where m.workspace_id = $6
          and m.id = e.memory_id
          and (
            (
              m.retracted_at is null
              and m.valid_from <= now()
              and (m.valid_until is null or m.valid_until > now())
            )
            and m.archived_at is null
            and (m.expires_at is null or m.expires_at > now())
          )
        limit 1
      ) m
      order by e.distance, e.memory_id desc
      limit 100
    ) nearest
    cross join lateral (select * from memories m where m.workspace_id = $7 and m.id = nearest.id limit 1) m
  ),
  found as materialized (select * from near),
  neighbor as materialized (
    select found.id, w.weight, w.place, near.lineage
    from (select distinct found.id, found.lineage_id from found) found
    cross join lateral (
      select n.near, n.hops
      from neighborhoods n
      where n.workspace_id = $8 and n.lineage_id = found.lineage_id
      limit 1
    ) n
    cross join (values (1, 0.35::float8, 0), (-1, 0.5::float8, 1), (-2, 0.25::float8, 2)) w (
      hops, weight, place
    )
    cross join lateral (
      select near.lineage
      from unnest(n.near, n.hops) with ordinality near (lineage, hops, place)
      where near.hops = w.hops
      order by near.place
      limit 1
    ) near
  ),
  current as materialized (
    select distinct on (m.lineage_id) m.lineage_id as lineage, m.id
    from memories m
    where m.workspace_id = $9
      and m.lineage_id = any(array(select distinct lineage from neighbor))
      and (
        (
          m.retracted_at is null
          and m.valid_from <= now()
          and (m.valid_until is null or m.valid_until > now())
        )
        and m.archived_at is null
        and (m.expires_at is null or m.expires_at > now())
      )
    order by m.lineage_id, m.id desc
  ),
  beside as materialized (
    select part.id,
      sum(part.weight * (1 - part.distance) order by part.place) / sum(part.weight order by part.place) as similarity
    from (
      select part.id,
        part.weight,
        part.place,
        coalesce(
          distances.distance,
          (
            select e.embedding <=> $10::vector as distance
            from memory_embeddings e
            where e.workspace_id = $11 and e.model = $12 and e.dimension = $13 and e.memory_id = part.memory
          )
        ) as distance
      from (
        select distinct found.id as id, found.id as memory, 1::float8 as weight, -1 as place
        from found
        union all
        select neighbor.id, current.id, neighbor.weight, neighbor.place
        from neighbor
        join current on current.lineage = neighbor.lineage
      ) part
      left join distances on distances.memory_id = part.memory
    ) part
    where part.distance is not null
    group by part.id
  )
select 1 - coalesce(
  distances.distance,
  (
    select e.embedding <=> $14::vector as distance
    from memory_embeddings e
    where e.workspace_id = $15 and e.model = $16 and e.dimension = $17 and e.memory_id = found.id
  )
) as similarity,
  beside.similarity as around,
  found.context ->> 'speaker' as "speaker",
  found.context ->> 'conversationId' as "conversation",
  found.valid_from as "validFrom",
  least(octet_length(found.content) / 10, 32767) as "length",
  date_part('epoch', date_trunc('milliseconds', now()) - found.valid_from) / 86400 as "age",
  (
    select case
      when found.importance <= (
        case when p.half_life_days is null then 'Infinity'::float8 else p.floor + 1e-100::float8 end
      ) then found.importance
      else p.floor + (found.importance - p.floor) * power(
        2::float8,
        -least(
          200::float8,
          greatest(0, date_part('epoch', date_trunc('milliseconds', now()) - found.importance_as_of)) / 86400 / (
            p.half_life_days * (1 + p.access_stretch * ln(1 + found.access_count::float8))
          )
        )
      )
      end
    from decay_policies p
    where p.workspace_id = $18 and p.type = found.type
  ) as "importance",
  (
    case when found.is_contested
      and found.confidence > 1e-100::float8
      and (
        found.retracted_at is null
        and found.valid_from <= now()
        and (found.valid_until is null or found.valid_until > now())
      ) then coalesce(
        (
          select least(found.confidence, 0.99::float8) * p / (
            1 - least(found.confidence, 0.99::float8) + least(found.confidence, 0.99::float8) * p
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
                where other.workspace_id = $19
                  and other.id = c.by_id
                  and (
                    other.retracted_at is null
                    and other.valid_from <= now()
                    and (other.valid_until is null or other.valid_until > now())
                  )
                limit 1
              ) other
              where c.workspace_id = $20 and c.memory_id = found.id and c.status = 'OPEN'
              union all
              select c.strength as "strength", other.confidence as "confidence"
              from contradictions c
              cross join lateral (
                select *
                from memories other
                where other.workspace_id = $21
                  and other.id = c.memory_id
                  and (
                    other.retracted_at is null
                    and other.valid_from <= now()
                    and (other.valid_until is null or other.valid_until > now())
                  )
                limit 1
              ) other
              where c.workspace_id = $22 and c.by_id = found.id and c.status = 'OPEN'
            ) counting
          ) contradicted
        ),
        found.confidence
      )
        else found.confidence
        end
  ) as "confidence",
left(found.content, 251) as "beginning",
  octet_length(found.content) <= 251 as "isWhole",
  exists (select from findings f where f.workspace_id = $23 and f.verdict is null and not f.is_hidden) as "mayHaveFindings",
  found.id as "m.id",
  found.lineage_id as "m.lineageId",
  found.companion_id as "m.companionId",
  found.user_id as "m.userId"
from found
left join distances on distances.memory_id = found.id
left join beside on beside.id = found.id;

select f.*
from unnest($1::uuid[], $2::uuid[]) given (id, lineage)
cross join lateral (
  select f.memory_id as "older", f.by_id as "newer", f.kind as "kind"
  from (
    select *
    from (
      select *
      from findings f
      where f.workspace_id = $3
        and f.memory_lineage_id = given.lineage
        and f.memory_id = given.id
        and f.kind = any($4::smallint[])
        and f.is_hidden is not true
        and (f.verdict is null) is true
        and f.by_id = any($5::uuid[])
      offset 0
    ) f
    order by f.score desc, f.id desc
    limit 50
  ) f
  where exists (
    select
    from memories side
    where side.workspace_id = $6
      and side.id = f.memory_id
      and (
        case
          when side.retracted_at is not null then case
          when side.is_corrected then 'CORRECTED'
          else 'RETRACTED'
          end
          when side.expires_at <= now() then 'EXPIRED'
          when side.archived_at is not null then 'ARCHIVED'
          when side.valid_until <= now() then 'ENDED'
          when side.valid_from > now() then 'UPCOMING'
          when (
            side.is_contested
            and (
              side.retracted_at is null
              and side.valid_from <= now()
              and (side.valid_until is null or side.valid_until > now())
            )
            and exists (
              select 1
              from (
                select c.strength as "strength", other.confidence as "confidence"
                from contradictions c
                cross join lateral (
                  select *
                  from memories other
                  where other.workspace_id = $7
                    and other.id = c.by_id
                    and (
                      other.retracted_at is null
                      and other.valid_from <= now()
                      and (other.valid_until is null or other.valid_until > now())
                    )
                  limit 1
                ) other
                where c.workspace_id = $8 and c.memory_id = side.id and c.status = 'OPEN'
                union all
                select c.strength as "strength", other.confidence as "confidence"
                from contradictions c
                cross join lateral (
                  select *
                  from memories other
                  where other.workspace_id = $9
                    and other.id = c.memory_id
                    and (
                      other.retracted_at is null
                      and other.valid_from <= now()
                      and (other.valid_until is null or other.valid_until > now())
                    )
                  limit 1
                ) other
                where c.workspace_id = $10 and c.by_id = side.id and c.status = 'OPEN'
              ) counting
            )
          ) then 'DISPUTED'
          else 'ACTIVE'
          end
      ) = any($11::text[])
    offset 0
  )
    and exists (
      select
      from memories side
      where side.workspace_id = $12
        and side.id = f.by_id
        and (
          case
            when side.retracted_at is not null then case
            when side.is_corrected then 'CORRECTED'
            else 'RETRACTED'
            end
            when side.expires_at <= now() then 'EXPIRED'
            when side.archived_at is not null then 'ARCHIVED'
            when side.valid_until <= now() then 'ENDED'
            when side.valid_from > now() then 'UPCOMING'
            when (
              side.is_contested
              and (
                side.retracted_at is null
                and side.valid_from <= now()
                and (side.valid_until is null or side.valid_until > now())
              )
              and exists (
                select 1
                from (
                  select c.strength as "strength", other.confidence as "confidence"
                  from contradictions c
                  cross join lateral (
                    select *
                    from memories other
                    where other.workspace_id = $13
                      and other.id = c.by_id
                      and (
                        other.retracted_at is null
                        and other.valid_from <= now()
                        and (other.valid_until is null or other.valid_until > now())
                      )
                    limit 1
                  ) other
                  where c.workspace_id = $14 and c.memory_id = side.id and c.status = 'OPEN'
                  union all
                  select c.strength as "strength", other.confidence as "confidence"
                  from contradictions c
                  cross join lateral (
                    select *
                    from memories other
                    where other.workspace_id = $15
                      and other.id = c.memory_id
                      and (
                        other.retracted_at is null
                        and other.valid_from <= now()
                        and (other.valid_until is null or other.valid_until > now())
                      )
                    limit 1
                  ) other
                  where c.workspace_id = $16 and c.by_id = side.id and c.status = 'OPEN'
                ) counting
              )
            ) then 'DISPUTED'
            else 'ACTIVE'
            end
        ) = any($17::text[])
      offset 0
    )
  order by f.score desc, f.id desc
  limit 5
) f;

commit;
