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
where p.workspace_id = $2
  and p.companion_id = (select c.id from companions c where c.workspace_id = $3 and c.key = $4)
  and p.created_at <= $5::timestamptz
  and (p.created_at, p.id) > ($6::text::timestamptz, $7::uuid)
order by p.created_at asc, p.id asc
limit $8;

commit;
