begin;

select (select c.id from companions c where c.workspace_id = $1 and c.key = $2) as "companionId",
  null::uuid as "givenUserId",
  talk.id as "id",
  talk.user_id as "userId",
  talk.message_count as "messageCount"
from (values (1)) one
left join lateral (
  select *
  from conversations c
  where c.workspace_id = $3
    and c.companion_id = (select c.id from companions c where c.workspace_id = $4 and c.key = $5)
    and c.external_id = $6
  limit 1
) talk on true;

with lineages as not materialized (
  select * from lineages where true and (lineages.user_id is null or lineages.user_id = $11::uuid)
),
  memories as not materialized (
    select * from memories where true and (memories.user_id is null or memories.user_id = $11::uuid)
  ),
  contradictions as not materialized (
    select *
    from contradictions
    where exists (
      select
      from lineages o
      where o.workspace_id = contradictions.workspace_id and o.id = contradictions.memory_lineage_id
      offset 0
    )
      and exists (
        select
        from lineages o
        where o.workspace_id = contradictions.workspace_id and o.id = contradictions.by_lineage_id
        offset 0
      )
  )
select m.id as "id",
  m.lineage_id as "lineageId",
  m.type as "type",
  m.slot as "slot",
  m.valid_from as "validFrom",
  m.valid_until as "validUntil",
  m.stated_until as "statedUntil",
  m.retracted_at as "retractedAt",
  (
    case
      when m.retracted_at is not null then case
      when m.is_corrected then 'CORRECTED'
      else 'RETRACTED'
      end
      when m.expires_at <= now() then 'EXPIRED'
      when m.archived_at is not null then 'ARCHIVED'
      when m.valid_until <= now() then 'ENDED'
      when m.valid_from > now() then 'UPCOMING'
      when (
        m.is_contested
        and (
          m.retracted_at is null
          and m.valid_from <= now()
          and (m.valid_until is null or m.valid_until > now())
        )
        and exists (
          select 1
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
            where c.workspace_id = $2 and c.memory_id = m.id and c.status = 'OPEN'
            union all
            select c.strength as "strength", other.confidence as "confidence"
            from contradictions c
            cross join lateral (
              select *
              from memories other
              where other.workspace_id = $3
                and other.id = c.memory_id
                and (
                  other.retracted_at is null
                  and other.valid_from <= now()
                  and (other.valid_until is null or other.valid_until > now())
                )
              limit 1
            ) other
            where c.workspace_id = $4 and c.by_id = m.id and c.status = 'OPEN'
          ) counting
        )
      ) then 'DISPUTED'
      else 'ACTIVE'
      end
  ) as "status",
  m.context ->> 'speaker' as "speaker",
  length(m.content) > 1000 as "isLong",
  case when length(m.content) <= 1000 then m.content else
left(coalesce(m.summary, m.content), 1000) end as "text", m.summary is not null as "hasSummary"
from (
  select l.id, l.slot
  from lineages l
  where l.workspace_id = $5
    and l.companion_id = $6::uuid
    and coalesce(l.user_id, $7::uuid) = any($8::uuid[])
    and l.slot is not null
  order by coalesce(l.user_id, $9::uuid) desc, l.slot
  limit 100
) l
cross join lateral (
  select *
  from memories m
  where m.workspace_id = $10
    and m.lineage_id = l.id
    and (
      (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now()))
      and m.archived_at is null
      and (m.expires_at is null or m.expires_at > now())
    )
  limit 1
) m;

with lineages as not materialized (
  select * from lineages where true and (lineages.user_id is null or lineages.user_id = $11::uuid)
),
  memories as not materialized (
    select * from memories where true and (memories.user_id is null or memories.user_id = $11::uuid)
  ),
  contradictions as not materialized (
    select *
    from contradictions
    where exists (
      select
      from lineages o
      where o.workspace_id = contradictions.workspace_id and o.id = contradictions.memory_lineage_id
      offset 0
    )
      and exists (
        select
        from lineages o
        where o.workspace_id = contradictions.workspace_id and o.id = contradictions.by_lineage_id
        offset 0
      )
  )
select *
from (
  with recursive reached (start, lineage, made_against, depth) as (
    select lineage, lineage, null::uuid, 0
    from unnest($1::uuid[]) given (lineage)
    union
    select reached.start, step.rests_on, step.made_against, reached.depth + 1
    from reached
    cross join lateral (
      select r.to_lineage_id as rests_on, r.to_memory_id as made_against, r.from_lineage_id as lineage
      from (
        select *
        from relations r
        where r.workspace_id = $2 and r.retracted_at is null and r.from_lineage_id = reached.lineage
        offset 0
      ) r
      where r.type in ('ELABORATES', 'REFERENCES')
      union all
      select r.from_lineage_id as rests_on, r.from_memory_id as made_against, r.to_lineage_id as lineage
      from (
        select *
        from relations r
        where r.workspace_id = $3 and r.retracted_at is null and r.to_lineage_id = reached.lineage
        offset 0
      ) r
      where r.type = 'CAUSES'
    ) step
    where reached.depth < $4
  ),
    met as materialized (
      select distinct start, lineage, made_against from reached where depth > 0 and lineage <> start
    )
  select distinct start
  from met
  where (
    exists (
      select
      from (select * from memories m where m.workspace_id = $5 and m.id = met.made_against offset 0) m
      where m.retracted_at is not null
    )
    or exists (
      select
      from memories m
      where m.workspace_id = $6
        and m.lineage_id = met.lineage
        and m.is_contested
        and (
          m.is_contested
          and (
            m.retracted_at is null
            and m.valid_from <= now()
            and (m.valid_until is null or m.valid_until > now())
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
              where c.workspace_id = $8 and c.memory_id = m.id and c.status = 'OPEN'
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
              where c.workspace_id = $10 and c.by_id = m.id and c.status = 'OPEN'
            ) counting
          )
        )
    )
  )
) narrowed;

with lineages as not materialized (
  select * from lineages where true and (lineages.user_id is null or lineages.user_id = $17::uuid)
),
  memories as not materialized (
    select * from memories where true and (memories.user_id is null or memories.user_id = $17::uuid)
  ),
  contradictions as not materialized (
    select *
    from contradictions
    where exists (
      select
      from lineages o
      where o.workspace_id = contradictions.workspace_id and o.id = contradictions.memory_lineage_id
      offset 0
    )
      and exists (
        select
        from lineages o
        where o.workspace_id = contradictions.workspace_id and o.id = contradictions.by_lineage_id
        offset 0
      )
  ),
  findings as not materialized (
    select *
    from findings
    where exists (
      select
      from lineages o
      where o.workspace_id = findings.workspace_id and o.id = findings.memory_lineage_id
      offset 0
    )
      and exists (
        select
        from lineages o
        where o.workspace_id = findings.workspace_id and o.id = findings.by_lineage_id
        offset 0
      )
  )
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
      offset 0
    ) f
    order by f.score desc, f.id desc
    limit 50
  ) f
  where exists (
    select
    from memories side
    where side.workspace_id = $5
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
                  where other.workspace_id = $6
                    and other.id = c.by_id
                    and (
                      other.retracted_at is null
                      and other.valid_from <= now()
                      and (other.valid_until is null or other.valid_until > now())
                    )
                  limit 1
                ) other
                where c.workspace_id = $7 and c.memory_id = side.id and c.status = 'OPEN'
                union all
                select c.strength as "strength", other.confidence as "confidence"
                from contradictions c
                cross join lateral (
                  select *
                  from memories other
                  where other.workspace_id = $8
                    and other.id = c.memory_id
                    and (
                      other.retracted_at is null
                      and other.valid_from <= now()
                      and (other.valid_until is null or other.valid_until > now())
                    )
                  limit 1
                ) other
                where c.workspace_id = $9 and c.by_id = side.id and c.status = 'OPEN'
              ) counting
            )
          ) then 'DISPUTED'
          else 'ACTIVE'
          end
      ) = any($10::text[])
    offset 0
  )
    and exists (
      select
      from memories side
      where side.workspace_id = $11
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
                    where other.workspace_id = $12
                      and other.id = c.by_id
                      and (
                        other.retracted_at is null
                        and other.valid_from <= now()
                        and (other.valid_until is null or other.valid_until > now())
                      )
                    limit 1
                  ) other
                  where c.workspace_id = $13 and c.memory_id = side.id and c.status = 'OPEN'
                  union all
                  select c.strength as "strength", other.confidence as "confidence"
                  from contradictions c
                  cross join lateral (
                    select *
                    from memories other
                    where other.workspace_id = $14
                      and other.id = c.memory_id
                      and (
                        other.retracted_at is null
                        and other.valid_from <= now()
                        and (other.valid_until is null or other.valid_until > now())
                      )
                    limit 1
                  ) other
                  where c.workspace_id = $15 and c.by_id = side.id and c.status = 'OPEN'
                ) counting
              )
            ) then 'DISPUTED'
            else 'ACTIVE'
            end
        ) = any($16::text[])
      offset 0
    )
  order by f.score desc, f.id desc
  limit 5
) f;

with lineages as not materialized (
  select * from lineages where true and (lineages.user_id is null or lineages.user_id = $46::uuid)
),
  memories as not materialized (
    select * from memories where true and (memories.user_id is null or memories.user_id = $46::uuid)
  ),
  memory_embeddings as not materialized (
    select *
    from memory_embeddings
    where true and (memory_embeddings.user_id is null or memory_embeddings.user_id = $46::uuid)
  ),
  postings as not materialized (
    select *
    from postings
    where true and postings.user_id in ('00000000-0000-0000-0000-000000000000'::uuid, $46::uuid)
  ),
  mentions as not materialized (
    select *
    from mentions
    where exists (
      select
      from memories o
      where o.workspace_id = mentions.workspace_id and o.id = mentions.memory_id
      offset 0
    )
  ),
  contradictions as not materialized (
    select *
    from contradictions
    where exists (
      select
      from lineages o
      where o.workspace_id = contradictions.workspace_id and o.id = contradictions.memory_lineage_id
      offset 0
    )
      and exists (
        select
        from lineages o
        where o.workspace_id = contradictions.workspace_id and o.id = contradictions.by_lineage_id
        offset 0
      )
  )
