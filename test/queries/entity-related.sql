begin;

select e.id as "id",
  e.companion_id as "companionId",
  e.type as "type",
  e.name as "name",
  e.aliases as "aliases"
from entities e
where e.workspace_id = $1 and e.id = any($2::uuid[]) and e.merged_into is null;

with mention as materialized (
  select parent.given as parent, mention.entity_id, count(*)::int as shared
  from unnest($1::uuid[]) parent (given)
  cross join lateral (
    select distinct far.id
    from (
      select far.*
      from (
        select parent.given as "id"
        union all
        select merged.id
        from entities merged
        where merged.workspace_id = $2 and merged.merged_into = parent.given
      ) family
      cross join lateral (
        (
          select far.*
          from mentions x
          cross join lateral (
            select *
            from memories far
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
          where x.workspace_id = $4 and x.entity_id = family.id
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
    from mentions x
    cross join lateral (select * from entities e where e.workspace_id = $7 and e.id = x.entity_id limit 1) e
    where x.workspace_id = $8 and x.memory_id = memory.id
    offset 0
  ) mention
  where mention.entity_id <> parent.given
  group by 1, 2
)
select parent.given as "parent",
  e.id as "id",
  e.companion_id as "companionId",
  e.type as "type",
  e.name as "name",
  e.aliases as "aliases",
  page.shared
from unnest($9::uuid[]) with ordinality parent (given, nth)
cross join lateral (
  select mention.entity_id,
    mention.shared,
    row_number() over (order by mention.shared desc, mention.entity_id desc) as place
  from mention
  where mention.parent = parent.given
  order by mention.shared desc, mention.entity_id desc
  limit $10
) page
cross join lateral (select * from entities e where e.workspace_id = $11 and e.id = page.entity_id limit 1) e
order by parent.nth, page.place;

commit;
