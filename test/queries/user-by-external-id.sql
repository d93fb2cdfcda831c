begin;

select "id"
from "users"
where (
  ("users"."workspace_id" = $1)
  and ("users"."id" = (select u.id from users u where u.workspace_id = $2 and u.external_id = $3))
);

select "d0"."external_id" as "externalId", "d0"."workspace_id" as "workspaceId", "d0"."id" as "id"
from "users" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2));

commit;
