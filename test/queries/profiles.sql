begin;

select p.id as "id",
  p.companion_id as "companionId",
  p.user_id as "userId",
  p.entity_id as "entityId",
  p.summary_lineage_id as "summaryLineageId",
  p.created_at as "createdAt",
  p.refreshed_at as "refreshedAt",
  m.id as "summaryId"
from profiles p
cross join lateral (
  select *
  from memories m
  where m.workspace_id = $1
    and m.lineage_id = p.summary_lineage_id
    and (
      (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now()))
      and m.archived_at is null
      and (m.expires_at is null or m.expires_at > now())
    )
  limit 1
) m
where p.workspace_id = $2
  and p.companion_id = (select c.id from companions c where c.workspace_id = $3 and c.key = $4)
order by p.created_at asc, p.id asc
limit $5;

select m.id as "id",
  m.lineage_id as "lineageId",
  m.companion_id as "companionId",
  m.user_id as "userId",
  m.content as "content"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

select p.id as "profileId", m.id as "id"
from profiles p
cross join lateral (
  select l.id, l.slot
  from lineages l
  where l.workspace_id = $1
    and l.companion_id = p.companion_id
    and coalesce(l.user_id, '00000000-0000-0000-0000-000000000000'::uuid) = coalesce(
      p.user_id, '00000000-0000-0000-0000-000000000000'::uuid
    )
    and l.slot is not null
  order by l.slot
  limit 100
) l
cross join lateral (
  select *
  from memories m
  where m.workspace_id = $2
    and m.lineage_id = l.id
    and (
      (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now()))
      and m.archived_at is null
      and (m.expires_at is null or m.expires_at > now())
    )
  limit 1
) m
where p.workspace_id = $3
  and p.id = any($4::uuid[])
  and (
    p.entity_id is null
    or exists (
      select from mentions y where y.workspace_id = $5 and y.memory_id = m.id and y.entity_id = p.entity_id
    )
  )
order by p.id, l.slot, m.id;

select p.id as "id",
  p.total as "total",
  p.covered as "covered",
  later.count as "later",
  changed.is as "isChanged"
from profiles p
cross join lateral (
  select count(*)::int as count
  from (
    (
      select *
      from memories n
      where n.workspace_id = $1 and n.user_id = p.user_id and n.recorded_at > p.refreshed_at
      order by n.recorded_at
      limit 100
    )
    union all
    (
      select *
      from memories n
      where n.workspace_id = $2
        and p.user_id is null
        and n.companion_id = p.companion_id
        and n.recorded_at > p.refreshed_at
      order by n.recorded_at
      limit 100
    )
  ) m
  where m.companion_id = p.companion_id
    and (m.user_id = p.user_id or (m.user_id is null and p.user_id is null))
    and (
      (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now()))
      and m.archived_at is null
      and (m.expires_at is null or m.expires_at > now())
    )
    and m.type <> 'REFLECTION'
    and (
      p.entity_id is null
      or exists (
        select from mentions y where y.workspace_id = $3 and y.memory_id = m.id and y.entity_id = p.entity_id
      )
    )
) later
cross join lateral (
  select (
    select count(*)
    from summary_sources x
    where x.workspace_id = $4 and x.summary_lineage_id = p.summary_lineage_id and x.is_member
  ) <> coalesce(
    (select s.size from summaries s where s.workspace_id = $5 and s.lineage_id = p.summary_lineage_id), 0
  )
    or exists (
      select
      from summary_sources x
      where x.workspace_id = $6
        and x.summary_lineage_id = p.summary_lineage_id
        and x.is_member
        and not exists (
          select
          from (select * from memories m where m.workspace_id = $7 and m.id = x.source_id offset 0) m
          where (
            (
              m.retracted_at is null
              and m.valid_from <= now()
              and (m.valid_until is null or m.valid_until > now())
            )
            and m.archived_at is null
            and (m.expires_at is null or m.expires_at > now())
          )
        )
    ) as is
) changed
where p.workspace_id = $8 and p.id = any($9::uuid[]);

