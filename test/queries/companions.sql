begin;

select c.id as "id", c.key as "key"
from companions c
where c.workspace_id = $1
order by c.key asc, c.id asc
limit $2;

select count(*) from "companions" where "companions"."workspace_id" = $1;

select "d0"."key" as "key", "d0"."name" as "name", "d0"."workspace_id" as "workspaceId", "d0"."id" as "id"
from "companions" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2), ($3, $4));

commit;
