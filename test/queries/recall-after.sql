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
              from (
                (
                  select workspace_id,
                    id,
                    companion_id,
                    type,
                    name,
                    folded_name,
                    aliases,
                    merged_into,
                    recorded_at,
                    known_from,
                    is_kept,
                    search,
                    analysis
                  from entities
                  where workspace_id = $21 and known_from <= $22::timestamptz
                )
                union all
                (
                  select workspace_id,
                    id,
                    companion_id,
                    type,
                    name,
                    folded_name,
                    aliases,
                    merged_into,
                    recorded_at,
                    known_from,
                    is_kept,
                    search,
                    analysis
                  from "entities_history"
                  where workspace_id = $23
                    and known_from <= $24::timestamptz
                    and "known_until" > $25::timestamptz
                )
              ) merged
              where merged.workspace_id = $26 and merged.merged_into = e.survivor
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
        select unnest(array(select jsonb_array_elements_text($27::jsonb)))
      ) a (term)
      cross join lateral (
        select t.entity_id
        from entity_terms t
        where t.workspace_id = $28
          and t.term = a.term collate "C"
          and t.companion_id = (select c.id from companions c where c.workspace_id = $29 and c.key = $30)
        order by t.entity_id desc
        limit 100
      ) t
      group by t.entity_id
      order by count(*) desc, t.entity_id desc
      limit 16
    ) chosen
    cross join lateral (
      select coalesce(e.merged_into, e.id) as survivor
      from (
        (
          select workspace_id,
            id,
            companion_id,
            type,
            name,
            folded_name,
            aliases,
            merged_into,
            recorded_at,
            known_from,
            is_kept,
            search,
            analysis
          from entities
          where workspace_id = $31 and known_from <= $32::timestamptz
        )
        union all
        (
          select workspace_id,
            id,
            companion_id,
            type,
            name,
            folded_name,
            aliases,
            merged_into,
            recorded_at,
            known_from,
            is_kept,
            search,
            analysis
          from "entities_history"
          where workspace_id = $33 and known_from <= $34::timestamptz and "known_until" > $35::timestamptz
        )
      ) e
      where e.workspace_id = $36 and e.id = chosen.entity_id
      limit 1
    ) e
  ) as named;

