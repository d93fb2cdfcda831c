begin;

select d.id as "id",
  d.webhook_id as "webhookId",
  d.event_id as "eventId",
  d.attempts as "attempts",
  d.state as "state",
  d.last_status_code as "lastStatusCode",
  d.last_error as "lastError",
  d.next_attempt_at as "nextAttemptAt",
  e.kind as "kind",
  d.position::float8 as "position",
  d.settled_at as "settledAt"
from webhook_deliveries d
cross join lateral (select * from events e where e.workspace_id = $1 and e.id = d.event_id limit 1 offset 0) e
where d.workspace_id = $2 and d.id = any($3::uuid[]);

commit;