select *
from (
  with said as materialized (
    select p.memory_id,
      p.number,
      ((p.place + 79) / 80 - 1) as passage,
      max(p.frequency) as frequency,
      count(*) as inside,
      max(p.weight) * (
        case
          when max(p.length) <= 25 then 2::float8 * max(p.frequency) / (max(p.frequency) + 1)
          else (
            case
              when ((p.place + 79) / 80 - 1) < 0 then 2::float8 * max(p.frequency) / (
                max(p.frequency) + sqrt((max(p.length)::float8 / 25::float8))
              )
              else 2::float8 * count(*) / (count(*) + 1.4142135623730951::float8)
              end
          ) / (1 + 0.05::float8 * ln((max(p.length)::float8 / 25::float8)))
          end
      ) as own
    from (
      select l.number,
        l.weight,
        p.memory_id,
        p.frequency,
        p.length,
        unnest(coalesce(p.places, '{0}')) as place
      from (
        select unnest($1::int[]) as number,
          unnest(array(select jsonb_array_elements_text($2::jsonb))) as lexeme,
          unnest($3::float8[]) as weight
      ) l
      cross join lateral (
        select *
        from (
          select p.memory_id, p.frequency1 as frequency, p.length, p.places1 as places
          from postings p
          where p.workspace_id = $4 and p.companion_id = (select $5::uuid) and p.term1 = l.lexeme collate "C"
          union all
          select p.memory_id, p.frequency2 as frequency, p.length, p.places2 as places
          from postings p
          where p.workspace_id = $6 and p.companion_id = (select $7::uuid) and p.term2 = l.lexeme collate "C"
          union all
          select p.memory_id, p.frequency3 as frequency, p.length, p.places3 as places
          from postings p
          where p.workspace_id = $8 and p.companion_id = (select $9::uuid) and p.term3 = l.lexeme collate "C"
          union all
          select p.memory_id, p.frequency4 as frequency, p.length, p.places4 as places
          from postings p
          where p.workspace_id = $10
            and p.companion_id = (select $11::uuid)
            and p.term4 = l.lexeme collate "C"
          union all
          select p.memory_id, p.frequency5 as frequency, p.length, p.places5 as places
          from postings p
          where p.workspace_id = $12
            and p.companion_id = (select $13::uuid)
            and p.term5 = l.lexeme collate "C"
          union all
          select p.memory_id, p.frequency6 as frequency, p.length, p.places6 as places
          from postings p
          where p.workspace_id = $14
            and p.companion_id = (select $15::uuid)
            and p.term6 = l.lexeme collate "C"
        ) p
        order by p.memory_id desc
        limit 700
      ) p
    ) p
    group by p.memory_id, p.number, passage
  ),
    hit as materialized (
      select hit.memory_id,
        hit.number,
        hit.passage,
        max(hit.frequency) as frequency,
        max(hit.inside) as inside,
        max(hit.own) as own
      from (
        select *
        from said
        union all
        select x.memory_id,
          n.number,
          -1 as passage,
          0::smallint as frequency,
          0 as inside,
          n.weight * (
            case
              when least(octet_length(m.content) / 10, 32767) <= 25 then 2::float8 * 1 / (1 + 1)
              else (
                case
                  when -1 < 0 then 2::float8 * 1 / (
                    1 + sqrt((least(octet_length(m.content) / 10, 32767)::float8 / 25::float8))
                  )
                  else 2::float8 * 1 / (1 + 1.4142135623730951::float8)
                  end
              ) / (1 + 0.05::float8 * ln((least(octet_length(m.content) / 10, 32767)::float8 / 25::float8)))
              end
          ) as own
        from (
          select f."numbers", f."weights", x.memory_id
          from jsonb_to_recordset($16::jsonb) as f ("members" uuid[], "numbers" int[], "weights" float8[])
          cross join lateral (
            select x.memory_id
            from unnest(f."members") member (id)
            cross join lateral (
              (
                select x.memory_id
                from mentions x
                where x.workspace_id = $17 and x.entity_id = member.id
                order by x.memory_id desc
                limit 700
              )
            ) x
            order by 1 desc
            limit 700
          ) x
        ) x
        cross join lateral unnest(x.numbers, x.weights) n (number, weight)
        cross join lateral (
          select * from memories m where m.workspace_id = $18 and m.id = x.memory_id limit 1
        ) m
        where m.workspace_id = $19 and m.companion_id = (select $20::uuid)
      ) hit
      group by hit.memory_id, hit.number, hit.passage
    ),
    best as materialized (
      select hit.memory_id,
        coalesce(max(score) filter (where passage < 0), 0) + coalesce(
          max(score) filter (where passage >= 0), 0
        ) as score
      from (
        select hit.memory_id, passage, sum(own order by number) as score
        from (
          select hit.memory_id,
            number,
            passage,
            case
              when passage < 0 then own
              else greatest(
                0,
                own - coalesce(
                  max(own) filter (where passage < 0) over (partition by hit.memory_id, number), 0
                )
              )
              end as own
          from hit hit
        ) hit
        group by hit.memory_id, passage
      ) hit
      group by hit.memory_id
    ),
    chosen as materialized (
      (
        select m.id, m.lineage_id
        from (select * from best order by score desc, best.memory_id desc) best
        cross join lateral (
          select m.id, m.lineage_id
          from memories m
          where m.workspace_id = $21
            and m.id = best.memory_id
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
        limit 100
      )
    ),
    mine as materialized (
      select chosen.id,
        chosen.lineage_id as lineage,
        hit.number,
        hit.passage,
        hit.own,
        hit.frequency,
        hit.inside
      from chosen
      join hit on hit.memory_id = chosen.id
    ),
    placed as materialized (
      select chosen.id, n.*
      from chosen
      cross join lateral (
        select n.near, n.hops
        from neighborhoods n
        where n.workspace_id = $22 and n.lineage_id = chosen.lineage_id
        limit 1
      ) n
    ),
    counted as materialized (
      select id,
        lineage,
        number,
        best,
        coalesce(greatest(whole, part), 0) as own,
        case when whole is null or part > whole then times else frequency end as frequency,
        case when part > whole or whole is null then coalesce(inside, 0) else -1 end as inside
      from (
        select mine.id,
          mine.lineage,
          mine.number,
          best.passage as best,
          max(mine.frequency) as times,
          max(mine.own) filter (where mine.passage < 0) as whole,
          max(mine.frequency) filter (where mine.passage < 0) as frequency,
          max(mine.own) filter (where mine.passage = best.passage) as part,
          max(mine.inside) filter (where mine.passage = best.passage) as inside
        from mine
        left join (
          select distinct on (id) id, passage
          from (
            select id, passage, sum(more order by number) as score
            from (
              select id,
                number,
                passage,
                greatest(
                  0, own - coalesce(max(own) filter (where passage < 0) over (partition by id, number), 0)
                ) as more
              from mine
            ) mine
            where passage >= 0
            group by id, passage
          ) scored
          order by id, score desc, passage
        ) best on best.id = mine.id
        group by mine.id, mine.lineage, mine.number, best.passage
      ) mine
    ),
    spoken as (
      select id,
        max(best) as passage,
        sum(own order by own) as own,
        string_agg(concat_ws(' ', number, frequency, inside), ',' order by number) as terms
      from counted
      group by id
    ),
    spreading as materialized (
      select near.lineage,
        counted.number,
        max(
          counted.own * (
            '{0.16806999999999997,0.24009999999999992,0.3429999999999999,0.48999999999999994,0.7,0.7,0.48999999999999994,0.3429999999999999,0.24009999999999995}'::float8[]
          )[near.hops + 5]
        ) as value
      from placed
      join counted on counted.id = placed.id
      cross join lateral unnest(placed.near, placed.hops) near (lineage, hops)
      where counted.own > 0
      group by near.lineage, counted.number
    ),
    candidate as materialized (
      select id,
        lineage,
        sum(greatest(own, value) order by greatest(own, value)) as score,
        array_agg(own) as owns,
        array_agg(value) as received,
        bool_or(value is not null) as receives
      from (
        select id, lineage, number, max(own) as own, max(value) as value
        from (
          select id, lineage, number, own, null::float8 as value
          from counted
          union all
          select version.id, spreading.lineage, number, null, value
          from spreading
          left join (select distinct id, lineage from counted) version on version.lineage = spreading.lineage
        ) part
        group by id, lineage, number
      ) part
      group by id, lineage
    ),
    near as materialized (
      select m.*
      from (
        select e.memory_id as "id", e.distance
        from (
          select e.memory_id, e.embedding <=> $23::vector as distance
          from memory_embeddings e
          where e.workspace_id = $24
            and e.companion_id = (select $25::uuid)
            and (select count(*) from candidate) < 50
            and e.model = $26
            and e.dimension = $27
            and true
          order by distance, e.memory_id desc
          offset 0
        ) e
        cross join lateral (
          select
          from memories m
          where m.workspace_id = $28
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
      cross join lateral (select * from memories m where m.workspace_id = $29 and m.id = nearest.id limit 1) m
    ),
    long as materialized (
      select around.lineage_id as lineage,
        max(least(octet_length(around.content) / 10, 32767))::float8 / 25 as times
      from memories around
      where around.workspace_id = $30
        and around.lineage_id = any(
          array(
            select lineage
            from candidate
            where score >= (select case when count(*) >= 100 then 0.999999 * min(own) else 0 end from spoken)
            union
            select near.lineage_id
            from near
          )
        )
        and least(octet_length(around.content) / 10, 32767) > 25
      group by around.lineage_id
    ),
    ranked as materialized (
      select candidate.*,
        long.times,
        case
          when long.times is null then candidate.score
          else (
            select sum(greatest(own, value / long.times) order by greatest(own, value / long.times))
            from unnest(candidate.owns, candidate.received) part (own, value)
          )
          end as words
      from candidate
      left join long on long.lineage = candidate.lineage and candidate.receives
    ),
    words as materialized (
      select m.*
      from (
        select *
        from ranked candidate
        order by candidate.words desc, candidate.lineage desc, candidate.id desc nulls last
        limit 1000
      ) candidate
      cross join lateral (
        select * from memories m where m.workspace_id = $31 and m.lineage_id = candidate.lineage offset 0
      ) m
      where (candidate.id is null or candidate.id = m.id)
        and m.companion_id = (select $32::uuid)
        and (
          (
            m.retracted_at is null
            and m.valid_from <= now()
            and (m.valid_until is null or m.valid_until > now())
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > now())
        )
      order by candidate.words desc, candidate.lineage desc, candidate.id desc nulls last
      limit 100
    ),
    found as materialized (
      select * from words union all select * from near where near.id not in (select words.id from words)
    )
  select 1 - (
    select e.embedding <=> $33::vector as distance
    from memory_embeddings e
    where e.workspace_id = $34 and e.model = $35 and e.dimension = $36 and e.memory_id = found.id
  ) as similarity,
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
      where p.workspace_id = $37 and p.type = found.type
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
                  where other.workspace_id = $38
                    and other.id = c.by_id
                    and (
                      other.retracted_at is null
                      and other.valid_from <= now()
                      and (other.valid_until is null or other.valid_until > now())
                    )
                  limit 1
                ) other
                where c.workspace_id = $39 and c.memory_id = found.id and c.status = 'OPEN'
                union all
                select c.strength as "strength", other.confidence as "confidence"
                from contradictions c
                cross join lateral (
                  select *
                  from memories other
                  where other.workspace_id = $40
                    and other.id = c.memory_id
                    and (
                      other.retracted_at is null
                      and other.valid_from <= now()
                      and (other.valid_until is null or other.valid_until > now())
                    )
                  limit 1
                ) other
                where c.workspace_id = $41 and c.by_id = found.id and c.status = 'OPEN'
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
    ranked.words as "words",
    ranked.times as "times",
    spoken.terms as "terms",
    spoken.own as "own",
    spoken.passage as "passage",
    (select count(*)::int from candidate) as "candidates",
    found.id as "m.id",
    found.lineage_id as "m.lineageId",
    found.companion_id as "m.companionId",
    found.user_id as "m.userId",
    found.context as "m.context",
    found.retracted_at as "m.retractedAt",
    found.slot as "m.slot",
    (
      case
        when found.retracted_at is not null then case
        when found.is_corrected then 'CORRECTED'
        else 'RETRACTED'
        end
        when found.expires_at <= now() then 'EXPIRED'
        when found.archived_at is not null then 'ARCHIVED'
        when found.valid_until <= now() then 'ENDED'
        when found.valid_from > now() then 'UPCOMING'
        when (
          found.is_contested
          and (
            found.retracted_at is null
            and found.valid_from <= now()
            and (found.valid_until is null or found.valid_until > now())
          )
          and exists (
            select 1
            from (
              select c.strength as "strength", other.confidence as "confidence"
              from contradictions c
              cross join lateral (
                select *
                from memories other
                where other.workspace_id = $42
                  and other.id = c.by_id
                  and (
                    other.retracted_at is null
                    and other.valid_from <= now()
                    and (other.valid_until is null or other.valid_until > now())
                  )
                limit 1
              ) other
              where c.workspace_id = $43 and c.memory_id = found.id and c.status = 'OPEN'
              union all
              select c.strength as "strength", other.confidence as "confidence"
              from contradictions c
              cross join lateral (
                select *
                from memories other
                where other.workspace_id = $44
                  and other.id = c.memory_id
                  and (
                    other.retracted_at is null
                    and other.valid_from <= now()
                    and (other.valid_until is null or other.valid_until > now())
                  )
                limit 1
              ) other
              where c.workspace_id = $45 and c.by_id = found.id and c.status = 'OPEN'
            ) counting
          )
        ) then 'DISPUTED'
        else 'ACTIVE'
        end
    ) as "m.status",
    found.summary as "m.summary",
    found.type as "m.type",
    found.valid_from as "m.validFrom",
    found.valid_until as "m.validUntil"
  from found
  left join ranked on ranked.lineage = found.lineage_id and (ranked.id is null or ranked.id = found.id)
  left join spoken on spoken.id = ranked.id
) narrowed;

with lineages as not materialized (
  select * from lineages where true and (lineages.user_id is null or lineages.user_id = $9::uuid)
),
  memories as not materialized (
    select * from memories where true and (memories.user_id is null or memories.user_id = $9::uuid)
  ),
  contradictions as not materialized (
    select *
    from contradictions
    where exists (
      select
      from lineages o
      where o.workspace_id = contradictions.workspace_id and o.id = contradictions.memory_lineage_id
      offset 0
    )
      and exists (
        select
        from lineages o
        where o.workspace_id = contradictions.workspace_id and o.id = contradictions.by_lineage_id
        offset 0
      )
  )
select parent.lineage as parent,
  c.id as "id",
  c.status as "status",
  c.memory_id as "memoryId",
  c.by_id as "byId",
  c.relation_id as "relationId",
  c.strength as "strength",
  c.reason as "reason",
  c.opened_at as "openedAt",
  c.resolved_at as "resolvedAt",
  c.resolution as "resolution",
  c.note as "note"
from unnest($1::uuid[]) with ordinality parent (lineage, place)
cross join lateral (
  select c.id as found, row_number() over (order by c.opened_at desc, c.id desc) as place
  from (
    select distinct c.id, c.opened_at
    from memories version
    cross join lateral (
      select c.id, c.opened_at
      from contradictions c
      where c.workspace_id = $2
        and c.status = any(
          array(select value::contradiction_status from jsonb_array_elements_text($3::jsonb) given (value))
        )
        and c.memory_id = version.id
      union all
      select c.id, c.opened_at
      from contradictions c
      where c.workspace_id = $4
        and c.status = any(
          array(select value::contradiction_status from jsonb_array_elements_text($5::jsonb) given (value))
        )
        and c.by_id = version.id
    ) c
    where version.workspace_id = $6 and version.lineage_id = parent.lineage
  ) c
  where true
  order by c.opened_at desc, c.id desc
  limit $7
) page
cross join lateral (select * from contradictions c where c.workspace_id = $8 and c.id = page.found limit 1) c
order by parent.place, page.place;

with memories as not materialized (
  select * from memories where true and (memories.user_id is null or memories.user_id = $21::uuid)
),
  postings as not materialized (
    select *
    from postings
    where true and postings.user_id in ('00000000-0000-0000-0000-000000000000'::uuid, $21::uuid)
  ),
  mentions as not materialized (
    select *
    from mentions
    where exists (
      select
      from memories o
      where o.workspace_id = mentions.workspace_id and o.id = mentions.memory_id
      offset 0
    )
  ),
  mentions_history as not materialized (
    select *
    from mentions_history
    where exists (
      select
      from memories o
      where o.workspace_id = mentions_history.workspace_id and o.id = mentions_history.memory_id
      offset 0
    )
  ),
  entities as not materialized (
    select entities.workspace_id,
      entities.id,
      entities.companion_id,
      entities.type,
      entities.name,
      entities.folded_name,
      coalesce(
        (
          select jsonb_agg(distinct r.name order by r.name)
          from entities r
          where r.workspace_id = entities.workspace_id
            and r.merged_into = entities.id
            and r.name <> entities.name
            and exists (
              select from mentions x where x.workspace_id = r.workspace_id and x.entity_id = r.id offset 0
            )
        ),
        '[]'
      ) as aliases,
      entities.merged_into,
      entities.recorded_at,
      entities.known_from,
      entities.is_kept,
      entities.search,
      entities.analysis
    from entities
    where true
      and (
        false
        or exists (
          select
          from mentions x
          where x.workspace_id = entities.workspace_id and x.entity_id = entities.id
          offset 0
        )
        or exists (
          select
          from mentions_history x
          where x.workspace_id = entities.workspace_id and x.entity_id = entities.id
          offset 0
        )
        or exists (
          select
          from mentions x
          where x.workspace_id = entities.workspace_id
            and x.entity_id in (
              select r.id
              from entities r
              where r.workspace_id = entities.workspace_id and r.merged_into = entities.id
            )
          offset 0
        )
        or exists (
          select
          from mentions_history x
          where x.workspace_id = entities.workspace_id
            and x.entity_id in (
              select r.id
              from entities r
              where r.workspace_id = entities.workspace_id and r.merged_into = entities.id
            )
          offset 0
        )
      )
  ),
  entity_terms as not materialized (
    select *
    from entity_terms
    where true
      and exists (
        select
        from entities o
        where o.workspace_id = entity_terms.workspace_id and o.id = entity_terms.entity_id
        offset 0
      )
  )
select *
from (
  with asked as materialized (
    select place,
      tsvector_to_array(to_tsvector(w.word ->> 0)) as exact,
      tsvector_to_array(to_tsvector(coalesce(w.word ->> 1, ''))) as plain
    from jsonb_array_elements($1::jsonb) with ordinality w (word, place)
  )
  select (select coalesce(jsonb_agg(jsonb_build_array(exact, plain) order by place), '[]') from asked) as lexemes,
    (
      select coalesce(jsonb_agg(substr(called, 2)), '[]')
      from jsonb_array_elements_text($2::jsonb) n (called)
      where exists (
        select
        from (
          select
          from postings p
          where p.workspace_id = $3 and p.companion_id = (select $4::uuid) and p.term1 = n.called collate "C"
          union all
          select
          from postings p
          where p.workspace_id = $5 and p.companion_id = (select $6::uuid) and p.term2 = n.called collate "C"
          union all
          select
          from postings p
          where p.workspace_id = $7 and p.companion_id = (select $8::uuid) and p.term3 = n.called collate "C"
          union all
          select
          from postings p
          where p.workspace_id = $9 and p.companion_id = (select $10::uuid) and p.term4 = n.called collate "C"
          union all
          select
          from postings p
          where p.workspace_id = $11
            and p.companion_id = (select $12::uuid)
            and p.term5 = n.called collate "C"
          union all
          select
          from postings p
          where p.workspace_id = $13
            and p.companion_id = (select $14::uuid)
            and p.term6 = n.called collate "C"
        ) p
        offset 0
      )
    ) as names,
    (
      select coalesce(
        jsonb_agg(
          jsonb_build_array(
            chosen.terms,
            array(
              select e.survivor
              union all
              (
                select merged.id
                from entities merged
                where merged.workspace_id = $15 and merged.merged_into = e.survivor
                order by merged.id desc
                limit 15
              )
            )
          )
        ),
        '[]'
      )
      from (
        select t.entity_id, array_agg(a.term) as terms
        from (
          select unnest(exact || plain)
          from asked
          union
          select unnest(array(select jsonb_array_elements_text($16::jsonb)))
        ) a (term)
        cross join lateral (
          select t.entity_id
          from entity_terms t
          where t.workspace_id = $17 and t.term = a.term collate "C" and t.companion_id = $18::uuid
          order by t.entity_id desc
          limit 100
        ) t
        group by t.entity_id
        order by count(*) desc, t.entity_id desc
        limit 16
      ) chosen
      cross join lateral (
        select coalesce(e.merged_into, e.id) as survivor
        from entities e
        where e.workspace_id = $19 and e.id = chosen.entity_id
        limit 1
      ) e
    ) as named,
    $20::uuid as companion
) narrowed;

with memories as not materialized (
  select * from memories where true and (memories.user_id is null or memories.user_id = $30::uuid)
),
  postings as not materialized (
    select *
    from postings
    where true and postings.user_id in ('00000000-0000-0000-0000-000000000000'::uuid, $30::uuid)
  ),
  mentions as not materialized (
    select *
    from mentions
    where exists (
      select
      from memories o
      where o.workspace_id = mentions.workspace_id and o.id = mentions.memory_id
      offset 0
    )
  )
select (
  select count(*)::int
  from (select from memories m where m.workspace_id = $1 and m.companion_id = (select $2::uuid) limit 5000) memory
) as size,
  (
    select coalesce(jsonb_agg(jsonb_build_array(l."number", n)), '[]')
    from jsonb_to_recordset($3::jsonb) as l ("number" int, "lexeme" text)
    cross join lateral (
      select count(*) as n
      from (
        select
        from postings p
        where p.workspace_id = $4 and p.companion_id = (select $5::uuid) and p.term1 = l."lexeme" collate "C"
        union all
        select
        from postings p
        where p.workspace_id = $6 and p.companion_id = (select $7::uuid) and p.term2 = l."lexeme" collate "C"
        union all
        select
        from postings p
        where p.workspace_id = $8 and p.companion_id = (select $9::uuid) and p.term3 = l."lexeme" collate "C"
        union all
        select
        from postings p
        where p.workspace_id = $10
          and p.companion_id = (select $11::uuid)
          and p.term4 = l."lexeme" collate "C"
        union all
        select
        from postings p
        where p.workspace_id = $12
          and p.companion_id = (select $13::uuid)
          and p.term5 = l."lexeme" collate "C"
        union all
        select
        from postings p
        where p.workspace_id = $14
          and p.companion_id = (select $15::uuid)
          and p.term6 = l."lexeme" collate "C"
        limit 701
      ) posting
    ) counted
  ) as counts,
  (
    select coalesce(jsonb_agg(jsonb_build_array(l."number", counted.n)), '[]')
    from jsonb_to_recordset($16::jsonb) as l ("number" int, "term" text, "members" uuid[])
    cross join lateral (
      select count(*) as n
      from (
        (
          select p.memory_id
          from postings p
          where p.workspace_id = $17
            and p.companion_id = (select $18::uuid)
            and p.term1 = l."term" collate "C"
          union all
          select p.memory_id
          from postings p
          where p.workspace_id = $19
            and p.companion_id = (select $20::uuid)
            and p.term2 = l."term" collate "C"
          union all
          select p.memory_id
          from postings p
          where p.workspace_id = $21
            and p.companion_id = (select $22::uuid)
            and p.term3 = l."term" collate "C"
          union all
          select p.memory_id
          from postings p
          where p.workspace_id = $23
            and p.companion_id = (select $24::uuid)
            and p.term4 = l."term" collate "C"
          union all
          select p.memory_id
          from postings p
          where p.workspace_id = $25
            and p.companion_id = (select $26::uuid)
            and p.term5 = l."term" collate "C"
          union all
          select p.memory_id
          from postings p
          where p.workspace_id = $27
            and p.companion_id = (select $28::uuid)
            and p.term6 = l."term" collate "C"
          limit 701
        )
        union (
          select x.memory_id
          from unnest(l."members") member (id)
          cross join lateral (
            (
              select x.memory_id
              from mentions x
              where x.workspace_id = $29 and x.entity_id = member.id
              order by x.memory_id desc
              limit 701
            )
          ) x
          limit 701
        )
        limit 701
      ) memory
    ) counted
  ) as named;

with memories as not materialized (
  select * from memories where true and (memories.user_id is null or memories.user_id = $4::uuid)
),
  conversations as not materialized (
    select *
    from conversations
    where true and (conversations.user_id is null or conversations.user_id = $4::uuid)
  ),
  messages as not materialized (
    select *
    from messages
    where exists (
      select
      from conversations o
      where o.workspace_id = messages.workspace_id and o.id = messages.conversation_id
      offset 0
    )
  )
select g.id as "id",
  g.role as "role",
  g.name as "name",
  g.format as "format",
  g.created_at as "createdAt",
  g.memory_id as "memoryId",
  g.is_final as "isFinal",
  g.is_forgotten as "isForgotten",
  sum(coalesce(octet_length(g.content), 0) + coalesce(octet_length(m.content), 0)) over newest > 2097152 as "isBeyond",
  case
    when sum(coalesce(octet_length(g.content), 0) + coalesce(octet_length(m.content), 0)) over newest <= 2097152 then g.content
    end as "content",
  case
    when sum(coalesce(octet_length(g.content), 0) + coalesce(octet_length(m.content), 0)) over newest <= 2097152 then m.content
    end as "words"
from (
  select *
  from messages g
  where g.workspace_id = $1 and g.conversation_id = $2::uuid
  order by g.position desc
  limit 100
) g
left join lateral (select m.content from memories m where m.workspace_id = $3 and m.id = g.memory_id offset 0) m on true window newest as (
  order by g.position desc
)
order by g.position desc;

with memories as not materialized (
  select * from memories where true and (memories.user_id is null or memories.user_id = $4::uuid)
),
  summaries as not materialized (
    select * from summaries where true and (summaries.user_id is null or summaries.user_id = $4::uuid)
  ),
  summary_sources as not materialized (
    select *
    from summary_sources
    where exists (
      select
      from summaries o
      where o.workspace_id = summary_sources.workspace_id
        and o.lineage_id = summary_sources.summary_lineage_id
      offset 0
    )
  )
select x.summary_lineage_id as "parent", m.id as "id"
from summary_sources x
cross join lateral (
  select *
  from memories m
  where m.workspace_id = $1
    and m.lineage_id = x.source_lineage_id
    and (
      (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now()))
      and m.archived_at is null
      and (m.expires_at is null or m.expires_at > now())
    )
  limit 1
) m
where x.workspace_id = $2 and x.summary_lineage_id = any($3::uuid[]) and x.line is not null
order by x.summary_lineage_id, x.line;

with memories as not materialized (
  select * from memories where true and (memories.user_id is null or memories.user_id = $6::uuid)
),
  summaries as not materialized (
    select * from summaries where true and (summaries.user_id is null or summaries.user_id = $6::uuid)
  ),
  profiles as not materialized (
    select * from profiles where true and (profiles.user_id is null or profiles.user_id = $6::uuid)
  )
select p.user_id as "userId",
  p.summary_lineage_id as "summaryLineageId",
  m.id as "summaryId",
  s.memory_id = m.id and s.method = 0 as "isQuoted"
from profiles p
join summaries s on s.workspace_id = $1 and s.lineage_id = p.summary_lineage_id
cross join lateral (
  select *
  from memories m
  where m.workspace_id = $2
    and m.lineage_id = p.summary_lineage_id
    and (
      (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now()))
      and m.archived_at is null
      and (m.expires_at is null or m.expires_at > now())
    )
  limit 1
) m
where p.workspace_id = $3
  and p.companion_id = $4::uuid
  and p.entity_id is null
  and (p.user_id is null or p.user_id = $5::uuid);

