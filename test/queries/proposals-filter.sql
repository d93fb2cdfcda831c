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
      and p.status = 2
      and p.companion_id = (select c.id from companions c where c.workspace_id = $2 and c.key = $3)
      and p.user_id = (select u.id from users u where u.workspace_id = $4 and u.external_id = $5)
    order by p.proposed_at desc, p.id desc
    limit $6
  )
  union all
  (
    select *
    from proposals p
    where p.workspace_id = $7
      and p.status = 1
      and p.companion_id = (select c.id from companions c where c.workspace_id = $8 and c.key = $9)
      and p.user_id = (select u.id from users u where u.workspace_id = $10 and u.external_id = $11)
    order by p.proposed_at desc, p.id desc
    limit $12
  )
) p
order by p.proposed_at desc, p.id desc
limit $13;

select (
  (
    select count(*)
    from proposals p
    where p.workspace_id = $1
      and p.status = 2
      and p.companion_id = (select c.id from companions c where c.workspace_id = $2 and c.key = $3)
      and p.user_id = (select u.id from users u where u.workspace_id = $4 and u.external_id = $5)
  ) + (
    select count(*)
    from proposals p
    where p.workspace_id = $6
      and p.status = 1
      and p.companion_id = (select c.id from companions c where c.workspace_id = $7 and c.key = $8)
      and p.user_id = (select u.id from users u where u.workspace_id = $9 and u.external_id = $10)
  )
)::int as count;

commit;
