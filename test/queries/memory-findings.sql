begin;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

select parent.lineage as parent,
  f.id as "id",
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
from unnest($1::uuid[]) with ordinality parent (lineage, place)
cross join lateral (
  select f.id as found, row_number() over (order by f.score desc, f.id desc) as place
  from (
    select f.id, f.score
    from (
      select * from findings f where f.workspace_id = $2 and f.memory_lineage_id = parent.lineage offset 0
    ) f
    where f.workspace_id = $3
      and not f.is_hidden
      and f.verdict is null
      and exists (
        select
        from memories side
        where side.workspace_id = $4
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
                      where other.workspace_id = $5
                        and other.id = c.by_id
                        and (
                          other.retracted_at is null
                          and other.valid_from <= now()
                          and (other.valid_until is null or other.valid_until > now())
                        )
                      limit 1
                    ) other
                    where c.workspace_id = $6 and c.memory_id = side.id and c.status = 'OPEN'
                    union all
                    select c.strength as "strength", other.confidence as "confidence"
                    from contradictions c
                    cross join lateral (
                      select *
                      from memories other
                      where other.workspace_id = $7
                        and other.id = c.memory_id
                        and (
                          other.retracted_at is null
                          and other.valid_from <= now()
                          and (other.valid_until is null or other.valid_until > now())
                        )
                      limit 1
                    ) other
                    where c.workspace_id = $8 and c.by_id = side.id and c.status = 'OPEN'
                  ) counting
                )
              ) then 'DISPUTED'
              else 'ACTIVE'
              end
          ) = any($9::text[])
        offset 0
      )
      and exists (
        select
        from memories side
        where side.workspace_id = $10
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
                      where other.workspace_id = $11
                        and other.id = c.by_id
                        and (
                          other.retracted_at is null
                          and other.valid_from <= now()
                          and (other.valid_until is null or other.valid_until > now())
                        )
                      limit 1
                    ) other
                    where c.workspace_id = $12 and c.memory_id = side.id and c.status = 'OPEN'
                    union all
                    select c.strength as "strength", other.confidence as "confidence"
                    from contradictions c
                    cross join lateral (
                      select *
                      from memories other
                      where other.workspace_id = $13
                        and other.id = c.memory_id
                        and (
                          other.retracted_at is null
                          and other.valid_from <= now()
                          and (other.valid_until is null or other.valid_until > now())
                        )
                      limit 1
                    ) other
                    where c.workspace_id = $14 and c.by_id = side.id and c.status = 'OPEN'
                  ) counting
                )
              ) then 'DISPUTED'
              else 'ACTIVE'
              end
          ) = any($15::text[])
        offset 0
      )
    union all
    select f.id, f.score
    from (select * from findings f where f.workspace_id = $16 and f.by_lineage_id = parent.lineage offset 0) f
    where f.workspace_id = $17
      and not f.is_hidden
      and f.verdict is null
      and exists (
        select
        from memories side
        where side.workspace_id = $18
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
                      where other.workspace_id = $19
                        and other.id = c.by_id
                        and (
                          other.retracted_at is null
                          and other.valid_from <= now()
                          and (other.valid_until is null or other.valid_until > now())
                        )
                      limit 1
                    ) other
                    where c.workspace_id = $20 and c.memory_id = side.id and c.status = 'OPEN'
                    union all
                    select c.strength as "strength", other.confidence as "confidence"
                    from contradictions c
                    cross join lateral (
                      select *
                      from memories other
                      where other.workspace_id = $21
                        and other.id = c.memory_id
                        and (
                          other.retracted_at is null
                          and other.valid_from <= now()
                          and (other.valid_until is null or other.valid_until > now())
                        )
                      limit 1
                    ) other
                    where c.workspace_id = $22 and c.by_id = side.id and c.status = 'OPEN'
                  ) counting
                )
              ) then 'DISPUTED'
              else 'ACTIVE'
              end
          ) = any($23::text[])
        offset 0
      )
      and exists (
        select
        from memories side
        where side.workspace_id = $24
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
                      where other.workspace_id = $25
                        and other.id = c.by_id
                        and (
                          other.retracted_at is null
                          and other.valid_from <= now()
                          and (other.valid_until is null or other.valid_until > now())
                        )
                      limit 1
                    ) other
                    where c.workspace_id = $26 and c.memory_id = side.id and c.status = 'OPEN'
                    union all
                    select c.strength as "strength", other.confidence as "confidence"
                    from contradictions c
                    cross join lateral (
                      select *
                      from memories other
                      where other.workspace_id = $27
                        and other.id = c.memory_id
                        and (
                          other.retracted_at is null
                          and other.valid_from <= now()
                          and (other.valid_until is null or other.valid_until > now())
                        )
                      limit 1
                    ) other
                    where c.workspace_id = $28 and c.by_id = side.id and c.status = 'OPEN'
                  ) counting
                )
              ) then 'DISPUTED'
              else 'ACTIVE'
              end
          ) = any($29::text[])
        offset 0
      )
  ) f
  where true
  order by f.score desc, f.id desc
  limit $30
) page
cross join lateral (select * from findings f where f.workspace_id = $31 and f.id = page.found limit 1) f
order by parent.place, page.place;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

