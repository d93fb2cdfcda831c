begin;

select m.id as "id",
  m.lineage_id as "lineageId",
  m.companion_id as "companionId",
  m.user_id as "userId",
  m.access_count as "accessCount",
  m.archived_at as "archivedAt",
  (
    case when m.is_contested
      and m.confidence > 1e-100::float8
      and (
        m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now())
      ) then coalesce(
        (
          select least(m.confidence, 0.99::float8) * p / (
            1 - least(m.confidence, 0.99::float8) + least(m.confidence, 0.99::float8) * p
          )
          from (
            select exp(
              case
                when count(*) > 0 then greatest(
                  -200::float8,
                  sum(
                    case
                      when least(counting."strength", counting."confidence") <= 1e-100::float8 then 0
                      else ln(1 - counting."strength" * least(counting."confidence", 0.99::float8))
                      end
                    order by case
                      when least(counting."strength", counting."confidence") <= 1e-100::float8 then 0
                      else ln(1 - counting."strength" * least(counting."confidence", 0.99::float8))
                      end
                  )
                )
                end
            ) as p
            from (
              select c.strength as "strength", other.confidence as "confidence"
              from contradictions c
              cross join lateral (
                select *
                from memories other
                where other.workspace_id = $1
                  and other.id = c.by_id
                  and (
                    other.retracted_at is null
                    and other.valid_from <= now()
                    and (other.valid_until is null or other.valid_until > now())
                  )
                limit 1
              ) other
              where c.workspace_id = $2 and c.memory_id = m.id and c.status = 'OPEN'
              union all
              select c.strength as "strength", other.confidence as "confidence"
              from contradictions c
              cross join lateral (
                select *
                from memories other
                where other.workspace_id = $3
                  and other.id = c.memory_id
                  and (
                    other.retracted_at is null
                    and other.valid_from <= now()
                    and (other.valid_until is null or other.valid_until > now())
                  )
                limit 1
              ) other
              where c.workspace_id = $4 and c.by_id = m.id and c.status = 'OPEN'
            ) counting
          ) contradicted
        ),
        m.confidence
      )
        else m.confidence
        end
  ) as "confidence",
  m.content as "content",
  m.context as "context",
  m.expires_at as "expiresAt",
  (
    select case
      when m.importance <= (
        case when p.half_life_days is null then 'Infinity'::float8 else p.floor + 1e-100::float8 end
      ) then m.importance
      else p.floor + (m.importance - p.floor) * power(
        2::float8,
        -least(
          200::float8,
          greatest(0, date_part('epoch', date_trunc('milliseconds', now()) - m.importance_as_of)) / 86400 / (
            p.half_life_days * (1 + p.access_stretch * ln(1 + m.access_count::float8))
          )
        )
      )
      end
    from decay_policies p
    where p.workspace_id = $5 and p.type = m.type
  ) as "importance",
  m.last_accessed_at as "lastAccessedAt",
  m.recorded_at as "recordedAt",
  m.retracted_at as "retractedAt",
  m.slot as "slot",
  m.confidence as "statedConfidence",
  (
    case
      when m.retracted_at is not null then case
      when m.is_corrected then 'CORRECTED'
      else 'RETRACTED'
      end
      when m.expires_at <= now() then 'EXPIRED'
      when m.archived_at is not null then 'ARCHIVED'
      when m.valid_until <= now() then 'ENDED'
      when m.valid_from > now() then 'UPCOMING'
      when (
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
              where other.workspace_id = $6
                and other.id = c.by_id
                and (
                  other.retracted_at is null
                  and other.valid_from <= now()
                  and (other.valid_until is null or other.valid_until > now())
                )
              limit 1
            ) other
            where c.workspace_id = $7 and c.memory_id = m.id and c.status = 'OPEN'
            union all
            select c.strength as "strength", other.confidence as "confidence"
            from contradictions c
            cross join lateral (
              select *
              from memories other
              where other.workspace_id = $8
                and other.id = c.memory_id
                and (
                  other.retracted_at is null
                  and other.valid_from <= now()
                  and (other.valid_until is null or other.valid_until > now())
                )
              limit 1
            ) other
            where c.workspace_id = $9 and c.by_id = m.id and c.status = 'OPEN'
          ) counting
        )
      ) then 'DISPUTED'
      else 'ACTIVE'
      end
  ) as "status",
  m.summary as "summary",
  m.type as "type",
  m.updated_at as "updatedAt",
  m.valid_from as "validFrom",
  m.valid_until as "validUntil"
from memories m
where m.workspace_id = $10 and m.id = any($11::uuid[]);

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

select distinct on (m.lineage_id) m.id as "id",
  m.lineage_id as "lineageId",
  m.companion_id as "companionId",
  m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.lineage_id = any($2::uuid[])
order by m.lineage_id,
  (m.retracted_at is null and m.valid_from <= now() and (m.valid_until is null or m.valid_until > now())) desc,
  m.retracted_at desc nulls first,
  m.valid_from <= now() desc,
  m.valid_from desc;

select "d0"."key" as "key", "d0"."workspace_id" as "workspaceId", "d0"."id" as "id"
from "companions" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2));

select "d0"."external_id" as "externalId", "d0"."workspace_id" as "workspaceId", "d0"."id" as "id"
from "users" as "d0"
where ("d0"."workspace_id", "d0"."id") in (($1, $2));

commit;