with working_memories as not materialized (
  select *
  from working_memories
  where true and (working_memories.user_id is null or working_memories.user_id = $5::uuid)
)
select w.id as "id", w.scope as "scope", w.content as "content"
from working_memories w
where w.workspace_id = $1
  and w.companion_id = $2::uuid
  and (
    w.conversation_id = $3::uuid
    or (w.conversation_id is null and (w.user_id is null or w.user_id = $4::uuid))
  );

commit;

begin;

with today as materialized (select floor(extract(epoch from now()) / 86400)::int as day),
  old as (
    delete
    from chat_usage chat_usage using today
    where chat_usage.workspace_id = $1 and chat_usage.day < today.day - 31
  ) insert into chat_usage (workspace_id, day, tokens)
select $2, today.day, $3::text::bigint
from today
where $4::text::bigint <= $5::text::bigint on conflict (workspace_id, day) do update set tokens = chat_usage.tokens + $6::text::bigint
where chat_usage.tokens + $7::text::bigint <= $8::text::bigint returning chat_usage.day as day;

commit;

begin;

select (select c.id from companions c where c.workspace_id = $1 and c.key = $2) as "companionId",
  null::uuid as "givenUserId",
  talk.id as "id",
  talk.user_id as "userId",
  talk.message_count as "messageCount"