select parent.lineage as parent,
  (
    select count(*)::int
    from (
      select f.id, f.score
      from (
        select * from findings f where f.workspace_id = $1 and f.memory_lineage_id = parent.lineage offset 0
      ) f
      where f.workspace_id = $2
        and not f.is_hidden
        and f.verdict is null
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
      union all
      select f.id, f.score
      from (select * from findings f where f.workspace_id = $15 and f.by_lineage_id = parent.lineage offset 0) f
      where f.workspace_id = $16
        and not f.is_hidden
        and f.verdict is null
        and exists (
          select
          from memories side
          where side.workspace_id = $17
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
                        where other.workspace_id = $18
                          and other.id = c.by_id
                          and (
                            other.retracted_at is null
                            and other.valid_from <= now()
                            and (other.valid_until is null or other.valid_until > now())
                          )
                        limit 1
                      ) other
                      where c.workspace_id = $19 and c.memory_id = side.id and c.status = 'OPEN'
                      union all
                      select c.strength as "strength", other.confidence as "confidence"
                      from contradictions c
                      cross join lateral (
                        select *
                        from memories other
                        where other.workspace_id = $20
                          and other.id = c.memory_id
                          and (
                            other.retracted_at is null
                            and other.valid_from <= now()
                            and (other.valid_until is null or other.valid_until > now())
                          )
                        limit 1
                      ) other
                      where c.workspace_id = $21 and c.by_id = side.id and c.status = 'OPEN'
                    ) counting
                  )
                ) then 'DISPUTED'
                else 'ACTIVE'
                end
            ) = any($22::text[])
          offset 0
        )
        and exists (
          select
          from memories side
          where side.workspace_id = $23
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
                        where other.workspace_id = $24
                          and other.id = c.by_id
                          and (
                            other.retracted_at is null
                            and other.valid_from <= now()
                            and (other.valid_until is null or other.valid_until > now())
                          )
                        limit 1
                      ) other
                      where c.workspace_id = $25 and c.memory_id = side.id and c.status = 'OPEN'
                      union all
                      select c.strength as "strength", other.confidence as "confidence"
                      from contradictions c
                      cross join lateral (
                        select *
                        from memories other
                        where other.workspace_id = $26
                          and other.id = c.memory_id
                          and (
                            other.retracted_at is null
                            and other.valid_from <= now()
                            and (other.valid_until is null or other.valid_until > now())
                          )
                        limit 1
                      ) other
                      where c.workspace_id = $27 and c.by_id = side.id and c.status = 'OPEN'
                    ) counting
                  )
                ) then 'DISPUTED'
                else 'ACTIVE'
                end
            ) = any($28::text[])
          offset 0
        )
    ) f
  ) as count
from unnest($29::uuid[]) parent (lineage);

commit;
