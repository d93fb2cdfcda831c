begin;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

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
    cross join lateral (
      select c.id, c.opened_at
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
          where workspace_id = $7 and known_from <= $8::timestamptz
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
          where workspace_id = $9 and known_from <= $10::timestamptz and "known_until" > $11::timestamptz
        )
      ) c
      where c.workspace_id = $12 and c.memory_id = version.id
      union all
      select c.id, c.opened_at
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
          where workspace_id = $13 and known_from <= $14::timestamptz
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
          where workspace_id = $15 and known_from <= $16::timestamptz and "known_until" > $17::timestamptz
        )
      ) c
      where c.workspace_id = $18 and c.by_id = version.id
    ) c
    where version.workspace_id = $19 and version.lineage_id = parent.lineage
  ) c
  where (c.opened_at, c.id) < ($20::text::timestamptz, $21::uuid)
  order by c.opened_at desc, c.id desc
  limit $22
) page
cross join lateral (select * from contradictions c where c.workspace_id = $23 and c.id = page.found limit 1) c
order by parent.place, page.place;

commit;
