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
where f.workspace_id = $1
  and not f.is_hidden
  and f.verdict is not null
  and f.judged_at <= $2::timestamptz
  and (f.judged_at, f.id) < ($3::text::timestamptz, $4::uuid)
order by f.judged_at desc, f.id desc
limit $5;

commit;