from (values (1)) one
left join lateral (
  select *
  from conversations c
  where c.workspace_id = $3
    and c.companion_id = (select c.id from companions c where c.workspace_id = $4 and c.key = $5)
    and c.external_id = $6
  limit 1
) talk on true;

with lineages as not materialized (
  select * from lineages where true and (lineages.user_id is null or lineages.user_id = $11::uuid)
),
  memories as not materialized (
    select * from memories where true and (memories.user_id is null or memories.user_id = $11::uuid)
  ),
  contradictions as not materialized (
    select *
    from contradictions
    where exists (
      select
      from lineages o
      where o.workspace_id = contradictions.workspace_id and o.id = contradictions.memory_lineage_id
      offset 0
    )
      and exists (
        select
        from lineages o
        where o.workspace_id = contradictions.workspace_id and o.id = contradictions.by_lineage_id
        offset 0
      )
  )
select m.id as "id",
  m.lineage_id as "lineageId",
  m.type as "type",
  m.slot as "slot",
  m.valid_from as "validFrom",
  m.valid_until as "validUntil",
  m.stated_until as "statedUntil",
  m.retracted_at as "retractedAt",
  (
    case
      when m.retracted_at is not null then case
      when m.is_corrected then 'CORRECTED'
      else 'RETRACTED'
      end
      when m.expires_at <= now() then 'EXPIRED'
      when m.archived_at is not null then 'ARCHIVED'
      when m.valid_until <= now() then 'ENDED'
      when m.valid_from > now() then 'UPCOMING'
      when (
        m.is_contested
        and (
          m.retracted_at is null
          and m.valid_from <= now()
          and (m.valid_until is null or m.valid_until > now())
        )
        and exists (
          select 1
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
            where c.workspace_id = $2 and c.memory_id = m.id and c.status = 'OPEN'
            union all
            select c.strength as "strength", other.confidence as "confidence"
            from contradictions c
            cross join lateral (
              select *
              from memories other
              where other.workspace_id = $3
                and other.id = c.memory_id
                and (
                  other.retracted_at is null
                  and other.valid_from <= now()
                  and (other.valid_until is null or other.valid_until > now())
                )
              limit 1
            ) other
            where c.workspace_id = $4 and c.by_id = m.id and c.status = 'OPEN'
          ) counting
        )
      ) then 'DISPUTED'
      else 'ACTIVE'
      end
  ) as "status",
  m.context ->> 'speaker' as "speaker",
  length(m.content) > 1000 as "isLong",
  case when length(m.content) <= 1000 then m.content else
