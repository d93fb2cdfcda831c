begin;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

select parent.version as parent,
  page.direction,
  r.id as "id",
  r.from_lineage_id as "fromLineageId",
  r.to_lineage_id as "toLineageId",
  r.from_memory_id as "fromMemoryId",
  r.to_memory_id as "toMemoryId",
  r.type as "type",
  r.strength as "strength",
  m.id as "m.id",
  m.lineage_id as "m.lineageId",
  m.companion_id as "m.companionId",
  m.user_id as "m.userId"
from (
  select version.id as version,
    version.lineage_id as lineage,
    given.position as place,
    holding.id is not null as holds
  from (
    select id::uuid as id, position
    from jsonb_array_elements_text($1::jsonb) with ordinality given (id, position)
    offset 0
  ) given
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
        where workspace_id = $2 and known_from <= $3::timestamptz
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
        where workspace_id = $4 and known_from <= $5::timestamptz and "known_until" > $6::timestamptz
      )
    ) version
    where version.workspace_id = $7 and version.id = given.id
    limit 1
  ) version
  left join lateral (
    select holding.id
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
        where workspace_id = $8 and known_from <= $9::timestamptz
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
        where workspace_id = $10 and known_from <= $11::timestamptz and "known_until" > $12::timestamptz
      )
    ) holding
    where holding.workspace_id = $13
      and holding.lineage_id = version.lineage_id
      and (
        holding.retracted_at is null
        and holding.valid_from <= $14::timestamptz
        and (holding.valid_until is null or holding.valid_until > $15::timestamptz)
      )
    limit 1
  ) holding on true
) parent
cross join lateral (
  select r.*, row_number() over (order by r.strength desc, r.id desc) as place
  from (
    (
      select r.id, r.strength, 'OUT' as direction, far.id as neighbor
      from (
        (
          select workspace_id,
            id,
            from_lineage_id,
            to_lineage_id,
            from_memory_id,
            to_memory_id,
            type,
            strength,
            metadata,
            recorded_at,
            retracted_at,
            known_from
          from relations
          where workspace_id = $16 and known_from <= $17::timestamptz
        )
        union all
        (
          select workspace_id,
            id,
            from_lineage_id,
            to_lineage_id,
            from_memory_id,
            to_memory_id,
            type,
            strength,
            metadata,
            recorded_at,
            retracted_at,
            known_from
          from "relations_history"
          where workspace_id = $18 and known_from <= $19::timestamptz and "known_until" > $20::timestamptz
        )
      ) r
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
            where workspace_id = $21 and known_from <= $22::timestamptz
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
            where workspace_id = $23 and known_from <= $24::timestamptz and "known_until" > $25::timestamptz
          )
        ) far
        where far.workspace_id = $26
          and far.lineage_id = r.to_lineage_id
          and case
            when r.type = 'CORRECTS' then far.id = r.to_memory_id
            else (
              far.retracted_at is null
              and far.valid_from <= $27::timestamptz
              and (far.valid_until is null or far.valid_until > $28::timestamptz)
            )
            end
        limit 1
      ) far
      where r.workspace_id = $29
        and r.from_lineage_id = parent.lineage
        and r.retracted_at is null
        and case when r.type = 'CORRECTS' then r.from_memory_id = parent.version else parent.holds end
        and (r.strength, r.id) < ($30::text::float8, $31::uuid)
      order by r.strength desc, r.id desc
      limit 2
    )
    union all
    (
      select r.id, r.strength, 'IN' as direction, far.id as neighbor
      from (
        (
          select workspace_id,
            id,
            from_lineage_id,
            to_lineage_id,
            from_memory_id,
            to_memory_id,
            type,
            strength,
            metadata,
            recorded_at,
            retracted_at,
            known_from
          from relations
          where workspace_id = $32 and known_from <= $33::timestamptz
        )
        union all
        (
          select workspace_id,
            id,
            from_lineage_id,
            to_lineage_id,
            from_memory_id,
            to_memory_id,
            type,
            strength,
            metadata,
            recorded_at,
            retracted_at,
            known_from
          from "relations_history"
          where workspace_id = $34 and known_from <= $35::timestamptz and "known_until" > $36::timestamptz
        )
      ) r
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
            where workspace_id = $37 and known_from <= $38::timestamptz
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
            where workspace_id = $39 and known_from <= $40::timestamptz and "known_until" > $41::timestamptz
          )
        ) far
        where far.workspace_id = $42
          and far.lineage_id = r.from_lineage_id
          and case
            when r.type = 'CORRECTS' then far.id = r.from_memory_id
            else (
              far.retracted_at is null
              and far.valid_from <= $43::timestamptz
              and (far.valid_until is null or far.valid_until > $44::timestamptz)
            )
            end
        limit 1
      ) far
      where r.workspace_id = $45
        and r.to_lineage_id = parent.lineage
        and r.retracted_at is null
        and case when r.type = 'CORRECTS' then r.to_memory_id = parent.version else parent.holds end
        and (r.strength, r.id) < ($46::text::float8, $47::uuid)
      order by r.strength desc, r.id desc
      limit 2
    )
  ) r
  order by r.strength desc, r.id desc
  limit 2
) page
cross join lateral (select * from relations r where r.workspace_id = $48 and r.id = page.id limit 1) r
cross join lateral (select * from memories m where m.workspace_id = $49 and m.id = page.neighbor limit 1) m
order by parent.place, page.place;

commit;
