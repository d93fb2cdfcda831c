begin;

select e.id, e.companion_id as "companionId", e.type, e.name, e.aliases
from "entities" e
where e.workspace_id = $1 and e.id = any($2::uuid[]) and e.merged_into is null;

with mention as materialized (
  select parent.id as parent, mention.entity_id, count(*)::int as shared
  from unnest($1::uuid[]) parent (id)
  cross join lateral (
    select distinct far.id
    from (
      select far.*
      from (
        select parent.id as id
        union all
        select merged.id
        from "entities" merged
        where merged.workspace_id = $2 and merged.merged_into = parent.id
      ) name
      cross join lateral (
        (
          select far.*
          from "mentions" x
          cross join lateral (
            select *
            from "memories" far
            where far.workspace_id = $3
              and far.id = x.memory_id
              and (
                (
                  far.retracted_at is null
                  and far.valid_from <= now()
                  and (far.valid_until is null or far.valid_until > now())
                )
                and far.archived_at is null
                and (far.expires_at is null or far.expires_at > now())
              )
              and true
            limit 1
          ) far
          where x.workspace_id = $4 and x.entity_id = name.id
          order by x.memory_id desc
          limit $5
        )
      ) far
    ) far
    order by far.id desc
    limit $6
  ) memory
  cross join lateral (
    select distinct coalesce(e.merged_into, e.id) as entity_id, x.memory_id
    from "mentions" x
    cross join lateral (select * from "entities" e where e.workspace_id = $7 and e.id = x.entity_id limit 1) e
    where x.workspace_id = $8 and x.memory_id = memory.id
    offset 0
  ) mention
  where mention.entity_id <> parent.id
  group by 1, 2
)
select parent.id as "parent", e.id, e.companion_id as "companionId", e.type, e.name, e.aliases, page.shared
from unnest($9::uuid[]) with ordinality parent (id, position)
cross join lateral (
  select mention.entity_id,
    mention.shared,
    row_number() over (order by mention.shared desc, mention.entity_id desc) as place
  from mention
  where mention.parent = parent.id
  order by mention.shared desc, mention.entity_id desc
  limit $10
) page
cross join lateral (select * from "entities" e where e.workspace_id = $11 and e.id = page.entity_id limit 1) e
order by parent.position, page.place;

commit;
