begin;

select p.id as "id",
  p.companion_id as "companionId",
  p.user_id as "userId",
  p.entity_id as "entityId",
  p.summary_lineage_id as "summaryLineageId",
  p.created_at as "createdAt",
  p.refreshed_at as "refreshedAt",
  m.id as "summaryId"
from profiles p
cross join lateral (
  select *
  from memories m
  where m.workspace_id = $1
    and m.lineage_id = p.summary_lineage_id
    and (
      (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now()))
      and m.archived_at is null
      and (m.expires_at is null or m.expires_at > now())
    )
  limit 1
) m
where p.workspace_id = $2 and p.id = any($3::uuid[]);

select e.id as "id",
  e.companion_id as "companionId",
  e.type as "type",
  e.name as "name",
  e.aliases as "aliases"
from entities e
where e.workspace_id = $1 and e.id = any($2::uuid[]) and e.merged_into is null;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

commit;
