begin;

select e.id as "id",
  e.companion_id as "companionId",
  e.type as "type",
  e.name as "name",
  e.aliases as "aliases"
from entities e
where e.workspace_id = $1 and e.id = any($2::uuid[]) and e.merged_into is null;

select parent.given as "parent",
  page.value as "value",
  m.id as "m.id",
  m.lineage_id as "m.lineageId",
  m.companion_id as "m.companionId",
  m.user_id as "m.userId",
  m.content as "m.content",
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
                where workspace_id = $8 and known_from <= $9::timestamptz and "known_until" > $10::timestamptz
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
                  where workspace_id = $11 and known_from <= $12::timestamptz
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
                  where workspace_id = $13
                    and known_from <= $14::timestamptz
                    and "known_until" > $15::timestamptz
                )
              ) other
              where other.workspace_id = $16
                and other.id = c.by_id
                and (
                  other.retracted_at is null
                  and other.valid_from <= $17::timestamptz
                  and (other.valid_until is null or other.valid_until > $18::timestamptz)
                )
              limit 1
            ) other
            where c.workspace_id = $19 and c.memory_id = m.id and c.status = 'OPEN'
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
                where workspace_id = $20 and known_from <= $21::timestamptz
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
                where workspace_id = $22
                  and known_from <= $23::timestamptz
                  and "known_until" > $24::timestamptz
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
                  where workspace_id = $25 and known_from <= $26::timestamptz
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
                  where workspace_id = $27
                    and known_from <= $28::timestamptz
                    and "known_until" > $29::timestamptz
                )
              ) other
              where other.workspace_id = $30
                and other.id = c.memory_id
                and (
                  other.retracted_at is null
                  and other.valid_from <= $31::timestamptz
                  and (other.valid_until is null or other.valid_until > $32::timestamptz)
                )
              limit 1
            ) other
            where c.workspace_id = $33 and c.by_id = m.id and c.status = 'OPEN'
          ) counting
        )
      ) then 'DISPUTED'
      else 'ACTIVE'
      end
  ) as "m.status"
from unnest($34::uuid[]) with ordinality parent (given, nth)
cross join lateral (
  select chosen.id, chosen.value, row_number() over (order by chosen.value desc, chosen.id desc) as place
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
            where workspace_id = $35 and known_from <= $36::timestamptz
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
            where workspace_id = $37 and known_from <= $38::timestamptz and "known_until" > $39::timestamptz
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
                where workspace_id = $40 and known_from <= $41::timestamptz
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
                where workspace_id = $42
                  and known_from <= $43::timestamptz
                  and "known_until" > $44::timestamptz
              )
            ) merged
            where merged.workspace_id = $45 and merged.merged_into = coalesce(named.merged_into, named.id)
          ) family
          cross join lateral (
            select x.memory_id
            from (
              (
                select workspace_id, memory_id, entity_id, known_from
                from mentions
                where workspace_id = $46 and known_from <= $47::timestamptz
              )
              union all
              (
                select workspace_id, memory_id, entity_id, known_from
                from "mentions_history"
                where workspace_id = $48
                  and known_from <= $49::timestamptz
                  and "known_until" > $50::timestamptz
              )
            ) x
            where x.workspace_id = $51 and x.entity_id = family.id
            offset 0
          ) x
        ) x
        where named.workspace_id = $52 and named.id = parent.given
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
            where workspace_id = $53 and known_from <= $54::timestamptz
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
            where workspace_id = $55 and known_from <= $56::timestamptz and "known_until" > $57::timestamptz
          )
        ) m
        where m.workspace_id = $58 and m.id = x.memory_id
        limit 1
      ) m
      where m.workspace_id = $59
        and m.recorded_at <= $60::timestamptz
        and (
          (
            m.retracted_at is null
            and m.valid_from <= $61::timestamptz
            and (m.valid_until is null or m.valid_until > $62::timestamptz)
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > $63::timestamptz)
        )
      order by value desc, m.id desc
      limit $64
    )
  ) chosen
  order by chosen.value desc, chosen.id desc
  limit $65
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
      where workspace_id = $66 and known_from <= $67::timestamptz
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
      where workspace_id = $68 and known_from <= $69::timestamptz and "known_until" > $70::timestamptz
    )
  ) m
  where m.workspace_id = $71 and m.id = page.id
  limit 1
) m
order by parent.nth, page.place;

select parent.given as "parent", counted.count
from unnest($1::uuid[]) with ordinality parent (given, nth)
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
          where workspace_id = $2 and known_from <= $3::timestamptz
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
          where workspace_id = $4 and known_from <= $5::timestamptz and "known_until" > $6::timestamptz
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
              where workspace_id = $7 and known_from <= $8::timestamptz
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
              where workspace_id = $9 and known_from <= $10::timestamptz and "known_until" > $11::timestamptz
            )
          ) merged
          where merged.workspace_id = $12 and merged.merged_into = coalesce(named.merged_into, named.id)
        ) family
        cross join lateral (
          select x.memory_id
          from (
            (
              select workspace_id, memory_id, entity_id, known_from
              from mentions
              where workspace_id = $13 and known_from <= $14::timestamptz
            )
            union all
            (
              select workspace_id, memory_id, entity_id, known_from
              from "mentions_history"
              where workspace_id = $15 and known_from <= $16::timestamptz and "known_until" > $17::timestamptz
            )
          ) x
          where x.workspace_id = $18 and x.entity_id = family.id
          offset 0
        ) x
      ) x
      where named.workspace_id = $19 and named.id = parent.given
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
      where m.workspace_id = $25 and m.id = x.memory_id
      limit 1
    ) m
    where m.workspace_id = $26
      and m.recorded_at <= $27::timestamptz
      and (
        (
          m.retracted_at is null
          and m.valid_from <= $28::timestamptz
          and (m.valid_until is null or m.valid_until > $29::timestamptz)
        )
        and m.archived_at is null
        and (m.expires_at is null or m.expires_at > $30::timestamptz)
      )
  ) part
) counted;

commit;
