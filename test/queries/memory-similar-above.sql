begin;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

with parent as materialized (
  select p.*, e.embedding as "embedding"
  from jsonb_to_recordset($1::jsonb) as p (
    "id" uuid, "lineageId" uuid, "companionId" uuid, "userId" uuid, "isIndexed" boolean
  )
  join memory_embeddings e on e.workspace_id = $2
    and e.memory_id = p."id"
    and e.model = $3
    and e.dimension = $4
)
select parent."id" as "parent",
  1 - nearest.distance as similarity,
  m.id as "m.id",
  m.lineage_id as "m.lineageId",
  m.companion_id as "m.companionId",
  m.user_id as "m.userId"
from parent
cross join lateral (
  select *
  from (
    (
      select found.id, distance
      from (
        select e.memory_id as "id", e.distance
        from (
          select e.memory_id, e.embedding <=> parent."embedding"::vector as distance
          from memory_embeddings e
          where parent."isIndexed" = $5
            and e.workspace_id = $6
            and e.companion_id = parent."companionId"
            and e.user_id = parent."userId"
            and e.model = $7
            and e.dimension = $8
            and true
          order by distance, e.memory_id
          offset 0
        ) e
        cross join lateral (
          select
          from memories m
          where m.workspace_id = $9
            and m.id = e.memory_id
            and m.lineage_id <> parent."lineageId"
            and (
              (
                m.retracted_at is null
                and m.valid_from <= now()
                and (m.valid_until is null or m.valid_until > now())
              )
              and m.archived_at is null
              and (m.expires_at is null or m.expires_at > now())
            )
          limit 1
        ) m
        order by e.distance, e.memory_id
        limit $10
      ) found
    )
    union all
    (
      select found.id, distance
      from (
        select e.memory_id as "id", e.distance
        from (
          select e.memory_id, e.embedding <=> parent."embedding"::vector as distance
          from memory_embeddings e
          where parent."isIndexed" = $11
            and e.workspace_id = $12
            and e.companion_id = parent."companionId"
            and parent."userId" is null
            and e.user_id is null
            and e.model = $13
            and e.dimension = $14
            and true
          order by distance, e.memory_id
          offset 0
        ) e
        cross join lateral (
          select
          from memories m
          where m.workspace_id = $15
            and m.id = e.memory_id
            and m.lineage_id <> parent."lineageId"
            and (
              (
                m.retracted_at is null
                and m.valid_from <= now()
                and (m.valid_until is null or m.valid_until > now())
              )
              and m.archived_at is null
              and (m.expires_at is null or m.expires_at > now())
            )
          limit 1
        ) m
        order by e.distance, e.memory_id
        limit $16
      ) found
    )
  ) nearest
  where 1 - distance >= $17::text::float8
  order by distance, nearest.id
  limit $18
) nearest
cross join lateral (select * from memories m where m.workspace_id = $19 and m.id = nearest.id limit 1) m
order by parent."id", nearest.distance, nearest.id;

commit;
