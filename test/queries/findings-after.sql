begin;

select f.id as "id",
  f.memory_id as "memoryId",
  f.by_id as "byId",
  f.kind as "kind",
  f.score as "score",
  f.reason as "reason",
  f.memory_text as "memoryText",
  f.by_text as "byText",
  f.found_at as "foundAt",
  f.verdict as "verdict",
  f.judged_at as "judgedAt",
  f.judged_by as "judgedBy",
  f.contradiction_id as "contradictionId",
  f.confirmed_by as "confirmedBy",
  (select m.slot from memories m where m.workspace_id = f.workspace_id and m.id = f.memory_id limit 1) as "suggestedSlot"
from findings f
where f.workspace_id = $1
  and not f.is_hidden
  and f.verdict is null
  and f.found_at <= $2::timestamptz
  and exists (
    select
    from memories side
    where side.workspace_id = $3
      and side.id = f.memory_id
      and (
        case
          when side.retracted_at is not null then case
          when side.is_corrected then 'CORRECTED'
          else 'RETRACTED'
          end
          when side.expires_at <= now() then 'EXPIRED'
          when side.archived_at is not null then 'ARCHIVED'
          when side.valid_until <= now() then 'ENDED'
          when side.valid_from > now() then 'UPCOMING'
          when (
            side.is_contested
            and (
              side.retracted_at is null
              and side.valid_from <= now()
              and (side.valid_until is null or side.valid_until > now())
            )
            and exists (
              select 1
              from (
                select c.strength as "strength", other.confidence as "confidence"
                from contradictions c
                cross join lateral (
                  select *
                  from memories other
                  where other.workspace_id = $4
                    and other.id = c.by_id
                    and (
                      other.retracted_at is null
                      and other.valid_from <= now()
                      and (other.valid_until is null or other.valid_until > now())
                    )
                  limit 1
                ) other
                where c.workspace_id = $5 and c.memory_id = side.id and c.status = 'OPEN'
                union all
                select c.strength as "strength", other.confidence as "confidence"
                from contradictions c
                cross join lateral (
                  select *
                  from memories other
                  where other.workspace_id = $6
                    and other.id = c.memory_id
                    and (
                      other.retracted_at is null
                      and other.valid_from <= now()
                      and (other.valid_until is null or other.valid_until > now())
                    )
                  limit 1
                ) other
                where c.workspace_id = $7 and c.by_id = side.id and c.status = 'OPEN'
              ) counting
            )
          ) then 'DISPUTED'
          else 'ACTIVE'
          end
      ) = any($8::text[])
    offset 0
  )
  and exists (
    select
    from memories side
    where side.workspace_id = $9
      and side.id = f.by_id
      and (
        case
          when side.retracted_at is not null then case
          when side.is_corrected then 'CORRECTED'
          else 'RETRACTED'
          end
          when side.expires_at <= now() then 'EXPIRED'
          when side.archived_at is not null then 'ARCHIVED'
          when side.valid_until <= now() then 'ENDED'
          when side.valid_from > now() then 'UPCOMING'
          when (
            side.is_contested
            and (
              side.retracted_at is null
              and side.valid_from <= now()
              and (side.valid_until is null or side.valid_until > now())
            )
            and exists (
              select 1
              from (
                select c.strength as "strength", other.confidence as "confidence"
                from contradictions c
                cross join lateral (
                  select *
                  from memories other
                  where other.workspace_id = $10
                    and other.id = c.by_id
                    and (
                      other.retracted_at is null
                      and other.valid_from <= now()
                      and (other.valid_until is null or other.valid_until > now())
                    )
                  limit 1
                ) other
                where c.workspace_id = $11 and c.memory_id = side.id and c.status = 'OPEN'
                union all
                select c.strength as "strength", other.confidence as "confidence"
                from contradictions c
                cross join lateral (
                  select *
                  from memories other
                  where other.workspace_id = $12
                    and other.id = c.memory_id
                    and (
                      other.retracted_at is null
                      and other.valid_from <= now()
                      and (other.valid_until is null or other.valid_until > now())
                    )
                  limit 1
                ) other
                where c.workspace_id = $13 and c.by_id = side.id and c.status = 'OPEN'
              ) counting
            )
          ) then 'DISPUTED'
          else 'ACTIVE'
          end
      ) = any($14::text[])
    offset 0
  )
  and (f.score, f.id) < ($15::text::float8, $16::uuid)
order by f.score desc, f.id desc
limit $17;

commit;