left(coalesce(m.summary, m.content), 1000) end as "text", m.summary is not null as "hasSummary"
from (
  select l.id, l.slot
  from lineages l
  where l.workspace_id = $5
    and l.companion_id = $6::uuid
    and coalesce(l.user_id, $7::uuid) = any($8::uuid[])
    and l.slot is not null
  order by coalesce(l.user_id, $9::uuid) desc, l.slot
  limit 100
) l
cross join lateral (
  select *
  from memories m
  where m.workspace_id = $10
    and m.lineage_id = l.id
    and (
      (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now()))
      and m.archived_at is null
      and (m.expires_at is null or m.expires_at > now())
    )
  limit 1
) m;

with lineages as not materialized (
  select * from lineages where true and (lineages.user_id is null or lineages.user_id = $11::uuid)
),
  memories as not materialized (
    select * from memories where true and (memories.user_id is null or memories.user_id = $11::uuid)
  ),
  contradictions as not materialized (
    select *
    from contradictions
    where exists (
      select
      from lineages o
      where o.workspace_id = contradictions.workspace_id and o.id = contradictions.memory_lineage_id
      offset 0
    )
      and exists (
        select
        from lineages o
        where o.workspace_id = contradictions.workspace_id and o.id = contradictions.by_lineage_id
        offset 0
      )
  )
select *
from (
  with recursive reached (start, lineage, made_against, depth) as (
    select lineage, lineage, null::uuid, 0
    from unnest($1::uuid[]) given (lineage)
    union
    select reached.start, step.rests_on, step.made_against, reached.depth + 1
    from reached
    cross join lateral (
      select r.to_lineage_id as rests_on, r.to_memory_id as made_against, r.from_lineage_id as lineage
      from (
        select *
        from relations r
        where r.workspace_id = $2 and r.retracted_at is null and r.from_lineage_id = reached.lineage
        offset 0
      ) r
      where r.type in ('ELABORATES', 'REFERENCES')
      union all
      select r.from_lineage_id as rests_on, r.from_memory_id as made_against, r.to_lineage_id as lineage
      from (
        select *
        from relations r
        where r.workspace_id = $3 and r.retracted_at is null and r.to_lineage_id = reached.lineage
        offset 0
      ) r
      where r.type = 'CAUSES'
    ) step
    where reached.depth < $4
  ),
    met as materialized (
      select distinct start, lineage, made_against from reached where depth > 0 and lineage <> start
    )
  select distinct start
  from met
  where (
    exists (
      select
      from (select * from memories m where m.workspace_id = $5 and m.id = met.made_against offset 0) m
      where m.retracted_at is not null
    )
    or exists (
      select
      from memories m
      where m.workspace_id = $6
        and m.lineage_id = met.lineage
        and m.is_contested
        and (
          m.is_contested
          and (
            m.retracted_at is null
            and m.valid_from <= now()
            and (m.valid_until is null or m.valid_until > now())
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
              where c.workspace_id = $8 and c.memory_id = m.id and c.status = 'OPEN'
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
              where c.workspace_id = $10 and c.by_id = m.id and c.status = 'OPEN'
            ) counting
          )
        )
    )
  )
) narrowed;

with lineages as not materialized (
  select * from lineages where true and (lineages.user_id is null or lineages.user_id = $17::uuid)
),
  memories as not materialized (
    select * from memories where true and (memories.user_id is null or memories.user_id = $17::uuid)
  ),
  contradictions as not materialized (
    select *
    from contradictions
    where exists (
      select
      from lineages o
      where o.workspace_id = contradictions.workspace_id and o.id = contradictions.memory_lineage_id
      offset 0
    )
      and exists (
        select
        from lineages o
        where o.workspace_id = contradictions.workspace_id and o.id = contradictions.by_lineage_id
        offset 0
      )
  ),
  findings as not materialized (
    select *
    from findings
    where exists (
      select
      from lineages o
      where o.workspace_id = findings.workspace_id and o.id = findings.memory_lineage_id
      offset 0
    )
      and exists (
        select
        from lineages o
        where o.workspace_id = findings.workspace_id and o.id = findings.by_lineage_id
        offset 0
      )
  )
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
      offset 0
    ) f
    order by f.score desc, f.id desc
    limit 50
  ) f
  where exists (
    select
    from memories side
    where side.workspace_id = $5
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
                  where other.workspace_id = $6
                    and other.id = c.by_id
                    and (
                      other.retracted_at is null
                      and other.valid_from <= now()
                      and (other.valid_until is null or other.valid_until > now())
                    )
                  limit 1
                ) other
                where c.workspace_id = $7 and c.memory_id = side.id and c.status = 'OPEN'
                union all
                select c.strength as "strength", other.confidence as "confidence"
                from contradictions c
                cross join lateral (
                  select *
                  from memories other
                  where other.workspace_id = $8
                    and other.id = c.memory_id
                    and (
                      other.retracted_at is null
                      and other.valid_from <= now()
                      and (other.valid_until is null or other.valid_until > now())
                    )
                  limit 1
                ) other
                where c.workspace_id = $9 and c.by_id = side.id and c.status = 'OPEN'
              ) counting
            )
          ) then 'DISPUTED'
          else 'ACTIVE'
          end
      ) = any($10::text[])
    offset 0
  )
    and exists (
      select
      from memories side
      where side.workspace_id = $11
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
                    where other.workspace_id = $12
                      and other.id = c.by_id
                      and (
                        other.retracted_at is null
                        and other.valid_from <= now()
                        and (other.valid_until is null or other.valid_until > now())
                      )
                    limit 1
                  ) other
                  where c.workspace_id = $13 and c.memory_id = side.id and c.status = 'OPEN'
                  union all
                  select c.strength as "strength", other.confidence as "confidence"
                  from contradictions c
                  cross join lateral (
                    select *
                    from memories other
                    where other.workspace_id = $14
                      and other.id = c.memory_id
                      and (
                        other.retracted_at is null
                        and other.valid_from <= now()
                        and (other.valid_until is null or other.valid_until > now())
                      )
                    limit 1
                  ) other
                  where c.workspace_id = $15 and c.by_id = side.id and c.status = 'OPEN'
                ) counting
              )
            ) then 'DISPUTED'
            else 'ACTIVE'
            end
        ) = any($16::text[])
      offset 0
    )
  order by f.score desc, f.id desc
  limit 5
) f;

with lineages as not materialized (
  select * from lineages where true and (lineages.user_id is null or lineages.user_id = $46::uuid)
),
  memories as not materialized (
    select * from memories where true and (memories.user_id is null or memories.user_id = $46::uuid)
  ),
  memory_embeddings as not materialized (
    select *
    from memory_embeddings
    where true and (memory_embeddings.user_id is null or memory_embeddings.user_id = $46::uuid)
  ),
  postings as not materialized (
    select *
    from postings
    where true and postings.user_id in ('00000000-0000-0000-0000-000000000000'::uuid, $46::uuid)
  ),
  mentions as not materialized (
    select *
    from mentions
    where exists (
      select
      from memories o
      where o.workspace_id = mentions.workspace_id and o.id = mentions.memory_id
      offset 0
    )
  ),
  contradictions as not materialized (
    select *
    from contradictions
    where exists (
      select
      from lineages o
      where o.workspace_id = contradictions.workspace_id and o.id = contradictions.memory_lineage_id
      offset 0
    )
      and exists (
        select
        from lineages o
        where o.workspace_id = contradictions.workspace_id and o.id = contradictions.by_lineage_id
        offset 0
      )
  )
