begin;

select id
from users
where workspace_id = $1 and id = (select id from users where workspace_id = $2 and external_id = $3);

select "d0"."external_id" as "externalId", "d0"."workspace_id" as "workspaceId", "d0"."id" as "id"
from "users" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2));

commit;