with changed as materialized (
  select h.id, h.search, h.content
  from memories_history h
  where h.workspace_id = $1
    and h.companion_id = (select c.id from companions c where c.workspace_id = $2 and c.key = $3)
    and h.known_until > $4::timestamptz
    and h.known_from <= $5::timestamptz
  union all
  select m.id, null, null
  from memories m
  where m.workspace_id = $6
    and m.companion_id = (select c.id from companions c where c.workspace_id = $7 and c.key = $8)
    and m.recorded_at > $9::timestamptz
),
  said as materialized (
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
        select unnest($10::int[]) as number,
          unnest(array(select jsonb_array_elements_text($11::jsonb))) as lexeme,
          unnest($12::float8[]) as weight
      ) l
      cross join lateral (
        select *
        from (
          select *
          from (
            select p.memory_id, p.frequency1 as frequency, p.length, p.places1 as places
            from postings p
            where p.workspace_id = $13
              and p.companion_id = (select c.id from companions c where c.workspace_id = $14 and c.key = $15)
              and p.term1 = l.lexeme collate "C"
            union all
            select p.memory_id, p.frequency2 as frequency, p.length, p.places2 as places
            from postings p
            where p.workspace_id = $16
              and p.companion_id = (select c.id from companions c where c.workspace_id = $17 and c.key = $18)
              and p.term2 = l.lexeme collate "C"
            union all
            select p.memory_id, p.frequency3 as frequency, p.length, p.places3 as places
            from postings p
            where p.workspace_id = $19
              and p.companion_id = (select c.id from companions c where c.workspace_id = $20 and c.key = $21)
              and p.term3 = l.lexeme collate "C"
            union all
            select p.memory_id, p.frequency4 as frequency, p.length, p.places4 as places
            from postings p
            where p.workspace_id = $22
              and p.companion_id = (select c.id from companions c where c.workspace_id = $23 and c.key = $24)
              and p.term4 = l.lexeme collate "C"
            union all
            select p.memory_id, p.frequency5 as frequency, p.length, p.places5 as places
            from postings p
            where p.workspace_id = $25
              and p.companion_id = (select c.id from companions c where c.workspace_id = $26 and c.key = $27)
              and p.term5 = l.lexeme collate "C"
            union all
            select p.memory_id, p.frequency6 as frequency, p.length, p.places6 as places
            from postings p
            where p.workspace_id = $28
              and p.companion_id = (select c.id from companions c where c.workspace_id = $29 and c.key = $30)
              and p.term6 = l.lexeme collate "C"
          ) p
          where not exists (select from changed where changed.id = p.memory_id)
          union all
          select changed.id,
            coalesce(cardinality(t.positions), 1)::smallint,
            least(octet_length(changed.content) / 10, 32767),
            case when least(octet_length(changed.content) / 10, 32767) > 50 then case when 'A' = all
          (t.weights)
          and t.positions[cardinality(t.positions)] < 16383 then t.positions
            else (
              select array_agg(place order by place)
              from unnest(t.positions, t.weights) p (place, weight)
              where weight = 'A' and place < 16383
            )
            end
            end
          from changed
          cross join lateral unnest(changed.search) t
          where t.lexeme = l.lexeme
        ) p
        order by p.memory_id desc
        limit $31
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
        from jsonb_to_recordset($32::jsonb) as f ("members" uuid[], "numbers" int[], "weights" float8[])
        cross join lateral (
          select x.memory_id
          from unnest(f."members") member (id)
          cross join lateral (
            (
              select x.memory_id
              from (
                select workspace_id, memory_id, entity_id, known_from
                from mentions
                where workspace_id = $33 and known_from <= $34::timestamptz
              ) x
              where x.workspace_id = $35 and x.entity_id = member.id
              order by x.memory_id desc
              limit 700
            )
            union all
            (
              select x.memory_id
              from (
                select workspace_id, memory_id, entity_id, known_from
                from "mentions_history"
                where workspace_id = $36
                  and known_from <= $37::timestamptz
                  and "known_until" > $38::timestamptz
              ) x
              where x.workspace_id = $39 and x.entity_id = member.id
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
        select *
        from (
          (
            select workspace_id,
              id,
              lineage_id,
              companion_id,
              user_id,
              type,
              content,
              content_fold,
              summary,
              slot,
              context,
              confidence,
              importance,
              importance_as_of,
              access_count,
              last_accessed_at,
              valid_from,
              stated_until,
              valid_until,
              recorded_at,
              retracted_at,
              expires_at,
              archived_at,
              updated_at,
              known_from,
              search,
              is_corrected,
              is_contested,
              analysis
            from memories
            where workspace_id = $40 and known_from <= $41::timestamptz
          )
          union all
          (
            select workspace_id,
              id,
              lineage_id,
              companion_id,
              user_id,
              type,
              content,
              content_fold,
              summary,
              slot,
              context,
              confidence,
              importance,
              importance_as_of,
              access_count,
              last_accessed_at,
              valid_from,
              stated_until,
              valid_until,
              recorded_at,
              retracted_at,
              expires_at,
              archived_at,
              updated_at,
              known_from,
              search,
              is_corrected,
              is_contested,
              analysis
            from "memories_history"
            where workspace_id = $42 and known_from <= $43::timestamptz and "known_until" > $44::timestamptz
          )
        ) m
        where m.workspace_id = $45 and m.id = x.memory_id
        limit 1
      ) m
      where m.workspace_id = $46
        and m.companion_id = (select c.id from companions c where c.workspace_id = $47 and c.key = $48)
    ) hit
    group by hit.memory_id, hit.number, hit.passage
  ),
  best as materialized (
    select hit.memory_id,
      coalesce(max(score) filter (where passage < 0), 0) + coalesce(max(score) filter (where passage >= 0), 0) as score
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
              own - coalesce(max(own) filter (where passage < 0) over (partition by hit.memory_id, number), 0)
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
        from (
          (
            select workspace_id,
              id,
              lineage_id,
              companion_id,
              user_id,
              type,
              content,
              content_fold,
              summary,
              slot,
              context,
              confidence,
              importance,
              importance_as_of,
              access_count,
              last_accessed_at,
              valid_from,
              stated_until,
              valid_until,
              recorded_at,
              retracted_at,
              expires_at,
              archived_at,
              updated_at,
              known_from,
              search,
              is_corrected,
              is_contested,
              analysis
            from memories
            where workspace_id = $49 and known_from <= $50::timestamptz
          )
          union all
          (
            select workspace_id,
              id,
              lineage_id,
              companion_id,
              user_id,
              type,
              content,
              content_fold,
              summary,
              slot,
              context,
              confidence,
              importance,
              importance_as_of,
              access_count,
              last_accessed_at,
              valid_from,
              stated_until,
              valid_until,
              recorded_at,
              retracted_at,
              expires_at,
              archived_at,
              updated_at,
              known_from,
              search,
              is_corrected,
              is_contested,
              analysis
            from "memories_history"
            where workspace_id = $51 and known_from <= $52::timestamptz and "known_until" > $53::timestamptz
          )
        ) m
        where m.workspace_id = $54
          and m.id = best.memory_id
          and (
            (
              m.retracted_at is null
              and m.valid_from <= $55::timestamptz
              and (m.valid_until is null or m.valid_until > $56::timestamptz)
            )
            and m.archived_at is null
            and (m.expires_at is null or m.expires_at > $57::timestamptz)
          )
        limit 1
      ) m
      limit 100
    )
  ),
  matched as materialized (
    select chosen.id,
      string_agg(
        concat_ws(' ', hit.number, hit.passage, hit.own, hit.frequency, hit.inside), ','
        order by hit.number, hit.passage
      ) as matched
    from chosen
    join hit on hit.memory_id = chosen.id
    group by chosen.id
  ),
  placed as materialized (
    select chosen.*, matched.matched, n.*
    from chosen
    join matched on matched.id = chosen.id
    left join lateral (
      select n.near, n.hops
      from neighborhoods n
      where n.workspace_id = $58 and n.lineage_id = chosen.lineage_id
      limit 1
    ) n on true
  )
