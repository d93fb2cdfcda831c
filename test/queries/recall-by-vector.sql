begin;

select c.id as "id"
from companions c
where c.workspace_id = $1 and c.id = (select c.id from companions c where c.workspace_id = $2 and c.key = $3);

with found as (
  (
    select m.*
    from (
      select e.memory_id as "id", e.distance
      from (
        select e.memory_id, e.embedding <=> $1::vector as distance
        from memory_embeddings e
        where e.workspace_id = $2 and e.companion_id = $3::uuid and e.model = $4 and e.dimension = $5 and true
        order by distance, e.memory_id desc
        offset 0
      ) e
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
      limit $7
    ) nearest
    cross join lateral (select * from memories m where m.workspace_id = $8 and m.id = nearest.id limit 1) m
  )
)
select (
  select 1 - (e.embedding <=> $9::vector)
  from memory_embeddings e
  where e.workspace_id = $10 and e.model = $11 and e.dimension = $12 and e.memory_id = found.id
) as similarity,
  (
    select sum(part.weight * (1 - v.distance)) / sum(part.weight)
    from (
      select found.id as id, 1::float8 as weight
      union all
      select m.id, w.weight
      from (
        select n.near, n.hops
        from neighborhoods n
        where n.workspace_id = $13 and n.lineage_id = found.lineage_id
        limit 1
      ) n
      cross join (values (1, 0.35::float8), (-1, 0.5::float8), (-2, 0.25::float8)) w (hops, weight)
      cross join lateral (
        select near.id
        from unnest(n.near, n.hops) with ordinality near (id, hops, place)
        where near.hops = w.hops
        order by near.place
        limit 1
      ) near
      cross join lateral (
        select m.id
        from (select * from memories m where m.workspace_id = $14 and m.lineage_id = near.id offset 0) m
        where (
          (
            m.retracted_at is null
            and m.valid_from <= now()
            and (m.valid_until is null or m.valid_until > now())
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > now())
        )
        order by m.id desc
        limit 1
      ) m
    ) part
    cross join lateral (
      select e.embedding <=> $15::vector as distance
      from memory_embeddings e
      where e.workspace_id = $16 and e.model = $17 and e.dimension = $18 and e.memory_id = part.id
      limit 1
    ) v
  ) as around,
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
    where p.workspace_id = $19 and p.type = found.type
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
                where other.workspace_id = $20
                  and other.id = c.by_id
                  and (
                    other.retracted_at is null
                    and other.valid_from <= now()
                    and (other.valid_until is null or other.valid_until > now())
                  )
                limit 1
              ) other
              where c.workspace_id = $21 and c.memory_id = found.id and c.status = 'OPEN'
              union all
              select c.strength as "strength", other.confidence as "confidence"
              from contradictions c
              cross join lateral (
                select *
                from memories other
                where other.workspace_id = $22
                  and other.id = c.memory_id
                  and (
                    other.retracted_at is null
                    and other.valid_from <= now()
                    and (other.valid_until is null or other.valid_until > now())
                  )
                limit 1
              ) other
              where c.workspace_id = $23 and c.by_id = found.id and c.status = 'OPEN'
            ) counting
          ) contradicted
        ),
        found.confidence
      )
        else found.confidence
        end
  ) as "confidence",
left(found.content, 251) as "beginning",
  found.id as "m.id",
  found.lineage_id as "m.lineageId",
  found.companion_id as "m.companionId",
  found.user_id as "m.userId"
from found;

commit;
