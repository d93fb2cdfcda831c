begin;

select id, key
from companions
where workspace_id = $1 and created_at <= $2::timestamptz and (key, id) < ($3::text::text, $4::uuid)
order by key desc, id desc
limit $5;

commit;
