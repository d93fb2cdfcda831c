begin;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

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
      and e.memory_id in (
        select v.id from memories v where v.workspace_id = $5 and v.lineage_id = parent.lineage
      )
    union
    select e.id, e.at
    from events e
    where e.other_lineage_id = parent.lineage and e.workspace_id = $6
  ) e
  order by e.at asc, e.id asc
  limit $7
) page
cross join lateral (select * from events e where e.workspace_id = $8 and e.id = page.event limit 1) e
order by parent.place, e.at, e.id;

select m.id as "id",
  m.lineage_id as "lineageId",
  m.companion_id as "companionId",
  m.user_id as "userId",
  m.content as "content"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

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
        and e.memory_id in (
          select v.id from memories v where v.workspace_id = $4 and v.lineage_id = parent.lineage
        )
      union
      select e.id, e.at
      from events e
      where e.other_lineage_id = parent.lineage and e.workspace_id = $5
    ) e
  ) as count
from unnest($6::uuid[]) parent (lineage);

commit;
