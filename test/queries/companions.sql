begin;

select id, key from companions where workspace_id = $1 order by key asc, id asc limit $2;

select count(*)::int as count from companions where workspace_id = $1;

select "d0"."key" as "key", "d0"."name" as "name", "d0"."workspace_id" as "workspaceId", "d0"."id" as "id"
from "companions" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2), ($3, $4));

commit;
