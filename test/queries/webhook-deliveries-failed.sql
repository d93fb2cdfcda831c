begin;

select w.id as "id",
  w.url as "url",
  w.companion_id as "companionId",
  w.is_active as "isActive",
  w.created_at as "createdAt",
  to_jsonb(w.kinds) as "kinds"
from webhooks w
where w.workspace_id = $1
order by w.created_at asc, w.id asc
limit $2;

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
from unnest($1::uuid[]) with ordinality parent (id, place)
cross join lateral (
  select *
  from webhook_deliveries d
  where d.workspace_id = $2 and d.webhook_id = parent.id and d.state = $3::smallint
  order by d.position desc, d.id desc
  limit $4
) d
cross join lateral (select * from events e where e.workspace_id = $5 and e.id = d.event_id limit 1 offset 0) e
order by parent.place, d.position desc, d.id desc;

select parent.id,
  (
    select count(*)::int
    from webhook_deliveries d
    where d.workspace_id = $1 and d.webhook_id = parent.id and d.state = $2::smallint
  ) as count
from unnest($3::uuid[]) parent (id);

commit;