select *
from (
  with said as materialized (
    select p.memory_id,
      p.number,
      ((p.place + 79) / 80 - 1) as passage,
      max(p.frequency) as frequency,
      count(*) as inside,
      max(p.weight) * (
        case
          when max(p.length) <= 25 then 2::float8 * max(p.frequency) / (max(p.frequency) + 1)
          else (
            case
              when ((p.place + 79) / 80 - 1) < 0 then 2::float8 * max(p.frequency) / (
                max(p.frequency) + sqrt((max(p.length)::float8 / 25::float8))
              )
              else 2::float8 * count(*) / (count(*) + 1.4142135623730951::float8)
              end
          ) / (1 + 0.05::float8 * ln((max(p.length)::float8 / 25::float8)))
          end
      ) as own
    from (
      select l.number,
        l.weight,
        p.memory_id,
        p.frequency,
        p.length,
        unnest(coalesce(p.places, '{0}')) as place
      from (
        select unnest($1::int[]) as number,
          unnest(array(select jsonb_array_elements_text($2::jsonb))) as lexeme,
          unnest($3::float8[]) as weight
      ) l
      cross join lateral (
        select *
        from (
          select p.memory_id, p.frequency1 as frequency, p.length, p.places1 as places
          from postings p
          where p.workspace_id = $4 and p.companion_id = (select $5::uuid) and p.term1 = l.lexeme collate "C"
          union all
          select p.memory_id, p.frequency2 as frequency, p.length, p.places2 as places
          from postings p
          where p.workspace_id = $6 and p.companion_id = (select $7::uuid) and p.term2 = l.lexeme collate "C"
          union all
          select p.memory_id, p.frequency3 as frequency, p.length, p.places3 as places
          from postings p
          where p.workspace_id = $8 and p.companion_id = (select $9::uuid) and p.term3 = l.lexeme collate "C"
          union all
          select p.memory_id, p.frequency4 as frequency, p.length, p.places4 as places
          from postings p
          where p.workspace_id = $10
            and p.companion_id = (select $11::uuid)
            and p.term4 = l.lexeme collate "C"
          union all
          select p.memory_id, p.frequency5 as frequency, p.length, p.places5 as places
          from postings p
          where p.workspace_id = $12
            and p.companion_id = (select $13::uuid)
            and p.term5 = l.lexeme collate "C"
          union all
          select p.memory_id, p.frequency6 as frequency, p.length, p.places6 as places
          from postings p
          where p.workspace_id = $14
            and p.companion_id = (select $15::uuid)
            and p.term6 = l.lexeme collate "C"
        ) p
        order by p.memory_id desc
        limit 700
      ) p
    ) p
    group by p.memory_id, p.number, passage
  ),
    hit as materialized (
      select hit.memory_id,
        hit.number,
        hit.passage,
        max(hit.frequency) as frequency,
        max(hit.inside) as inside,
        max(hit.own) as own
      from (
        select *
        from said
        union all
        select x.memory_id,
          n.number,
          -1 as passage,
          0::smallint as frequency,
          0 as inside,
          n.weight * (
            case
              when least(octet_length(m.content) / 10, 32767) <= 25 then 2::float8 * 1 / (1 + 1)
              else (
                case
                  when -1 < 0 then 2::float8 * 1 / (
                    1 + sqrt((least(octet_length(m.content) / 10, 32767)::float8 / 25::float8))
                  )
                  else 2::float8 * 1 / (1 + 1.4142135623730951::float8)
                  end
              ) / (1 + 0.05::float8 * ln((least(octet_length(m.content) / 10, 32767)::float8 / 25::float8)))
              end
          ) as own
        from (
          select f."numbers", f."weights", x.memory_id
          from jsonb_to_recordset($16::jsonb) as f ("members" uuid[], "numbers" int[], "weights" float8[])
          cross join lateral (
            select x.memory_id
            from unnest(f."members") member (id)
            cross join lateral (
              (
                select x.memory_id
                from mentions x
                where x.workspace_id = $17 and x.entity_id = member.id
                order by x.memory_id desc
                limit 700
              )
            ) x
            order by 1 desc
            limit 700
          ) x
        ) x
        cross join lateral unnest(x.numbers, x.weights) n (number, weight)
        cross join lateral (
          select * from memories m where m.workspace_id = $18 and m.id = x.memory_id limit 1
        ) m
        where m.workspace_id = $19 and m.companion_id = (select $20::uuid)
      ) hit
      group by hit.memory_id, hit.number, hit.passage
    ),
    best as materialized (
      select hit.memory_id,
        coalesce(max(score) filter (where passage < 0), 0) + coalesce(
          max(score) filter (where passage >= 0), 0
        ) as score
      from (
        select hit.memory_id, passage, sum(own order by number) as score
        from (
          select hit.memory_id,
            number,
            passage,
            case
              when passage < 0 then own
              else greatest(
                0,
                own - coalesce(
                  max(own) filter (where passage < 0) over (partition by hit.memory_id, number), 0
                )
              )
              end as own
          from hit hit
        ) hit
        group by hit.memory_id, passage
      ) hit
      group by hit.memory_id
    ),
    chosen as materialized (
      (
        select m.id, m.lineage_id
        from (select * from best order by score desc, best.memory_id desc) best
        cross join lateral (
          select m.id, m.lineage_id
          from memories m
          where m.workspace_id = $21
            and m.id = best.memory_id
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
        limit 100
      )
    ),
    mine as materialized (
      select chosen.id,
        chosen.lineage_id as lineage,
        hit.number,
        hit.passage,
        hit.own,
        hit.frequency,
        hit.inside
      from chosen
      join hit on hit.memory_id = chosen.id
    ),
    placed as materialized (
      select chosen.id, n.*
      from chosen
      cross join lateral (
        select n.near, n.hops
        from neighborhoods n
        where n.workspace_id = $22 and n.lineage_id = chosen.lineage_id
        limit 1
      ) n
    ),
    counted as materialized (
      select id,
        lineage,
        number,
        best,
        coalesce(greatest(whole, part), 0) as own,
        case when whole is null or part > whole then times else frequency end as frequency,
        case when part > whole or whole is null then coalesce(inside, 0) else -1 end as inside
      from (
        select mine.id,
          mine.lineage,
          mine.number,
          best.passage as best,
          max(mine.frequency) as times,
          max(mine.own) filter (where mine.passage < 0) as whole,
          max(mine.frequency) filter (where mine.passage < 0) as frequency,
          max(mine.own) filter (where mine.passage = best.passage) as part,
          max(mine.inside) filter (where mine.passage = best.passage) as inside
        from mine
        left join (
          select distinct on (id) id, passage
          from (
            select id, passage, sum(more order by number) as score
            from (
              select id,
                number,
                passage,
                greatest(
                  0, own - coalesce(max(own) filter (where passage < 0) over (partition by id, number), 0)
                ) as more
              from mine
            ) mine
            where passage >= 0
            group by id, passage
          ) scored
          order by id, score desc, passage
        ) best on best.id = mine.id
        group by mine.id, mine.lineage, mine.number, best.passage
      ) mine
    ),
    spoken as (
      select id,
        max(best) as passage,
        sum(own order by own) as own,
        string_agg(concat_ws(' ', number, frequency, inside), ',' order by number) as terms
      from counted
      group by id
    ),
    spreading as materialized (
      select near.lineage,
        counted.number,
        max(
          counted.own * (
            '{0.16806999999999997,0.24009999999999992,0.3429999999999999,0.48999999999999994,0.7,0.7,0.48999999999999994,0.3429999999999999,0.24009999999999995}'::float8[]
          )[near.hops + 5]
        ) as value
      from placed
      join counted on counted.id = placed.id
      cross join lateral unnest(placed.near, placed.hops) near (lineage, hops)
      where counted.own > 0
      group by near.lineage, counted.number
    ),
    candidate as materialized (
      select id,
        lineage,
        sum(greatest(own, value) order by greatest(own, value)) as score,
        array_agg(own) as owns,
        array_agg(value) as received,
        bool_or(value is not null) as receives
      from (
        select id, lineage, number, max(own) as own, max(value) as value
        from (
          select id, lineage, number, own, null::float8 as value
          from counted
          union all
          select version.id, spreading.lineage, number, null, value
          from spreading
          left join (select distinct id, lineage from counted) version on version.lineage = spreading.lineage
        ) part
        group by id, lineage, number
      ) part
      group by id, lineage
    ),
    near as materialized (
      select m.*
      from (
        select e.memory_id as "id", e.distance
        from (
          select e.memory_id, e.embedding <=> $23::vector as distance
          from memory_embeddings e
          where e.workspace_id = $24
            and e.companion_id = (select $25::uuid)
            and (select count(*) from candidate) < 50
            and e.model = $26
            and e.dimension = $27
            and true
          order by distance, e.memory_id desc
          offset 0
        ) e
        cross join lateral (
          select
          from memories m
          where m.workspace_id = $28
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
      cross join lateral (select * from memories m where m.workspace_id = $29 and m.id = nearest.id limit 1) m
    ),
    long as materialized (
      select around.lineage_id as lineage,
        max(least(octet_length(around.content) / 10, 32767))::float8 / 25 as times
      from memories around
      where around.workspace_id = $30
        and around.lineage_id = any(
          array(
            select lineage
            from candidate
            where score >= (select case when count(*) >= 100 then 0.999999 * min(own) else 0 end from spoken)
            union
            select near.lineage_id
            from near
          )
        )
        and least(octet_length(around.content) / 10, 32767) > 25
      group by around.lineage_id
    ),
    ranked as materialized (
      select candidate.*,
        long.times,
        case
          when long.times is null then candidate.score
          else (
            select sum(greatest(own, value / long.times) order by greatest(own, value / long.times))
            from unnest(candidate.owns, candidate.received) part (own, value)
          )
          end as words
      from candidate
      left join long on long.lineage = candidate.lineage and candidate.receives
    ),
    words as materialized (
      select m.*
      from (
        select *
        from ranked candidate
        order by candidate.words desc, candidate.lineage desc, candidate.id desc nulls last
        limit 1000
      ) candidate
      cross join lateral (
        select * from memories m where m.workspace_id = $31 and m.lineage_id = candidate.lineage offset 0
      ) m
      where (candidate.id is null or candidate.id = m.id)
        and m.companion_id = (select $32::uuid)
        and (
          (
            m.retracted_at is null
            and m.valid_from <= now()
            and (m.valid_until is null or m.valid_until > now())
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > now())
        )
      order by candidate.words desc, candidate.lineage desc, candidate.id desc nulls last
      limit 100
    ),
    found as materialized (
      select * from words union all select * from near where near.id not in (select words.id from words)
    )
  select 1 - (
    select e.embedding <=> $33::vector as distance
    from memory_embeddings e
    where e.workspace_id = $34 and e.model = $35 and e.dimension = $36 and e.memory_id = found.id
  ) as similarity,
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
      where p.workspace_id = $37 and p.type = found.type
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
                  where other.workspace_id = $38
                    and other.id = c.by_id
                    and (
                      other.retracted_at is null
                      and other.valid_from <= now()
                      and (other.valid_until is null or other.valid_until > now())
                    )
                  limit 1
                ) other
                where c.workspace_id = $39 and c.memory_id = found.id and c.status = 'OPEN'
                union all
                select c.strength as "strength", other.confidence as "confidence"
                from contradictions c
                cross join lateral (
                  select *
                  from memories other
                  where other.workspace_id = $40
                    and other.id = c.memory_id
                    and (
                      other.retracted_at is null
                      and other.valid_from <= now()
                      and (other.valid_until is null or other.valid_until > now())
                    )
                  limit 1
                ) other
                where c.workspace_id = $41 and c.by_id = found.id and c.status = 'OPEN'
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
    ranked.words as "words",
    ranked.times as "times",
    spoken.terms as "terms",
    spoken.own as "own",
    spoken.passage as "passage",
    (select count(*)::int from candidate) as "candidates",
    found.id as "m.id",
    found.lineage_id as "m.lineageId",
    found.companion_id as "m.companionId",
    found.user_id as "m.userId",
    found.context as "m.context",
    found.retracted_at as "m.retractedAt",
    found.slot as "m.slot",
    (
      case
        when found.retracted_at is not null then case
        when found.is_corrected then 'CORRECTED'
        else 'RETRACTED'
        end
        when found.expires_at <= now() then 'EXPIRED'
        when found.archived_at is not null then 'ARCHIVED'
        when found.valid_until <= now() then 'ENDED'
        when found.valid_from > now() then 'UPCOMING'
        when (
          found.is_contested
          and (
            found.retracted_at is null
            and found.valid_from <= now()
            and (found.valid_until is null or found.valid_until > now())
          )
          and exists (
            select 1
            from (
              select c.strength as "strength", other.confidence as "confidence"
              from contradictions c
              cross join lateral (
                select *
                from memories other
                where other.workspace_id = $42
                  and other.id = c.by_id
                  and (
                    other.retracted_at is null
                    and other.valid_from <= now()
                    and (other.valid_until is null or other.valid_until > now())
                  )
                limit 1
              ) other
              where c.workspace_id = $43 and c.memory_id = found.id and c.status = 'OPEN'
              union all
              select c.strength as "strength", other.confidence as "confidence"
              from contradictions c
              cross join lateral (
                select *
                from memories other
                where other.workspace_id = $44
                  and other.id = c.memory_id
                  and (
                    other.retracted_at is null
                    and other.valid_from <= now()
                    and (other.valid_until is null or other.valid_until > now())
                  )
                limit 1
              ) other
              where c.workspace_id = $45 and c.by_id = found.id and c.status = 'OPEN'
            ) counting
          )
        ) then 'DISPUTED'
        else 'ACTIVE'
        end
    ) as "m.status",
    found.summary as "m.summary",
    found.type as "m.type",
    found.valid_from as "m.validFrom",
    found.valid_until as "m.validUntil"
  from found
  left join ranked on ranked.lineage = found.lineage_id and (ranked.id is null or ranked.id = found.id)
  left join spoken on spoken.id = ranked.id
) narrowed;

with lineages as not materialized (
  select * from lineages where true and (lineages.user_id is null or lineages.user_id = $9::uuid)
),
  memories as not materialized (
    select * from memories where true and (memories.user_id is null or memories.user_id = $9::uuid)
  ),
  contradictions as not materialized (
    select *
    from contradictions
    where exists (
      select
      from lineages o
      where o.workspace_id = contradictions.workspace_id and o.id = contradictions.memory_lineage_id
      offset 0
    )
      and exists (
        select
        from lineages o
        where o.workspace_id = contradictions.workspace_id and o.id = contradictions.by_lineage_id
        offset 0
      )
  )
select parent.lineage as parent,
  c.id as "id",
  c.status as "status",
  c.memory_id as "memoryId",
  c.by_id as "byId",
  c.relation_id as "relationId",
  c.strength as "strength",
  c.reason as "reason",
  c.opened_at as "openedAt",
  c.resolved_at as "resolvedAt",
  c.resolution as "resolution",
  c.note as "note"
from unnest($1::uuid[]) with ordinality parent (lineage, place)
cross join lateral (
  select c.id as found, row_number() over (order by c.opened_at desc, c.id desc) as place
  from (
    select distinct c.id, c.opened_at
    from memories version
    cross join lateral (
      select c.id, c.opened_at
      from contradictions c
      where c.workspace_id = $2
        and c.status = any(
          array(select value::contradiction_status from jsonb_array_elements_text($3::jsonb) given (value))
        )
        and c.memory_id = version.id
      union all
      select c.id, c.opened_at
      from contradictions c
      where c.workspace_id = $4
        and c.status = any(
          array(select value::contradiction_status from jsonb_array_elements_text($5::jsonb) given (value))
        )
        and c.by_id = version.id
    ) c
    where version.workspace_id = $6 and version.lineage_id = parent.lineage
  ) c
  where true
  order by c.opened_at desc, c.id desc
  limit $7
) page
cross join lateral (select * from contradictions c where c.workspace_id = $8 and c.id = page.found limit 1) c
order by parent.place, page.place;

with memories as not materialized (
  select * from memories where true and (memories.user_id is null or memories.user_id = $21::uuid)
),
  postings as not materialized (
    select *
    from postings
    where true and postings.user_id in ('00000000-0000-0000-0000-000000000000'::uuid, $21::uuid)
  ),
  mentions as not materialized (
    select *
    from mentions
    where exists (
      select
      from memories o
      where o.workspace_id = mentions.workspace_id and o.id = mentions.memory_id
      offset 0
    )
  ),
  mentions_history as not materialized (
    select *
    from mentions_history
    where exists (
      select
      from memories o
      where o.workspace_id = mentions_history.workspace_id and o.id = mentions_history.memory_id
      offset 0
    )
  ),
  entities as not materialized (
    select entities.workspace_id,
      entities.id,
      entities.companion_id,
      entities.type,
      entities.name,
      entities.folded_name,
      coalesce(
        (
          select jsonb_agg(distinct r.name order by r.name)
          from entities r
          where r.workspace_id = entities.workspace_id
            and r.merged_into = entities.id
            and r.name <> entities.name
            and exists (
              select from mentions x where x.workspace_id = r.workspace_id and x.entity_id = r.id offset 0
            )
        ),
        '[]'
      ) as aliases,
      entities.merged_into,
      entities.recorded_at,
      entities.known_from,
      entities.is_kept,
      entities.search,
      entities.analysis
    from entities
    where true
      and (
        false
        or exists (
          select
          from mentions x
          where x.workspace_id = entities.workspace_id and x.entity_id = entities.id
          offset 0
        )
        or exists (
          select
          from mentions_history x
          where x.workspace_id = entities.workspace_id and x.entity_id = entities.id
          offset 0
        )
        or exists (
          select
          from mentions x
          where x.workspace_id = entities.workspace_id
            and x.entity_id in (
              select r.id
              from entities r
              where r.workspace_id = entities.workspace_id and r.merged_into = entities.id
            )
          offset 0
        )
        or exists (
          select
          from mentions_history x
          where x.workspace_id = entities.workspace_id
            and x.entity_id in (
              select r.id
              from entities r
              where r.workspace_id = entities.workspace_id and r.merged_into = entities.id
            )
          offset 0
        )
      )
  ),
  entity_terms as not materialized (
    select *
    from entity_terms
    where true
      and exists (
        select
        from entities o
        where o.workspace_id = entity_terms.workspace_id and o.id = entity_terms.entity_id
        offset 0
      )
  )
select *
from (
  with asked as materialized (
    select place,
      tsvector_to_array(to_tsvector(w.word ->> 0)) as exact,
      tsvector_to_array(to_tsvector(coalesce(w.word ->> 1, ''))) as plain
    from jsonb_array_elements($1::jsonb) with ordinality w (word, place)
  )
  select (select coalesce(jsonb_agg(jsonb_build_array(exact, plain) order by place), '[]') from asked) as lexemes,
    (
      select coalesce(jsonb_agg(substr(called, 2)), '[]')
      from jsonb_array_elements_text($2::jsonb) n (called)
      where exists (
        select
        from (
          select
          from postings p
          where p.workspace_id = $3 and p.companion_id = (select $4::uuid) and p.term1 = n.called collate "C"
          union all
          select
          from postings p
          where p.workspace_id = $5 and p.companion_id = (select $6::uuid) and p.term2 = n.called collate "C"
          union all
          select
          from postings p
          where p.workspace_id = $7 and p.companion_id = (select $8::uuid) and p.term3 = n.called collate "C"
          union all
          select
          from postings p
          where p.workspace_id = $9 and p.companion_id = (select $10::uuid) and p.term4 = n.called collate "C"
          union all
          select
          from postings p
          where p.workspace_id = $11
            and p.companion_id = (select $12::uuid)
            and p.term5 = n.called collate "C"
          union all
          select
          from postings p
          where p.workspace_id = $13
            and p.companion_id = (select $14::uuid)
            and p.term6 = n.called collate "C"
        ) p
        offset 0
      )
    ) as names,
    (
      select coalesce(
        jsonb_agg(
          jsonb_build_array(
            chosen.terms,
            array(
              select e.survivor
              union all
              (
                select merged.id
                from entities merged
                where merged.workspace_id = $15 and merged.merged_into = e.survivor
                order by merged.id desc
                limit 15
              )
            )
          )
        ),
        '[]'
      )
      from (
        select t.entity_id, array_agg(a.term) as terms
        from (
          select unnest(exact || plain)
          from asked
          union
          select unnest(array(select jsonb_array_elements_text($16::jsonb)))
        ) a (term)
        cross join lateral (
          select t.entity_id
          from entity_terms t
          where t.workspace_id = $17 and t.term = a.term collate "C" and t.companion_id = $18::uuid
          order by t.entity_id desc
          limit 100
        ) t
        group by t.entity_id
        order by count(*) desc, t.entity_id desc
        limit 16
      ) chosen
      cross join lateral (
        select coalesce(e.merged_into, e.id) as survivor
        from entities e
        where e.workspace_id = $19 and e.id = chosen.entity_id
        limit 1
      ) e
    ) as named,
    $20::uuid as companion
) narrowed;

with memories as not materialized (
  select * from memories where true and (memories.user_id is null or memories.user_id = $30::uuid)
),
  postings as not materialized (
    select *
    from postings
    where true and postings.user_id in ('00000000-0000-0000-0000-000000000000'::uuid, $30::uuid)
  ),
  mentions as not materialized (
    select *
    from mentions
    where exists (
      select
      from memories o
      where o.workspace_id = mentions.workspace_id and o.id = mentions.memory_id
      offset 0
    )
  )
select (
  select count(*)::int
  from (select from memories m where m.workspace_id = $1 and m.companion_id = (select $2::uuid) limit 5000) memory
) as size,
  (
    select coalesce(jsonb_agg(jsonb_build_array(l."number", n)), '[]')
    from jsonb_to_recordset($3::jsonb) as l ("number" int, "lexeme" text)
    cross join lateral (
      select count(*) as n
      from (
        select
        from postings p
        where p.workspace_id = $4 and p.companion_id = (select $5::uuid) and p.term1 = l."lexeme" collate "C"
        union all
        select
        from postings p
        where p.workspace_id = $6 and p.companion_id = (select $7::uuid) and p.term2 = l."lexeme" collate "C"
        union all
        select
        from postings p
        where p.workspace_id = $8 and p.companion_id = (select $9::uuid) and p.term3 = l."lexeme" collate "C"
        union all
        select
        from postings p
        where p.workspace_id = $10
          and p.companion_id = (select $11::uuid)
          and p.term4 = l."lexeme" collate "C"
        union all
        select
        from postings p
        where p.workspace_id = $12
          and p.companion_id = (select $13::uuid)
          and p.term5 = l."lexeme" collate "C"
        union all
        select
        from postings p
        where p.workspace_id = $14
          and p.companion_id = (select $15::uuid)
          and p.term6 = l."lexeme" collate "C"
        limit 701
      ) posting
    ) counted
  ) as counts,
  (
    select coalesce(jsonb_agg(jsonb_build_array(l."number", counted.n)), '[]')
    from jsonb_to_recordset($16::jsonb) as l ("number" int, "term" text, "members" uuid[])
    cross join lateral (
      select count(*) as n
      from (
        (
          select p.memory_id
          from postings p
          where p.workspace_id = $17
            and p.companion_id = (select $18::uuid)
            and p.term1 = l."term" collate "C"
          union all
          select p.memory_id
          from postings p
          where p.workspace_id = $19
            and p.companion_id = (select $20::uuid)
            and p.term2 = l."term" collate "C"
          union all
          select p.memory_id
          from postings p
          where p.workspace_id = $21
            and p.companion_id = (select $22::uuid)
            and p.term3 = l."term" collate "C"
          union all
          select p.memory_id
          from postings p
          where p.workspace_id = $23
            and p.companion_id = (select $24::uuid)
            and p.term4 = l."term" collate "C"
          union all
          select p.memory_id
          from postings p
          where p.workspace_id = $25
            and p.companion_id = (select $26::uuid)
            and p.term5 = l."term" collate "C"
          union all
          select p.memory_id
          from postings p
          where p.workspace_id = $27
            and p.companion_id = (select $28::uuid)
            and p.term6 = l."term" collate "C"
          limit 701
        )
        union (
          select x.memory_id
          from unnest(l."members") member (id)
          cross join lateral (
            (
              select x.memory_id
              from mentions x
              where x.workspace_id = $29 and x.entity_id = member.id
              order by x.memory_id desc
              limit 701
            )
          ) x
          limit 701
        )
        limit 701
      ) memory
    ) counted
  ) as named;

with memories as not materialized (
  select * from memories where true and (memories.user_id is null or memories.user_id = $4::uuid)
),
  conversations as not materialized (
    select *
    from conversations
    where true and (conversations.user_id is null or conversations.user_id = $4::uuid)
  ),
  messages as not materialized (
    select *
    from messages
    where exists (
      select
      from conversations o
      where o.workspace_id = messages.workspace_id and o.id = messages.conversation_id
      offset 0
    )
  )
select g.id as "id",
  g.role as "role",
  g.name as "name",
  g.format as "format",
  g.created_at as "createdAt",
  g.memory_id as "memoryId",
  g.is_final as "isFinal",
  g.is_forgotten as "isForgotten",
  sum(coalesce(octet_length(g.content), 0) + coalesce(octet_length(m.content), 0)) over newest > 2097152 as "isBeyond",
  case
    when sum(coalesce(octet_length(g.content), 0) + coalesce(octet_length(m.content), 0)) over newest <= 2097152 then g.content
    end as "content",
  case
    when sum(coalesce(octet_length(g.content), 0) + coalesce(octet_length(m.content), 0)) over newest <= 2097152 then m.content
    end as "words"
from (
  select *
  from messages g
  where g.workspace_id = $1 and g.conversation_id = $2::uuid
  order by g.position desc
  limit 100
) g
left join lateral (select m.content from memories m where m.workspace_id = $3 and m.id = g.memory_id offset 0) m on true window newest as (
  order by g.position desc
)
order by g.position desc;

with memories as not materialized (
  select * from memories where true and (memories.user_id is null or memories.user_id = $4::uuid)
),
  summaries as not materialized (
    select * from summaries where true and (summaries.user_id is null or summaries.user_id = $4::uuid)
  ),
  summary_sources as not materialized (
    select *
    from summary_sources
    where exists (
      select
      from summaries o
      where o.workspace_id = summary_sources.workspace_id
        and o.lineage_id = summary_sources.summary_lineage_id
      offset 0
    )
  )
select x.summary_lineage_id as "parent", m.id as "id"
from summary_sources x
cross join lateral (
  select *
  from memories m
  where m.workspace_id = $1
    and m.lineage_id = x.source_lineage_id
    and (
      (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now()))
      and m.archived_at is null
      and (m.expires_at is null or m.expires_at > now())
    )
  limit 1
) m
where x.workspace_id = $2 and x.summary_lineage_id = any($3::uuid[]) and x.line is not null
order by x.summary_lineage_id, x.line;

with memories as not materialized (
  select * from memories where true and (memories.user_id is null or memories.user_id = $6::uuid)
),
  summaries as not materialized (
    select * from summaries where true and (summaries.user_id is null or summaries.user_id = $6::uuid)
  ),
  profiles as not materialized (
    select * from profiles where true and (profiles.user_id is null or profiles.user_id = $6::uuid)
  )
select p.user_id as "userId",
  p.summary_lineage_id as "summaryLineageId",
  m.id as "summaryId",
  s.memory_id = m.id and s.method = 0 as "isQuoted"
from profiles p
join summaries s on s.workspace_id = $1 and s.lineage_id = p.summary_lineage_id
cross join lateral (
  select *
  from memories m
  where m.workspace_id = $2
    and m.lineage_id = p.summary_lineage_id
    and (
      (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now()))
      and m.archived_at is null
      and (m.expires_at is null or m.expires_at > now())
    )
  limit 1
) m
where p.workspace_id = $3
  and p.companion_id = $4::uuid
  and p.entity_id is null
  and (p.user_id is null or p.user_id = $5::uuid);

with working_memories as not materialized (
  select *
  from working_memories
  where true and (working_memories.user_id is null or working_memories.user_id = $5::uuid)
)
select w.id as "id", w.scope as "scope", w.content as "content"
from working_memories w
where w.workspace_id = $1
  and w.companion_id = $2::uuid
  and (
    w.conversation_id = $3::uuid
    or (w.conversation_id is null and (w.user_id is null or w.user_id = $4::uuid))
  );

commit;

begin;

update chat_usage chat_usage set tokens = greatest(0, chat_usage.tokens + $1::text::bigint)
where chat_usage.workspace_id = $2 and chat_usage.day = $3;

commit;

begin;

select m.id as "id",
  m.lineage_id as "lineageId",
  m.companion_id as "companionId",
  m.user_id as "userId",
  m.content as "content",
  m.summary as "summary"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

commit;

begin;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

commit;
