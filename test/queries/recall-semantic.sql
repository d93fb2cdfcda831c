begin;

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
        where p.workspace_id = $3
          and p.companion_id = (select c.id from companions c where c.workspace_id = $4 and c.key = $5)
          and p.term1 = n.called collate "C"
        union all
        select
        from postings p
        where p.workspace_id = $6
          and p.companion_id = (select c.id from companions c where c.workspace_id = $7 and c.key = $8)
          and p.term2 = n.called collate "C"
        union all
        select
        from postings p
        where p.workspace_id = $9
          and p.companion_id = (select c.id from companions c where c.workspace_id = $10 and c.key = $11)
          and p.term3 = n.called collate "C"
        union all
        select
        from postings p
        where p.workspace_id = $12
          and p.companion_id = (select c.id from companions c where c.workspace_id = $13 and c.key = $14)
          and p.term4 = n.called collate "C"
        union all
        select
        from postings p
        where p.workspace_id = $15
          and p.companion_id = (select c.id from companions c where c.workspace_id = $16 and c.key = $17)
          and p.term5 = n.called collate "C"
        union all
        select
        from postings p
        where p.workspace_id = $18
          and p.companion_id = (select c.id from companions c where c.workspace_id = $19 and c.key = $20)
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
              where merged.workspace_id = $21 and merged.merged_into = e.survivor
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
        select unnest(array(select jsonb_array_elements_text($22::jsonb)))
      ) a (term)
      cross join lateral (
        select t.entity_id
        from entity_terms t
        where t.workspace_id = $23
          and t.term = a.term collate "C"
          and t.companion_id = (select c.id from companions c where c.workspace_id = $24 and c.key = $25)
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
      where e.workspace_id = $26 and e.id = chosen.entity_id
      limit 1
    ) e
  ) as named,
  (select c.id from companions c where c.workspace_id = $27 and c.key = $28) as companion;

select (
  select count(*)::int
  from (
    select
    from memories m
    where m.workspace_id = $1
      and m.companion_id = (select c.id from companions c where c.workspace_id = $2 and c.key = $3)
    limit 5000
  ) memory
) as size,
  (
    select coalesce(jsonb_agg(jsonb_build_array(l."number", n)), '[]')
    from jsonb_to_recordset($4::jsonb) as l ("number" int, "lexeme" text)
    cross join lateral (
      select count(*) as n
      from (
        select
        from postings p
        where p.workspace_id = $5
          and p.companion_id = (select c.id from companions c where c.workspace_id = $6 and c.key = $7)
          and p.term1 = l."lexeme" collate "C"
        union all
        select
        from postings p
        where p.workspace_id = $8
          and p.companion_id = (select c.id from companions c where c.workspace_id = $9 and c.key = $10)
          and p.term2 = l."lexeme" collate "C"
        union all
        select
        from postings p
        where p.workspace_id = $11
          and p.companion_id = (select c.id from companions c where c.workspace_id = $12 and c.key = $13)
          and p.term3 = l."lexeme" collate "C"
        union all
        select
        from postings p
        where p.workspace_id = $14
          and p.companion_id = (select c.id from companions c where c.workspace_id = $15 and c.key = $16)
          and p.term4 = l."lexeme" collate "C"
        union all
        select
        from postings p
        where p.workspace_id = $17
          and p.companion_id = (select c.id from companions c where c.workspace_id = $18 and c.key = $19)
          and p.term5 = l."lexeme" collate "C"
        union all
        select
        from postings p
        where p.workspace_id = $20
          and p.companion_id = (select c.id from companions c where c.workspace_id = $21 and c.key = $22)
          and p.term6 = l."lexeme" collate "C"
        limit 701
      ) posting
    ) counted
  ) as counts,
  (
    select coalesce(jsonb_agg(jsonb_build_array(l."number", counted.n)), '[]')
    from jsonb_to_recordset($23::jsonb) as l ("number" int, "term" text, "members" uuid[])
    cross join lateral (
      select count(*) as n
      from (
        (
          select p.memory_id
          from postings p
          where p.workspace_id = $24
            and p.companion_id = (select c.id from companions c where c.workspace_id = $25 and c.key = $26)
            and p.term1 = l."term" collate "C"
          union all
          select p.memory_id
          from postings p
          where p.workspace_id = $27
            and p.companion_id = (select c.id from companions c where c.workspace_id = $28 and c.key = $29)
            and p.term2 = l."term" collate "C"
          union all
          select p.memory_id
          from postings p
          where p.workspace_id = $30
            and p.companion_id = (select c.id from companions c where c.workspace_id = $31 and c.key = $32)
            and p.term3 = l."term" collate "C"
          union all
          select p.memory_id
          from postings p
          where p.workspace_id = $33
            and p.companion_id = (select c.id from companions c where c.workspace_id = $34 and c.key = $35)
            and p.term4 = l."term" collate "C"
          union all
          select p.memory_id
          from postings p
          where p.workspace_id = $36
            and p.companion_id = (select c.id from companions c where c.workspace_id = $37 and c.key = $38)
            and p.term5 = l."term" collate "C"
          union all
          select p.memory_id
          from postings p
          where p.workspace_id = $39
            and p.companion_id = (select c.id from companions c where c.workspace_id = $40 and c.key = $41)
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
              where x.workspace_id = $42 and x.entity_id = member.id
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

with distances as materialized (
  select e.memory_id, e.embedding <=> $1::vector as distance
  from memory_embeddings e
  where e.workspace_id = $2 and e.companion_id = (select $3::uuid) and e.model = $4 and e.dimension = $5
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
  found as materialized (select * from near)
select 1 - coalesce(
  distances.distance,
  (
    select e.embedding <=> $8::vector as distance
    from memory_embeddings e
    where e.workspace_id = $9 and e.model = $10 and e.dimension = $11 and e.memory_id = found.id
  )
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
    where p.workspace_id = $12 and p.type = found.type
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
                where other.workspace_id = $13
                  and other.id = c.by_id
                  and (
                    other.retracted_at is null
                    and other.valid_from <= now()
                    and (other.valid_until is null or other.valid_until > now())
                  )
                limit 1
              ) other
              where c.workspace_id = $14 and c.memory_id = found.id and c.status = 'OPEN'
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
              where c.workspace_id = $16 and c.by_id = found.id and c.status = 'OPEN'
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
  exists (select from findings f where f.workspace_id = $17 and f.verdict is null and not f.is_hidden) as "mayHaveFindings",
  found.id as "m.id",
  found.lineage_id as "m.lineageId",
  found.companion_id as "m.companionId",
  found.user_id as "m.userId"
from found
left join distances on distances.memory_id = found.id;

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
