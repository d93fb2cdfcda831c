begin;

select w.id as "id",
  w.url as "url",
  w.companion_id as "companionId",
  w.is_active as "isActive",
  w.created_at as "createdAt",
  to_jsonb(w.kinds) as "kinds"
from webhooks w
where w.workspace_id = $1
  and w.created_at <= $2::timestamptz
  and (w.created_at, w.id) > ($3::text::timestamptz, $4::uuid)
order by w.created_at asc, w.id asc
limit $5;

select count(*)::int as count
from webhooks w
where w.workspace_id = $1 and ($2::timestamptz is null or w.created_at <= $3::timestamptz);

commit;
