begin;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

with mention as materialized (
  select counted.entity_id, counted.mentioned, mentioning.memory as memory_id
  from (
    select mention.entity_id,
      array_agg(mention.memory_id) as mentioning,
      (
        select count(distinct x.memory_id)::int
        from (
          select x.memory_id
          from (
            select mention.entity_id as "id"
            union all
            select merged.id
            from entities merged
            where merged.workspace_id = $1 and merged.merged_into = mention.entity_id
          ) family
          cross join lateral (
            select x.memory_id from mentions x where x.workspace_id = $2 and x.entity_id = family.id offset 0
          ) x
        ) x
      ) as mentioned
    from (
      select distinct coalesce(e.merged_into, e.id) as entity_id, x.memory_id
      from mentions x
      cross join lateral (select * from entities e where e.workspace_id = $3 and e.id = x.entity_id limit 1) e
      where x.workspace_id = $4 and x.memory_id = any($5::uuid[])
    ) mention
    group by mention.entity_id
  ) counted
  cross join unnest(counted.mentioning) mentioning (memory)
)
select parent.given as "parent",
  e.id as "id",
  e.companion_id as "companionId",
  e.type as "type",
  e.name as "name",
  e.aliases as "aliases",
  page.mentioned
from unnest($6::uuid[]) with ordinality parent (given, nth)
cross join lateral (
  select mention.entity_id,
    mention.mentioned,
    row_number() over (order by mention.mentioned desc, mention.entity_id desc) as place
  from mention
  where mention.memory_id = parent.given
  order by mention.mentioned desc, mention.entity_id desc
  limit $7
) page
cross join lateral (select * from entities e where e.workspace_id = $8 and e.id = page.entity_id limit 1) e
order by parent.nth, page.place;

select mention.memory_id as "parent", count(*)::int as count
from (
  select distinct coalesce(e.merged_into, e.id) as entity_id, x.memory_id
  from mentions x
  cross join lateral (select * from entities e where e.workspace_id = $1 and e.id = x.entity_id limit 1) e
  where x.workspace_id = $2 and x.memory_id = any($3::uuid[])
) mention
group by 1;

select "d0"."key" as "key", "d0"."workspace_id" as "workspaceId", "d0"."id" as "id"
from "companions" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2));

commit;
