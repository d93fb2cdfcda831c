begin;

select c.id as "id", c.key as "key"
from companions c
where c.workspace_id = $1 and c.created_at <= $2::timestamptz and (c.key, c.id) > ($3::text::text, $4::uuid)
order by c.key asc, c.id asc
limit $5;

commit;
