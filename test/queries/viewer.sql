begin;

select (
  select count(*)::int
  from memory_embeddings e
  where e.workspace_id = $1 and e.model = $2 and e.dimension = $3
) as embedded,
  (
    select count(*)::int
    from pending_embeddings p
    where p.workspace_id = $4 and p.model = $5 and p.dimension = $6
  ) as pending;

select "d0"."name" as "name", "d0"."id" as "id" from "workspaces" as "d0" where "d0"."id" in ($1);

commit;
