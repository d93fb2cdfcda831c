begin;

select u.id as "id", u.external_id as "externalId"
from users u
where u.workspace_id = $1
  and u.created_at <= $2::timestamptz
  and (u.external_id, u.id) > ($3::text::text, $4::uuid)
order by u.external_id asc, u.id asc
limit $5;

commit;
