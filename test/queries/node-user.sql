begin;

select "id" from "users" where (("users"."workspace_id" = $1) and ("users"."id" = any($2::uuid[])));

select "d0"."external_id" as "externalId", "d0"."workspace_id" as "workspaceId", "d0"."id" as "id"
from "users" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2));

commit;
