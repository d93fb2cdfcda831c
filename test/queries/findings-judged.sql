begin;

select f.id as "id",
  f.memory_id as "memoryId",
  f.by_id as "byId",
  f.kind as "kind",
  f.score as "score",
  f.reason as "reason",
  f.memory_text as "memoryText",
  f.by_text as "byText",
  f.found_at as "foundAt",
  f.verdict as "verdict",
  f.judged_at as "judgedAt",
  f.judged_by as "judgedBy",
  f.contradiction_id as "contradictionId",
  f.confirmed_by as "confirmedBy",
  (select m.slot from memories m where m.workspace_id = f.workspace_id and m.id = f.memory_id limit 1) as "suggestedSlot"
from findings f
where f.workspace_id = $1 and not f.is_hidden and f.verdict is not null
order by f.judged_at desc, f.id desc
limit $2;

select count(*)::int as count
from findings f
where f.workspace_id = $1 and not f.is_hidden and f.verdict is not null;

select c.id as "id",
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
from contradictions c
where c.workspace_id = $1 and c.id = any($2::uuid[]);

commit;
