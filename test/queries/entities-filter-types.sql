begin;

select e.id, e.companion_id as "companionId", e.type, e.name, e.aliases, page.mentioned
from (
  select *
  from (
    select e.id,
      (
        select count(distinct x.memory_id)::int
        from (
          select x.memory_id
          from (
            select e.id as id
            union all
            select merged.id
            from "entities" merged
            where merged.workspace_id = $1 and merged.merged_into = e.id
          ) e
          cross join lateral (
            select x.memory_id from "mentions" x where x.workspace_id = $2 and x.entity_id = e.id offset 0
          ) x
        ) x
      ) as mentioned
    from "entities" e
    where e.workspace_id = $3
      and e.merged_into is null
      and e.companion_id = (select id from companions where workspace_id = $4 and key = $5)
      and e.type = any(array(select jsonb_array_elements_text($6::jsonb)))
  ) e
  where true
  order by mentioned desc, id desc
  limit $7
) page
cross join lateral (select * from "entities" e where e.workspace_id = $8 and e.id = page.id limit 1) e
order by page.mentioned desc, page.id desc;

select count(*)::int as count
from "entities" e
where e.workspace_id = $1
  and e.merged_into is null
  and e.companion_id = (select id from companions where workspace_id = $2 and key = $3)
  and e.type = any(array(select jsonb_array_elements_text($4::jsonb)));

commit;
