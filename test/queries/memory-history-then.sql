begin;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
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
    where workspace_id = $1 and known_from <= $2::timestamptz
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
    where workspace_id = $3 and known_from <= $4::timestamptz and "known_until" > $5::timestamptz
  )
) m
where m.workspace_id = $6 and m.id = any($7::uuid[]);

select parent.lineage as parent,
  e.id as "id",
  e.kind as "kind",
  e.actor as "actor",
  e.memory_id as "memoryId",
  e.relation_id as "relationId",
  e.contradiction_id as "contradictionId",
  e.finding_id as "findingId",
  e.session_id as "sessionId",
  e.reason as "reason",
  e.changes as "changes",
  e.position::float8 as "position",
  e.at as "happenedAt"
from unnest($1::uuid[]) with ordinality parent (lineage, place)
cross join lateral (
  select e.id as event
  from (
    select e.id, e.at
    from (
      select parent.lineage
      union
      select c.by_lineage_id
      from contradictions c
      where c.workspace_id = $2 and c.is_of_slot and c.memory_lineage_id = parent.lineage
      union
      select c.memory_lineage_id
      from contradictions c
      where c.workspace_id = $3 and c.is_of_slot and c.by_lineage_id = parent.lineage
    ) stood (lineage)
    join events e on e.lineage_id = stood.lineage
    where e.workspace_id = $4
      and e.at <= $5::timestamptz
      and e.memory_id in (
        select v.id
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
            where workspace_id = $6 and known_from <= $7::timestamptz
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
            where workspace_id = $8 and known_from <= $9::timestamptz and "known_until" > $10::timestamptz
          )
        ) v
        where v.workspace_id = $11 and v.lineage_id = parent.lineage
      )
    union
    select e.id, e.at
    from events e
    where e.other_lineage_id = parent.lineage and e.workspace_id = $12 and e.at <= $13::timestamptz
  ) e
  order by e.at asc, e.id asc
  limit $14
) page
cross join lateral (select * from events e where e.workspace_id = $15 and e.id = page.event limit 1) e
order by parent.place, e.at, e.id;

select parent.lineage as parent,
  (
    select count(*)::int
    from (
      select e.id, e.at
      from (
        select parent.lineage
        union
        select c.by_lineage_id
        from contradictions c
        where c.workspace_id = $1 and c.is_of_slot and c.memory_lineage_id = parent.lineage
        union
        select c.memory_lineage_id
        from contradictions c
        where c.workspace_id = $2 and c.is_of_slot and c.by_lineage_id = parent.lineage
      ) stood (lineage)
      join events e on e.lineage_id = stood.lineage
      where e.workspace_id = $3
        and e.at <= $4::timestamptz
        and e.memory_id in (
          select v.id
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
              where workspace_id = $5 and known_from <= $6::timestamptz
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
              where workspace_id = $7 and known_from <= $8::timestamptz and "known_until" > $9::timestamptz
            )
          ) v
          where v.workspace_id = $10 and v.lineage_id = parent.lineage
        )
      union
      select e.id, e.at
      from events e
      where e.other_lineage_id = parent.lineage and e.workspace_id = $11 and e.at <= $12::timestamptz
    ) e
  ) as count
from unnest($13::uuid[]) parent (lineage);

commit;
