begin;

select u.id as "id", u.external_id as "externalId"
from users u
where u.workspace_id = $1
order by u.external_id asc, u.id asc
limit $2;

select count(*) from "users" where "users"."workspace_id" = $1;

select "d0"."external_id" as "externalId",
  "d0"."metadata" as "metadata",
  "d0"."workspace_id" as "workspaceId",
  "d0"."id" as "id"
from "users" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2), ($3, $4));

commit;