select placed.id as "id",
  placed.lineage_id as "lineageId",
  placed.matched as "matched",
  placed.near::text as "near",
  placed.hops::text as "hops",
  null::int as "length"
from placed
union all
select null, around.lineage_id, null, null, null, least(octet_length(around.content) / 10, 32767)
from memories around
where around.workspace_id = $59
  and around.lineage_id = any(array(select distinct unnest(placed.near) from placed))
  and least(octet_length(around.content) / 10, 32767) > 25
  and around.recorded_at <= $60::timestamptz;

with found as (
  (
    select m.*
    from unnest($1::uuid[], $2::uuid[]) with ordinality candidate (id, lineage_id, place)
    cross join lateral (
      select *
      from (
        (
          select workspace_id,
            id,
            lineage_id,
            companion_id,
            user_id,
            type,
            content,
            content_fold,
            summary,
            slot,
            context,
            confidence,
            importance,
            importance_as_of,
            access_count,
            last_accessed_at,
            valid_from,
            stated_until,
            valid_until,
            recorded_at,
            retracted_at,
            expires_at,
            archived_at,
            updated_at,
            known_from,
            search,
            is_corrected,
            is_contested,
            analysis
          from memories
          where workspace_id = $3 and known_from <= $4::timestamptz
        )
        union all
        (
          select workspace_id,
            id,
            lineage_id,
            companion_id,
            user_id,
            type,
            content,
            content_fold,
            summary,
            slot,
            context,
            confidence,
            importance,
            importance_as_of,
            access_count,
            last_accessed_at,
            valid_from,
            stated_until,
            valid_until,
            recorded_at,
            retracted_at,
            expires_at,
            archived_at,
            updated_at,
            known_from,
            search,
            is_corrected,
            is_contested,
            analysis
          from "memories_history"
          where workspace_id = $5 and known_from <= $6::timestamptz and "known_until" > $7::timestamptz
        )
      ) m
      where m.workspace_id = $8 and m.lineage_id = candidate.lineage_id
      offset 0
    ) m
    where (candidate.id is null or m.id = candidate.id)
      and m.companion_id = (select c.id from companions c where c.workspace_id = $9 and c.key = $10)
      and (
        (
          m.retracted_at is null
          and m.valid_from <= $11::timestamptz
          and (m.valid_until is null or m.valid_until > $12::timestamptz)
        )
        and m.archived_at is null
        and (m.expires_at is null or m.expires_at > $13::timestamptz)
      )
    order by candidate.place
    limit 100
  )
  union all
  (
    select m.*
    from (
      select e.memory_id as "id", e.distance
      from (
        select e.memory_id, e.embedding <=> $14::vector as distance
        from memory_embeddings e
        where e.workspace_id = $15
          and e.companion_id = (select c.id from companions c where c.workspace_id = $16 and c.key = $17)
          and e.model = $18
          and e.dimension = $19
          and true
        order by distance, e.memory_id desc
        offset 0
      ) e
      cross join lateral (
        select
        from (
          (
            select workspace_id,
              id,
              lineage_id,
              companion_id,
              user_id,
              type,
              content,
              content_fold,
              summary,
              slot,
              context,
              confidence,
              importance,
              importance_as_of,
              access_count,
              last_accessed_at,
              valid_from,
              stated_until,
              valid_until,
              recorded_at,
              retracted_at,
              expires_at,
              archived_at,
              updated_at,
              known_from,
              search,
              is_corrected,
              is_contested,
              analysis
            from memories
            where workspace_id = $20 and known_from <= $21::timestamptz
          )
          union all
          (
            select workspace_id,
              id,
              lineage_id,
              companion_id,
              user_id,
              type,
              content,
              content_fold,
              summary,
              slot,
              context,
              confidence,
              importance,
              importance_as_of,
              access_count,
              last_accessed_at,
              valid_from,
              stated_until,
              valid_until,
              recorded_at,
              retracted_at,
              expires_at,
              archived_at,
              updated_at,
              known_from,
              search,
              is_corrected,
              is_contested,
              analysis
            from "memories_history"
            where workspace_id = $22 and known_from <= $23::timestamptz and "known_until" > $24::timestamptz
          )
        ) m
        where m.workspace_id = $25
          and m.id = e.memory_id
          and (
            (
              m.retracted_at is null
              and m.valid_from <= $26::timestamptz
              and (m.valid_until is null or m.valid_until > $27::timestamptz)
            )
            and m.archived_at is null
            and (m.expires_at is null or m.expires_at > $28::timestamptz)
          )
        limit 1
      ) m
      order by e.distance, e.memory_id desc
      limit $29
    ) nearest
    cross join lateral (
      select *
      from (
        (
          select workspace_id,
            id,
            lineage_id,
            companion_id,
            user_id,
            type,
            content,
            content_fold,
            summary,
            slot,
            context,
            confidence,
            importance,
            importance_as_of,
            access_count,
            last_accessed_at,
            valid_from,
            stated_until,
            valid_until,
            recorded_at,
            retracted_at,
            expires_at,
            archived_at,
            updated_at,
            known_from,
            search,
            is_corrected,
            is_contested,
            analysis
          from memories
          where workspace_id = $30 and known_from <= $31::timestamptz
        )
        union all
        (
          select workspace_id,
            id,
            lineage_id,
            companion_id,
            user_id,
            type,
            content,
            content_fold,
            summary,
            slot,
            context,
            confidence,
            importance,
            importance_as_of,
            access_count,
            last_accessed_at,
            valid_from,
            stated_until,
            valid_until,
            recorded_at,
            retracted_at,
            expires_at,
            archived_at,
            updated_at,
            known_from,
            search,
            is_corrected,
            is_contested,
            analysis
          from "memories_history"
          where workspace_id = $32 and known_from <= $33::timestamptz and "known_until" > $34::timestamptz
        )
      ) m
      where m.workspace_id = $35 and m.id = nearest.id
      limit 1
    ) m
  )
)
select (
  select 1 - (e.embedding <=> $36::vector)
  from memory_embeddings e
  where e.workspace_id = $37 and e.model = $38 and e.dimension = $39 and e.memory_id = found.id
) as similarity,
  found.context ->> 'speaker' as "speaker",
  found.context ->> 'conversationId' as "conversation",
  found.valid_from as "validFrom",
  least(octet_length(found.content) / 10, 32767) as "length",
  date_part('epoch', $40::timestamptz - found.valid_from) / 86400 as "age",
  (
    select case
      when found.importance <= (
        case when p.half_life_days is null then 'Infinity'::float8 else p.floor + 1e-100::float8 end
      ) then found.importance
      else p.floor + (found.importance - p.floor) * power(
        2::float8,
        -least(
          200::float8,
          greatest(0, date_part('epoch', $41::timestamptz - found.importance_as_of)) / 86400 / (
            p.half_life_days * (1 + p.access_stretch * ln(1 + found.access_count::float8))
          )
        )
      )
      end
    from (
      (
        select workspace_id, type, half_life_days, floor, archive_below, access_stretch, known_from
        from decay_policies
        where workspace_id = $42 and known_from <= $43::timestamptz
      )
      union all
      (
        select workspace_id, type, half_life_days, floor, archive_below, access_stretch, known_from
        from "decay_policies_history"
        where workspace_id = $44 and known_from <= $45::timestamptz and "known_until" > $46::timestamptz
      )
    ) p
    where p.workspace_id = $47 and p.type = found.type
  ) as "importance",
  (
    case when found.is_contested
      and found.confidence > 1e-100::float8
      and (
        found.retracted_at is null
        and found.valid_from <= $48::timestamptz
        and (found.valid_until is null or found.valid_until > $49::timestamptz)
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
              from (
                (
                  select workspace_id,
                    id,
                    memory_lineage_id,
                    by_lineage_id,
                    memory_anchor_id,
                    by_anchor_id,
                    memory_id,
                    by_id,
                    is_of_slot,
                    strength,
                    reason,
                    status,
                    resolution,
                    note,
                    relation_id,
                    opened_at,
                    resolved_at,
                    known_from
                  from contradictions
                  where workspace_id = $50 and known_from <= $51::timestamptz
                )
                union all
                (
                  select workspace_id,
                    id,
                    memory_lineage_id,
                    by_lineage_id,
                    memory_anchor_id,
                    by_anchor_id,
                    memory_id,
                    by_id,
                    is_of_slot,
                    strength,
                    reason,
                    status,
                    resolution,
                    note,
                    relation_id,
                    opened_at,
                    resolved_at,
                    known_from
                  from "contradictions_history"
                  where workspace_id = $52
                    and known_from <= $53::timestamptz
                    and "known_until" > $54::timestamptz
                )
              ) c
              cross join lateral (
                select *
                from (
                  (
                    select workspace_id,
                      id,
                      lineage_id,
                      companion_id,
                      user_id,
                      type,
                      content,
                      content_fold,
                      summary,
                      slot,
                      context,
                      confidence,
                      importance,
                      importance_as_of,
                      access_count,
                      last_accessed_at,
                      valid_from,
                      stated_until,
                      valid_until,
                      recorded_at,
                      retracted_at,
                      expires_at,
                      archived_at,
                      updated_at,
                      known_from,
                      search,
                      is_corrected,
                      is_contested,
                      analysis
                    from memories
                    where workspace_id = $55 and known_from <= $56::timestamptz
                  )
                  union all
                  (
                    select workspace_id,
                      id,
                      lineage_id,
                      companion_id,
                      user_id,
                      type,
                      content,
                      content_fold,
                      summary,
                      slot,
                      context,
                      confidence,
                      importance,
                      importance_as_of,
                      access_count,
                      last_accessed_at,
                      valid_from,
                      stated_until,
                      valid_until,
                      recorded_at,
                      retracted_at,
                      expires_at,
                      archived_at,
                      updated_at,
                      known_from,
                      search,
                      is_corrected,
                      is_contested,
                      analysis
                    from "memories_history"
                    where workspace_id = $57
                      and known_from <= $58::timestamptz
                      and "known_until" > $59::timestamptz
                  )
                ) other
                where other.workspace_id = $60
                  and other.id = c.by_id
                  and (
                    other.retracted_at is null
                    and other.valid_from <= $61::timestamptz
                    and (other.valid_until is null or other.valid_until > $62::timestamptz)
                  )
                limit 1
              ) other
              where c.workspace_id = $63 and c.memory_id = found.id and c.status = 'OPEN'
              union all
              select c.strength as "strength", other.confidence as "confidence"
              from (
                (
                  select workspace_id,
                    id,
                    memory_lineage_id,
                    by_lineage_id,
                    memory_anchor_id,
                    by_anchor_id,
                    memory_id,
                    by_id,
                    is_of_slot,
                    strength,
                    reason,
                    status,
                    resolution,
                    note,
                    relation_id,
                    opened_at,
                    resolved_at,
                    known_from
                  from contradictions
                  where workspace_id = $64 and known_from <= $65::timestamptz
                )
                union all
                (
                  select workspace_id,
                    id,
                    memory_lineage_id,
                    by_lineage_id,
                    memory_anchor_id,
                    by_anchor_id,
                    memory_id,
                    by_id,
                    is_of_slot,
                    strength,
                    reason,
                    status,
                    resolution,
                    note,
                    relation_id,
                    opened_at,
                    resolved_at,
                    known_from
                  from "contradictions_history"
                  where workspace_id = $66
                    and known_from <= $67::timestamptz
                    and "known_until" > $68::timestamptz
                )
              ) c
              cross join lateral (
                select *
                from (
                  (
                    select workspace_id,
                      id,
                      lineage_id,
                      companion_id,
                      user_id,
                      type,
                      content,
                      content_fold,
                      summary,
                      slot,
                      context,
                      confidence,
                      importance,
                      importance_as_of,
                      access_count,
                      last_accessed_at,
                      valid_from,
                      stated_until,
                      valid_until,
                      recorded_at,
                      retracted_at,
                      expires_at,
                      archived_at,
                      updated_at,
                      known_from,
                      search,
                      is_corrected,
                      is_contested,
                      analysis
                    from memories
                    where workspace_id = $69 and known_from <= $70::timestamptz
                  )
                  union all
                  (
                    select workspace_id,
                      id,
                      lineage_id,
                      companion_id,
                      user_id,
                      type,
                      content,
                      content_fold,
                      summary,
                      slot,
                      context,
                      confidence,
                      importance,
                      importance_as_of,
                      access_count,
                      last_accessed_at,
                      valid_from,
                      stated_until,
                      valid_until,
                      recorded_at,
                      retracted_at,
                      expires_at,
                      archived_at,
                      updated_at,
                      known_from,
                      search,
                      is_corrected,
                      is_contested,
                      analysis
                    from "memories_history"
                    where workspace_id = $71
                      and known_from <= $72::timestamptz
                      and "known_until" > $73::timestamptz
                  )
                ) other
                where other.workspace_id = $74
                  and other.id = c.memory_id
                  and (
                    other.retracted_at is null
                    and other.valid_from <= $75::timestamptz
                    and (other.valid_until is null or other.valid_until > $76::timestamptz)
                  )
                limit 1
              ) other
              where c.workspace_id = $77 and c.by_id = found.id and c.status = 'OPEN'
            ) counting
          ) contradicted
        ),
        found.confidence
      )
        else found.confidence
        end
  ) as "confidence",
left(found.content, 251) as "beginning",
  m.id as "m.id",
  m.lineage_id as "m.lineageId",
  m.companion_id as "m.companionId",
  m.user_id as "m.userId"
from found
cross join lateral (select * from memories m where m.workspace_id = $78 and m.id = found.id limit 1) m;

commit;
