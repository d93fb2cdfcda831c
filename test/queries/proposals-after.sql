begin;

select p.id as "id",
  p.kind as "kind",
  p.status as "status",
  p.memory_id as "memoryId",
  p.other_id as "otherId",
  p.draft as "draft",
  p.confidence as "confidence",
  p.proposed_by as "proposedBy",
  p.proposed_at as "proposedAt",
  p.decided_at as "decidedAt"
from (
  (
    select *
    from proposals p
    where p.workspace_id = $1
      and p.status = 0
      and p.proposed_at <= $2::timestamptz
      and (p.proposed_at, p.id) < ($3::text::timestamptz, $4::uuid)
    order by p.proposed_at desc, p.id desc
    limit $5
  )
) p
order by p.proposed_at desc, p.id desc
limit $6;

commit;
