begin;

select c.id as "id",
  c.companion_id as "companionId",
  c.user_id as "userId",
  c.external_id as "externalId",
  c.title as "title",
  c.metadata as "metadata",
  c.created_at as "createdAt",
  c.updated_at as "updatedAt",
  c.last_message_at as "lastMessageAt",
  c.active_at as "activeAt",
  c.message_count as "messageCount",
  c.next_position as "nextPosition"
from conversations c
where c.workspace_id = $1 and c.id = $2::uuid;

select parent.given as "parent",
  page.value as "value",
  m.id as "m.id",
  m.lineage_id as "m.lineageId",
  m.companion_id as "m.companionId",
  m.user_id as "m.userId",
  m.content as "m.content"
from unnest($1::uuid[]) with ordinality parent (given, nth)
cross join lateral (
  select chosen.id, chosen.value, row_number() over (order by chosen.value desc, chosen.id desc) as place
  from (
    (
      select m.id, m.valid_from as value
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
        and m.lineage_id in (
          select g.lineage_id
          from messages g
          where g.workspace_id = $6 and g.conversation_id = parent.given and g.lineage_id is not null
        )
        and (
          (
            m.retracted_at is null
            and m.valid_from <= $7::timestamptz
            and (m.valid_until is null or m.valid_until > $8::timestamptz)
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > $9::timestamptz)
        )
        and m.type = any(
          array(select value::memory_type from jsonb_array_elements_text($10::jsonb) given (value))
        )
      order by value desc, m.id desc
      limit $11
    )
    union all
    (
      select m.id, m.valid_from as value
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
        where workspace_id = $12 and known_from <= $13::timestamptz and "known_until" > $14::timestamptz
      ) m
      where m.workspace_id = $15
        and m.recorded_at <= $16::timestamptz
        and m.lineage_id in (
          select g.lineage_id
          from messages g
          where g.workspace_id = $17 and g.conversation_id = parent.given and g.lineage_id is not null
        )
        and (
          (
            m.retracted_at is null
            and m.valid_from <= $18::timestamptz
            and (m.valid_until is null or m.valid_until > $19::timestamptz)
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > $20::timestamptz)
        )
        and m.type = any(
          array(select value::memory_type from jsonb_array_elements_text($21::jsonb) given (value))
        )
      order by value desc, m.id desc
      limit $22
    )
  ) chosen
  order by chosen.value desc, chosen.id desc
  limit $23
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
      where workspace_id = $24 and known_from <= $25::timestamptz
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
      where workspace_id = $26 and known_from <= $27::timestamptz and "known_until" > $28::timestamptz
    )
  ) m
  where m.workspace_id = $29 and m.id = page.id
  limit 1
) m
order by parent.nth, page.place;

select parent.given as "parent",
  page.value as "value",
  m.id as "m.id",
  m.lineage_id as "m.lineageId",
  m.companion_id as "m.companionId",
  m.user_id as "m.userId",
  m.content as "m.content"
from unnest($1::uuid[]) with ordinality parent (given, nth)
cross join lateral (
  select chosen.id, chosen.value, row_number() over (order by chosen.value asc, chosen.id asc) as place
  from (
    (
      select m.id, m.recorded_at as value
      from memories m
      where m.workspace_id = $2
        and m.lineage_id in (
          select g.lineage_id
          from messages g
          where g.workspace_id = $3 and g.conversation_id = parent.given and g.lineage_id is not null
        )
        and (
          (
            m.retracted_at is null
            and m.valid_from <= now()
            and (m.valid_until is null or m.valid_until > now())
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > now())
        )
      order by value asc, m.id asc
      limit $4
    )
  ) chosen
  order by chosen.value asc, chosen.id asc
  limit $5
) page
cross join lateral (select * from memories m where m.workspace_id = $6 and m.id = page.id limit 1) m
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
      and m.lineage_id in (
        select g.lineage_id
        from messages g
        where g.workspace_id = $6 and g.conversation_id = parent.given and g.lineage_id is not null
      )
      and (
        (
          m.retracted_at is null
          and m.valid_from <= $7::timestamptz
          and (m.valid_until is null or m.valid_until > $8::timestamptz)
        )
        and m.archived_at is null
        and (m.expires_at is null or m.expires_at > $9::timestamptz)
      )
      and m.type = any(
        array(select value::memory_type from jsonb_array_elements_text($10::jsonb) given (value))
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
      where workspace_id = $11 and known_from <= $12::timestamptz and "known_until" > $13::timestamptz
    ) m
    where m.workspace_id = $14
      and m.recorded_at <= $15::timestamptz
      and m.lineage_id in (
        select g.lineage_id
        from messages g
        where g.workspace_id = $16 and g.conversation_id = parent.given and g.lineage_id is not null
      )
      and (
        (
          m.retracted_at is null
          and m.valid_from <= $17::timestamptz
          and (m.valid_until is null or m.valid_until > $18::timestamptz)
        )
        and m.archived_at is null
        and (m.expires_at is null or m.expires_at > $19::timestamptz)
      )
      and m.type = any(
        array(select value::memory_type from jsonb_array_elements_text($20::jsonb) given (value))
      )
  ) part
) counted;

select parent.given as "parent", counted.count
from unnest($1::uuid[]) with ordinality parent (given, nth)
cross join lateral (
  select sum(part.count)::int as count
  from (
    select count(*)
    from memories m
    where m.workspace_id = $2
      and m.lineage_id in (
        select g.lineage_id
        from messages g
        where g.workspace_id = $3 and g.conversation_id = parent.given and g.lineage_id is not null
      )
      and (
        (
          m.retracted_at is null
          and m.valid_from <= now()
          and (m.valid_until is null or m.valid_until > now())
        )
        and m.archived_at is null
        and (m.expires_at is null or m.expires_at > now())
      )
  ) part
) counted;

commit;
