begin;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

with recursive reached (start, lineage, made_against, depth) as (
  select lineage, lineage, null::uuid, 0
  from unnest($1::uuid[]) given (lineage)
  union
  select reached.start, step.rests_on, step.made_against, reached.depth + 1
  from reached
  cross join lateral (
    select r.to_lineage_id as rests_on, r.to_memory_id as made_against, r.from_lineage_id as lineage
    from (
      select *
      from relations r
      where r.workspace_id = $2 and r.retracted_at is null and r.from_lineage_id = reached.lineage
      offset 0
    ) r
    where r.type in ('ELABORATES', 'REFERENCES')
    union all
    select r.from_lineage_id as rests_on, r.from_memory_id as made_against, r.to_lineage_id as lineage
    from (
      select *
      from relations r
      where r.workspace_id = $3 and r.retracted_at is null and r.to_lineage_id = reached.lineage
      offset 0
    ) r
    where r.type = 'CAUSES'
  ) step
  where reached.depth < $4
),
  met as materialized (
    select distinct start, lineage, made_against from reached where depth > 0 and lineage <> start
  )
select distinct start
from met
where (
  exists (
    select
    from (select * from memories m where m.workspace_id = $5 and m.id = met.made_against offset 0) m
    where m.retracted_at is not null
  )
  or exists (
    select
    from memories m
    where m.workspace_id = $6
      and m.lineage_id = met.lineage
      and m.is_contested
      and (
        m.is_contested
        and (
          m.retracted_at is null
          and m.valid_from <= now()
          and (m.valid_until is null or m.valid_until > now())
        )
        and exists (
          select 1
          from (
            select c.strength as "strength", other.confidence as "confidence"
            from contradictions c
            cross join lateral (
              select *
              from memories other
              where other.workspace_id = $7
                and other.id = c.by_id
                and (
                  other.retracted_at is null
                  and other.valid_from <= now()
                  and (other.valid_until is null or other.valid_until > now())
                )
              limit 1
            ) other
            where c.workspace_id = $8 and c.memory_id = m.id and c.status = 'OPEN'
            union all
            select c.strength as "strength", other.confidence as "confidence"
            from contradictions c
            cross join lateral (
              select *
              from memories other
              where other.workspace_id = $9
                and other.id = c.memory_id
                and (
                  other.retracted_at is null
                  and other.valid_from <= now()
                  and (other.valid_until is null or other.valid_until > now())
                )
              limit 1
            ) other
            where c.workspace_id = $10 and c.by_id = m.id and c.status = 'OPEN'
          ) counting
        )
      )
  )
);

commit;
