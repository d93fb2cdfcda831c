begin;

select "id"
from "users"
where (
  ("users"."workspace_id" = $1)
  and ("users"."id" = (select u.id from users u where u.workspace_id = $2 and u.external_id = $3))
);

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
        where workspace_id = $35 and known_from <= $36::timestamptz
      ) m
      where m.workspace_id = $37
        and m.recorded_at <= $38::timestamptz
        and m.user_id = parent.given
        and (
          (
            m.retracted_at is null
            and m.valid_from <= $39::timestamptz
            and (m.valid_until is null or m.valid_until > $40::timestamptz)
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > $41::timestamptz)
        )
      order by value desc, m.id desc
      limit $42
    )
    union all
    (
      select m.id, m.recorded_at as value
      from (
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
        where workspace_id = $43 and known_from <= $44::timestamptz and "known_until" > $45::timestamptz
      ) m
      where m.workspace_id = $46
        and m.recorded_at <= $47::timestamptz
        and m.user_id = parent.given
        and (
          (
            m.retracted_at is null
            and m.valid_from <= $48::timestamptz
            and (m.valid_until is null or m.valid_until > $49::timestamptz)
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > $50::timestamptz)
        )
      order by value desc, m.id desc
      limit $51
    )
  ) chosen
  order by chosen.value desc, chosen.id desc
  limit $52
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
  where m.workspace_id = $58 and m.id = page.id
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
      where workspace_id = $2 and known_from <= $3::timestamptz
    ) m
    where m.workspace_id = $4
      and m.recorded_at <= $5::timestamptz
      and m.user_id = parent.given
      and (
        (
          m.retracted_at is null
          and m.valid_from <= $6::timestamptz
          and (m.valid_until is null or m.valid_until > $7::timestamptz)
        )
        and m.archived_at is null
        and (m.expires_at is null or m.expires_at > $8::timestamptz)
      )
    union all
    select count(*)
    from (
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
      where workspace_id = $9 and known_from <= $10::timestamptz and "known_until" > $11::timestamptz
    ) m
    where m.workspace_id = $12
      and m.recorded_at <= $13::timestamptz
      and m.user_id = parent.given
      and (
        (
          m.retracted_at is null
          and m.valid_from <= $14::timestamptz
          and (m.valid_until is null or m.valid_until > $15::timestamptz)
        )
        and m.archived_at is null
        and (m.expires_at is null or m.expires_at > $16::timestamptz)
      )
  ) part
) counted;

commit;
