begin;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (
    select json_build_array(
      e.id,
      array(
        select json_build_array(
          m.id,
          m.content,
          (
            case
              when m.retracted_at is not null then case
              when m.is_corrected then 'CORRECTED'
              else 'RETRACTED'
              end
              when m.expires_at <= $1::timestamptz then 'EXPIRED'
              when m.archived_at is not null then 'ARCHIVED'
              when m.valid_until <= $2::timestamptz then 'ENDED'
              when m.valid_from > $3::timestamptz then 'UPCOMING'
              when (
                m.is_contested
                and (
                  m.retracted_at is null
                  and m.valid_from <= $4::timestamptz
                  and (m.valid_until is null or m.valid_until > $5::timestamptz)
                )
                and exists (
                  select 1
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
                        where workspace_id = $6 and known_from <= $7::timestamptz
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
                        where workspace_id = $6
                          and known_from <= $8::timestamptz
                          and "known_until" > $9::timestamptz
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
                          where workspace_id = $6 and known_from <= $10::timestamptz
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
                          where workspace_id = $6
                            and known_from <= $11::timestamptz
                            and "known_until" > $12::timestamptz
                        )
                      ) other
                      where other.workspace_id = $6
                        and other.id = c.by_id
                        and (
                          other.retracted_at is null
                          and other.valid_from <= $13::timestamptz
                          and (other.valid_until is null or other.valid_until > $14::timestamptz)
                        )
                      limit 1
                    ) other
                    where c.workspace_id = $6 and c.memory_id = m.id and c.status = 'OPEN'
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
                        where workspace_id = $6 and known_from <= $15::timestamptz
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
                        where workspace_id = $6
                          and known_from <= $16::timestamptz
                          and "known_until" > $17::timestamptz
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
                          where workspace_id = $6 and known_from <= $18::timestamptz
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
                          where workspace_id = $6
                            and known_from <= $19::timestamptz
                            and "known_until" > $20::timestamptz
                        )
                      ) other
                      where other.workspace_id = $6
                        and other.id = c.memory_id
                        and (
                          other.retracted_at is null
                          and other.valid_from <= $21::timestamptz
                          and (other.valid_until is null or other.valid_until > $22::timestamptz)
                        )
                      limit 1
                    ) other
                    where c.workspace_id = $6 and c.by_id = m.id and c.status = 'OPEN'
                  ) counting
                )
              ) then 'DISPUTED'
              else 'ACTIVE'
              end
          )
        )
        from (select e.id as given, 1 as nth) parent
        cross join lateral (
          select chosen.id,
            chosen.value,
            row_number() over (order by chosen.value desc, chosen.id desc) as place
          from (
            (
              select m.id, m.recorded_at as value
              from (
                select distinct x.memory_id
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
                    where workspace_id = $6 and known_from <= $23::timestamptz
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
                    where workspace_id = $6
                      and known_from <= $24::timestamptz
                      and "known_until" > $25::timestamptz
                  )
                ) named
                cross join lateral (
                  select x.memory_id
                  from (
                    select coalesce(named.merged_into, named.id) as "id"
                    union all
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
                        where workspace_id = $6 and known_from <= $26::timestamptz
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
                        where workspace_id = $6
                          and known_from <= $27::timestamptz
                          and "known_until" > $28::timestamptz
                      )
                    ) merged
                    where merged.workspace_id = $6
                      and merged.merged_into = coalesce(named.merged_into, named.id)
                  ) family
                  cross join lateral (
                    select x.memory_id
                    from (
                      (
                        select workspace_id, memory_id, entity_id, known_from
                        from mentions
                        where workspace_id = $6 and known_from <= $29::timestamptz
                      )
                      union all
                      (
                        select workspace_id, memory_id, entity_id, known_from
                        from "mentions_history"
                        where workspace_id = $6
                          and known_from <= $30::timestamptz
                          and "known_until" > $31::timestamptz
                      )
                    ) x
                    where x.workspace_id = $6 and x.entity_id = family.id
                    offset 0
                  ) x
                ) x
                where named.workspace_id = $6 and named.id = parent.given
              ) x
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
                    where workspace_id = $6 and known_from <= $32::timestamptz
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
                    where workspace_id = $6
                      and known_from <= $33::timestamptz
                      and "known_until" > $34::timestamptz
                  )
                ) m
                where m.workspace_id = $6 and m.id = x.memory_id
                limit 1
              ) m
              where m.workspace_id = $6
                and m.recorded_at <= $35::timestamptz
                and (
                  (
                    m.retracted_at is null
                    and m.valid_from <= $36::timestamptz
                    and (m.valid_until is null or m.valid_until > $37::timestamptz)
                  )
                  and m.archived_at is null
                  and (m.expires_at is null or m.expires_at > $38::timestamptz)
                )
              order by value desc, m.id desc
              limit $39
            )
          ) chosen
          order by chosen.value desc, chosen.id desc
          limit $40
        ) page
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
              where workspace_id = $6 and known_from <= $41::timestamptz
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
              where workspace_id = $6 and known_from <= $42::timestamptz and "known_until" > $43::timestamptz
            )
          ) m
          where m.workspace_id = $6 and m.id = page.id
          limit 1
        ) m
        order by parent.nth, page.place
      ),
      (
        select whole.count
        from (
          select parent.given as "parent", counted.count
          from (select e.id as given, 1 as nth) parent
          cross join lateral (
            select sum(part.count)::int as count
            from (
              select count(*)
              from (
                select distinct x.memory_id
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
                    where workspace_id = $6 and known_from <= $44::timestamptz
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
                    where workspace_id = $6
                      and known_from <= $45::timestamptz
                      and "known_until" > $46::timestamptz
                  )
                ) named
                cross join lateral (
                  select x.memory_id
                  from (
                    select coalesce(named.merged_into, named.id) as "id"
                    union all
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
                        where workspace_id = $6 and known_from <= $47::timestamptz
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
                        where workspace_id = $6
                          and known_from <= $48::timestamptz
                          and "known_until" > $49::timestamptz
                      )
                    ) merged
                    where merged.workspace_id = $6
                      and merged.merged_into = coalesce(named.merged_into, named.id)
                  ) family
                  cross join lateral (
                    select x.memory_id
                    from (
                      (
                        select workspace_id, memory_id, entity_id, known_from
                        from mentions
                        where workspace_id = $6 and known_from <= $50::timestamptz
                      )
                      union all
                      (
                        select workspace_id, memory_id, entity_id, known_from
                        from "mentions_history"
                        where workspace_id = $6
                          and known_from <= $51::timestamptz
                          and "known_until" > $52::timestamptz
                      )
                    ) x
                    where x.workspace_id = $6 and x.entity_id = family.id
                    offset 0
                  ) x
                ) x
                where named.workspace_id = $6 and named.id = parent.given
              ) x
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
                    where workspace_id = $6 and known_from <= $53::timestamptz
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
                    where workspace_id = $6
                      and known_from <= $54::timestamptz
                      and "known_until" > $55::timestamptz
                  )
                ) m
                where m.workspace_id = $6 and m.id = x.memory_id
                limit 1
              ) m
              where m.workspace_id = $6
                and m.recorded_at <= $56::timestamptz
                and (
                  (
                    m.retracted_at is null
                    and m.valid_from <= $57::timestamptz
                    and (m.valid_until is null or m.valid_until > $58::timestamptz)
                  )
                  and m.archived_at is null
                  and (m.expires_at is null or m.expires_at > $59::timestamptz)
                )
            ) part
          ) counted
        ) whole
      )
    )::text as value
    offset 0
  ) made
) as "row"
from entities e
where e.workspace_id = $6 and e.id = $60::uuid and e.merged_into is null;

commit;
