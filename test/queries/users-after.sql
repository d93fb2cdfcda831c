begin;

select id, external_id as "externalId"
from users
where workspace_id = $1 and created_at <= $2::timestamptz and (external_id, id) > ($3::text::text, $4::uuid)
order by external_id asc, id asc
limit $5;

commit;