select p.id as "id",
  p.total as "total",
  to_jsonb(p.centroid) as "centroid",
  later.count as "later",
  encode(vector_send(later.sum), 'base64') as "sum"
from profiles p
cross join lateral (
  select count(v)::int as count, sum(v) as sum
  from (
    select (
      select e.embedding
      from memory_embeddings e
      where e.workspace_id = $1
        and e.memory_id = m.id
        and e.model = p.centroid_model
        and e.dimension = cardinality(p.centroid)
      limit 1
    ) as v
    from (
      (
        select *
        from memories n
        where n.workspace_id = $2 and n.user_id = p.user_id and n.recorded_at > p.refreshed_at
        order by n.recorded_at
        limit 100
      )
      union all
      (
        select *
        from memories n
        where n.workspace_id = $3
          and p.user_id is null
          and n.companion_id = p.companion_id
          and n.recorded_at > p.refreshed_at
        order by n.recorded_at
        limit 100
      )
    ) m
    where m.companion_id = p.companion_id
      and (m.user_id = p.user_id or (m.user_id is null and p.user_id is null))
      and (
        (
          m.retracted_at is null
          and m.valid_from <= now()
          and (m.valid_until is null or m.valid_until > now())
        )
        and m.archived_at is null
        and (m.expires_at is null or m.expires_at > now())
      )
      and m.type <> 'REFLECTION'
      and (
        p.entity_id is null
        or exists (
          select
          from mentions y
          where y.workspace_id = $4 and y.memory_id = m.id and y.entity_id = p.entity_id
        )
      )
    offset 0
  ) found
) later
where p.workspace_id = $5 and p.id = any($6::uuid[]);

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

select p.id as "profileId",
  s.lineage_id as "lineageId",
  m.id as "summaryId",
  s.size as "size",
  p.total as "total",
left(m.content, 500) as "opening"
from profiles p
cross join lateral (
  (
    select *
    from summaries s
    where p.entity_id is null
      and s.workspace_id = $1
      and s.companion_id = p.companion_id
      and (s.user_id = p.user_id or (s.user_id is null and p.user_id is null))
      and s.kind = 0
      and s.size > 0
    order by s.size desc, s.lineage_id
    limit 12
  )
  union all
  (
    select *
    from summaries s
    where p.entity_id is not null
      and s.workspace_id = $2
      and s.lineage_id in (
        select x.summary_lineage_id
        from summary_sources quoted
        join summary_sources x on x.workspace_id = $3
          and x.source_lineage_id = quoted.source_lineage_id
          and x.is_topic
        where quoted.workspace_id = $4
          and quoted.summary_lineage_id = p.summary_lineage_id
          and quoted.is_member
      )
  )
) s
cross join lateral (
  select *
  from memories m
  where m.workspace_id = $5
    and m.lineage_id = s.lineage_id
    and (
      (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now()))
      and m.archived_at is null
      and (m.expires_at is null or m.expires_at > now())
    )
  limit 1
) m
where p.workspace_id = $6 and p.id = any($7::uuid[])
order by p.id, s.size desc, s.lineage_id;

select count(*)::int as count
from profiles p
cross join lateral (
  select *
  from memories m
  where m.workspace_id = $1
    and m.lineage_id = p.summary_lineage_id
    and (
      (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now()))
      and m.archived_at is null
      and (m.expires_at is null or m.expires_at > now())
    )
  limit 1
) m
where p.workspace_id = $2
  and p.companion_id = (select c.id from companions c where c.workspace_id = $3 and c.key = $4);

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

select x.summary_lineage_id as "parent", m.id as "id"
from summary_sources x
cross join lateral (
  select *
  from memories m
  where m.workspace_id = $1
    and m.lineage_id = x.source_lineage_id
    and (
      (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now()))
      and m.archived_at is null
      and (m.expires_at is null or m.expires_at > now())
    )
  limit 1
) m
where x.workspace_id = $2 and x.summary_lineage_id = any($3::uuid[]) and x.line is not null
order by x.summary_lineage_id, x.line;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

select "d0"."external_id" as "externalId", "d0"."workspace_id" as "workspaceId", "d0"."id" as "id"
from "users" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2));

commit;
