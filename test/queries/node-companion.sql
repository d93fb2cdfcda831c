begin;

select "id"
from "companions"
where (("companions"."workspace_id" = $1) and ("companions"."id" = any($2::uuid[])));

select "d0"."key" as "key", "d0"."workspace_id" as "workspaceId", "d0"."id" as "id"
from "companions" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2));

commit;
