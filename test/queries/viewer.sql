begin;

select (select count(*)::int from memory_embeddings where workspace_id = $1 and model = $2 and dimension = $3) as embedded,
  (select count(*)::int from owed_embeddings where workspace_id = $4 and model = $5 and dimension = $6) as owed;

select "d0"."name" as "name", "d0"."id" as "id" from "workspaces" as "d0" where "d0"."id" in ($1);

commit;
