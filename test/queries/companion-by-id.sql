begin;

select c.id as "id" from companions c where c.workspace_id = $1 and c.id = $2::uuid;

select "d0"."key" as "key",
  "d0"."name" as "name",
  "d0"."description" as "description",
  "d0"."config" as "config",
  "d0"."is_active" as "isActive",
  "d0"."created_at" as "createdAt",
  "d0"."updated_at" as "updatedAt",
  "d0"."workspace_id" as "workspaceId",
  "d0"."id" as "id"
from "companions" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2));

commit;
