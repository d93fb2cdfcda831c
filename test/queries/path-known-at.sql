begin;

select m.id as "id",
  m.lineage_id as "lineageId",
  m.companion_id as "companionId",
  m.user_id as "userId",
  exists (
    select
    from (
      (
        select workspace_id,
          id,
          lineage_id,
          companion_id,
          user_id,
          type,
          content,
          content_fold,
          summary,
          slot,
          context,
          confidence,
          importance,
          importance_as_of,
          access_count,
          last_accessed_at,
          valid_from,
          stated_until,
          valid_until,
          recorded_at,
          retracted_at,
          expires_at,
          archived_at,
          updated_at,
          known_from,
          search,
          is_corrected,
          is_contested,
          analysis
        from memories
        where workspace_id = $1 and known_from <= $2::timestamptz
      )
      union all
      (
        select workspace_id,
          id,
          lineage_id,
          companion_id,
          user_id,
          type,
          content,
          content_fold,
          summary,
          slot,
          context,
          confidence,
          importance,
          importance_as_of,
          access_count,
          last_accessed_at,
          valid_from,
          stated_until,
          valid_until,
          recorded_at,
          retracted_at,
          expires_at,
          archived_at,
          updated_at,
          known_from,
          search,
          is_corrected,
          is_contested,
          analysis
        from "memories_history"
        where workspace_id = $3 and known_from <= $4::timestamptz and "known_until" > $5::timestamptz
      )
    ) version
    where version.workspace_id = $6
      and version.lineage_id = m.lineage_id
      and (
        version.retracted_at is null
        and version.valid_from <= $7::timestamptz
        and (version.valid_until is null or version.valid_until > $8::timestamptz)
      )
    offset 0
  ) as holds,
  (
    m.retracted_at is null
    and m.valid_from <= $9::timestamptz
    and (m.valid_until is null or m.valid_until > $10::timestamptz)
  ) as "isHolding"
from (
  (
    select workspace_id,
      id,
      lineage_id,
      companion_id,
      user_id,
      type,
      content,
      content_fold,
      summary,
      slot,
      context,
      confidence,
      importance,
      importance_as_of,
      access_count,
      last_accessed_at,
      valid_from,
      stated_until,
      valid_until,
      recorded_at,
      retracted_at,
      expires_at,
      archived_at,
      updated_at,
      known_from,
      search,
      is_corrected,
      is_contested,
      analysis
    from memories
    where workspace_id = $11 and known_from <= $12::timestamptz
  )
  union all
  (
    select workspace_id,
      id,
      lineage_id,
      companion_id,
      user_id,
      type,
      content,
      content_fold,
      summary,
      slot,
      context,
      confidence,
      importance,
      importance_as_of,
      access_count,
      last_accessed_at,
      valid_from,
      stated_until,
      valid_until,
      recorded_at,
      retracted_at,
      expires_at,
      archived_at,
      updated_at,
      known_from,
      search,
      is_corrected,
      is_contested,
      analysis
    from "memories_history"
    where workspace_id = $13 and known_from <= $14::timestamptz and "known_until" > $15::timestamptz
  )
) m
where m.workspace_id = $16 and m.id = any($17::uuid[]);

with ahead as materialized (
  select parent.lineage as "origin", found."far" as "far", found."strength" as "strength"
  from unnest($1::uuid[]) parent (lineage)
  cross join lateral (
    (
      select r.to_lineage_id as "far", r.strength as "strength"
      from (
        select *
        from (
          select workspace_id,
            id,
            from_lineage_id,
            to_lineage_id,
            from_memory_id,
            to_memory_id,
            type,
            strength,
            metadata,
            recorded_at,
            retracted_at,
            known_from
          from relations
          where workspace_id = $2 and known_from <= $3::timestamptz
        ) r
        where r.workspace_id = $4 and r.from_lineage_id = parent.lineage and r.retracted_at is null
        offset 0
      ) r
      where r.type <> 'CORRECTS'
    )
    union all
    (
      select r.to_lineage_id as "far", r.strength as "strength"
      from (
        select *
        from (
          select workspace_id,
            id,
            from_lineage_id,
            to_lineage_id,
            from_memory_id,
            to_memory_id,
            type,
            strength,
            metadata,
            recorded_at,
            retracted_at,
            known_from
          from "relations_history"
          where workspace_id = $5 and known_from <= $6::timestamptz and "known_until" > $7::timestamptz
        ) r
        where r.workspace_id = $8 and r.from_lineage_id = parent.lineage and r.retracted_at is null
        offset 0
      ) r
      where r.type <> 'CORRECTS'
    )
    union all
    (
      select r.from_lineage_id as "far", r.strength as "strength"
      from (
        select *
        from (
          select workspace_id,
            id,
            from_lineage_id,
            to_lineage_id,
            from_memory_id,
            to_memory_id,
            type,
            strength,
            metadata,
            recorded_at,
            retracted_at,
            known_from
          from relations
          where workspace_id = $9 and known_from <= $10::timestamptz
        ) r
        where r.workspace_id = $11 and r.to_lineage_id = parent.lineage and r.retracted_at is null
        offset 0
      ) r
      where r.type <> 'CORRECTS'
    )
    union all
    (
      select r.from_lineage_id as "far", r.strength as "strength"
      from (
        select *
        from (
          select workspace_id,
            id,
            from_lineage_id,
            to_lineage_id,
            from_memory_id,
            to_memory_id,
            type,
            strength,
            metadata,
            recorded_at,
            retracted_at,
            known_from
          from "relations_history"
          where workspace_id = $12 and known_from <= $13::timestamptz and "known_until" > $14::timestamptz
        ) r
        where r.workspace_id = $15 and r.to_lineage_id = parent.lineage and r.retracted_at is null
        offset 0
      ) r
      where r.type <> 'CORRECTS'
    )
  ) found
  limit $16
),
  next as materialized (
    select next.*
    from (select * from ahead where (ahead."far" in (select unnest($17::uuid[]))) is true offset 0) next
  ),
  behind as materialized (
    select *
    from (
      select parent.lineage as "origin", found."far" as "far", found."strength" as "strength"
      from unnest($18::uuid[]) parent (lineage)
      cross join lateral (
        (
          select r.to_lineage_id as "far", r.strength as "strength"
          from (
            select *
            from (
              select workspace_id,
                id,
                from_lineage_id,
                to_lineage_id,
                from_memory_id,
                to_memory_id,
                type,
                strength,
                metadata,
                recorded_at,
                retracted_at,
                known_from
              from relations
              where workspace_id = $19 and known_from <= $20::timestamptz
            ) r
            where r.workspace_id = $21 and r.from_lineage_id = parent.lineage and r.retracted_at is null
            offset 0
          ) r
          where r.type <> 'CORRECTS'
        )
        union all
        (
          select r.to_lineage_id as "far", r.strength as "strength"
          from (
            select *
            from (
              select workspace_id,
                id,
                from_lineage_id,
                to_lineage_id,
                from_memory_id,
                to_memory_id,
                type,
                strength,
                metadata,
                recorded_at,
                retracted_at,
                known_from
              from "relations_history"
              where workspace_id = $22 and known_from <= $23::timestamptz and "known_until" > $24::timestamptz
            ) r
            where r.workspace_id = $25 and r.from_lineage_id = parent.lineage and r.retracted_at is null
            offset 0
          ) r
          where r.type <> 'CORRECTS'
        )
        union all
        (
          select r.from_lineage_id as "far", r.strength as "strength"
          from (
            select *
            from (
              select workspace_id,
                id,
                from_lineage_id,
                to_lineage_id,
                from_memory_id,
                to_memory_id,
                type,
                strength,
                metadata,
                recorded_at,
                retracted_at,
                known_from
              from relations
              where workspace_id = $26 and known_from <= $27::timestamptz
            ) r
            where r.workspace_id = $28 and r.to_lineage_id = parent.lineage and r.retracted_at is null
            offset 0
          ) r
          where r.type <> 'CORRECTS'
        )
        union all
        (
          select r.from_lineage_id as "far", r.strength as "strength"
          from (
            select *
            from (
              select workspace_id,
                id,
                from_lineage_id,
                to_lineage_id,
                from_memory_id,
                to_memory_id,
                type,
                strength,
                metadata,
                recorded_at,
                retracted_at,
                known_from
              from "relations_history"
              where workspace_id = $29 and known_from <= $30::timestamptz and "known_until" > $31::timestamptz
            ) r
            where r.workspace_id = $32 and r.to_lineage_id = parent.lineage and r.retracted_at is null
            offset 0
          ) r
          where r.type <> 'CORRECTS'
        )
      ) found
      limit $33
    ) behind
    where not exists (select from next)
  ),
  between as materialized (
    select distinct ahead."far" as far
    from ahead
    where (ahead."far" in (select behind."far" from behind)) is true
  )
select 'next' as way,
  next."origin" as "origin",
  encode(string_agg(uuid_send(next."far"), ''), 'hex') as "fars",
  encode(string_agg(float8send(next."strength"), ''), 'hex') as "strengths",
  0 as count
from next
group by next."origin"
union all
select 'ahead',
  ahead."origin" as "origin",
  encode(string_agg(uuid_send(ahead."far"), ''), 'hex') as "fars",
  encode(string_agg(float8send(ahead."strength"), ''), 'hex') as "strengths",
  0
from ahead
where exists (select far from between) and (ahead."far" in (select far from between)) is true
group by ahead."origin"
union all
select 'behind',
  behind."origin" as "origin",
  encode(string_agg(uuid_send(behind."far"), ''), 'hex') as "fars",
  encode(string_agg(float8send(behind."strength"), ''), 'hex') as "strengths",
  0
from behind
where exists (select far from between) and (behind."far" in (select far from between)) is true
group by behind."origin"
union all
select 'followed', followed.*, 0
from (
  select packed.*
  from (
    select ahead."origin" as "origin",
      encode(string_agg(uuid_send(ahead."far"), ''), 'hex') as "fars",
      encode(string_agg(float8send(ahead."strength"), ''), 'hex') as "strengths"
    from (select * from ahead where not exists (select from next) and not exists (select far from between)) ahead
    group by ahead."origin"
  ) packed
) followed
union all
select 'count', null, null, null, (select count(*) from ahead)::int + (select count(*) from behind)::int;

with ahead as materialized (
  select parent.lineage as "origin", found."far" as "far", found."strength" as "strength"
  from unnest($1::uuid[]) parent (lineage)
  cross join lateral (
    (
      select r.to_lineage_id as "far", r.strength as "strength"
      from (
        select *
        from (
          select workspace_id,
            id,
            from_lineage_id,
            to_lineage_id,
            from_memory_id,
            to_memory_id,
            type,
            strength,
            metadata,
            recorded_at,
            retracted_at,
            known_from
          from relations
          where workspace_id = $2 and known_from <= $3::timestamptz
        ) r
        where r.workspace_id = $4 and r.from_lineage_id = parent.lineage and r.retracted_at is null
        offset 0
      ) r
      where r.type <> 'CORRECTS'
    )
    union all
    (
      select r.to_lineage_id as "far", r.strength as "strength"
      from (
        select *
        from (
          select workspace_id,
            id,
            from_lineage_id,
            to_lineage_id,
            from_memory_id,
            to_memory_id,
            type,
            strength,
            metadata,
            recorded_at,
            retracted_at,
            known_from
          from "relations_history"
          where workspace_id = $5 and known_from <= $6::timestamptz and "known_until" > $7::timestamptz
        ) r
        where r.workspace_id = $8 and r.from_lineage_id = parent.lineage and r.retracted_at is null
        offset 0
      ) r
      where r.type <> 'CORRECTS'
    )
    union all
    (
      select r.from_lineage_id as "far", r.strength as "strength"
      from (
        select *
        from (
          select workspace_id,
            id,
            from_lineage_id,
            to_lineage_id,
            from_memory_id,
            to_memory_id,
            type,
            strength,
            metadata,
            recorded_at,
            retracted_at,
            known_from
          from relations
          where workspace_id = $9 and known_from <= $10::timestamptz
        ) r
        where r.workspace_id = $11 and r.to_lineage_id = parent.lineage and r.retracted_at is null
        offset 0
      ) r
      where r.type <> 'CORRECTS'
    )
    union all
    (
      select r.from_lineage_id as "far", r.strength as "strength"
      from (
        select *
        from (
          select workspace_id,
            id,
            from_lineage_id,
            to_lineage_id,
            from_memory_id,
            to_memory_id,
            type,
            strength,
            metadata,
            recorded_at,
            retracted_at,
            known_from
          from "relations_history"
          where workspace_id = $12 and known_from <= $13::timestamptz and "known_until" > $14::timestamptz
        ) r
        where r.workspace_id = $15 and r.to_lineage_id = parent.lineage and r.retracted_at is null
        offset 0
      ) r
      where r.type <> 'CORRECTS'
    )
  ) found
  limit $16
),
  next as materialized (
    select next.*
    from (select * from ahead where (ahead."far" in (select unnest($17::uuid[]))) is true offset 0) next
    cross join lateral (
      select *
      from (
        (
          select workspace_id,
            id,
            lineage_id,
            companion_id,
            user_id,
            type,
            content,
            content_fold,
            summary,
            slot,
            context,
            confidence,
            importance,
            importance_as_of,
            access_count,
            last_accessed_at,
            valid_from,
            stated_until,
            valid_until,
            recorded_at,
            retracted_at,
            expires_at,
            archived_at,
            updated_at,
            known_from,
            search,
            is_corrected,
            is_contested,
            analysis
          from memories
          where workspace_id = $18 and known_from <= $19::timestamptz
        )
        union all
        (
          select workspace_id,
            id,
            lineage_id,
            companion_id,
            user_id,
            type,
            content,
            content_fold,
            summary,
            slot,
            context,
            confidence,
            importance,
            importance_as_of,
            access_count,
            last_accessed_at,
            valid_from,
            stated_until,
            valid_until,
            recorded_at,
            retracted_at,
            expires_at,
            archived_at,
            updated_at,
            known_from,
            search,
            is_corrected,
            is_contested,
            analysis
          from "memories_history"
          where workspace_id = $20 and known_from <= $21::timestamptz and "known_until" > $22::timestamptz
        )
      ) m
      where m.workspace_id = $23
        and m.lineage_id = next."far"
        and (
          (
            m.retracted_at is null
            and m.valid_from <= $24::timestamptz
            and (m.valid_until is null or m.valid_until > $25::timestamptz)
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > $26::timestamptz)
        )
      limit 1
    ) m
  ),
  behind as materialized (
    select *
    from (
      select parent.lineage as "origin", found."far" as "far", found."strength" as "strength"
      from unnest($27::uuid[]) parent (lineage)
      cross join lateral (
        (
          select r.to_lineage_id as "far", r.strength as "strength"
          from (
            select *
            from (
              select workspace_id,
                id,
                from_lineage_id,
                to_lineage_id,
                from_memory_id,
                to_memory_id,
                type,
                strength,
                metadata,
                recorded_at,
                retracted_at,
                known_from
              from relations
              where workspace_id = $28 and known_from <= $29::timestamptz
            ) r
            where r.workspace_id = $30 and r.from_lineage_id = parent.lineage and r.retracted_at is null
            offset 0
          ) r
          where r.type <> 'CORRECTS'
        )
        union all
        (
          select r.to_lineage_id as "far", r.strength as "strength"
          from (
            select *
            from (
              select workspace_id,
                id,
                from_lineage_id,
                to_lineage_id,
                from_memory_id,
                to_memory_id,
                type,
                strength,
                metadata,
                recorded_at,
                retracted_at,
                known_from
              from "relations_history"
              where workspace_id = $31 and known_from <= $32::timestamptz and "known_until" > $33::timestamptz
            ) r
            where r.workspace_id = $34 and r.from_lineage_id = parent.lineage and r.retracted_at is null
            offset 0
          ) r
          where r.type <> 'CORRECTS'
        )
        union all
        (
          select r.from_lineage_id as "far", r.strength as "strength"
          from (
            select *
            from (
              select workspace_id,
                id,
                from_lineage_id,
                to_lineage_id,
                from_memory_id,
                to_memory_id,
                type,
                strength,
                metadata,
                recorded_at,
                retracted_at,
                known_from
              from relations
              where workspace_id = $35 and known_from <= $36::timestamptz
            ) r
            where r.workspace_id = $37 and r.to_lineage_id = parent.lineage and r.retracted_at is null
            offset 0
          ) r
          where r.type <> 'CORRECTS'
        )
        union all
        (
          select r.from_lineage_id as "far", r.strength as "strength"
          from (
            select *
            from (
              select workspace_id,
                id,
                from_lineage_id,
                to_lineage_id,
                from_memory_id,
                to_memory_id,
                type,
                strength,
                metadata,
                recorded_at,
                retracted_at,
                known_from
              from "relations_history"
              where workspace_id = $38 and known_from <= $39::timestamptz and "known_until" > $40::timestamptz
            ) r
            where r.workspace_id = $41 and r.to_lineage_id = parent.lineage and r.retracted_at is null
            offset 0
          ) r
          where r.type <> 'CORRECTS'
        )
      ) found
      limit $42
    ) behind
    where not exists (select from next)
  ),
  between as materialized (
    select distinct ahead."far" as far
    from ahead
    where (ahead."far" in (select behind."far" from behind)) is true
  )
select 'next' as way,
  next."origin" as "origin",
  encode(string_agg(uuid_send(next."far"), ''), 'hex') as "fars",
  encode(string_agg(float8send(next."strength"), ''), 'hex') as "strengths",
  0 as count
from next
group by next."origin"
union all
select 'ahead',
  ahead."origin" as "origin",
  encode(string_agg(uuid_send(ahead."far"), ''), 'hex') as "fars",
  encode(string_agg(float8send(ahead."strength"), ''), 'hex') as "strengths",
  0
from ahead
where exists (select far from between) and (ahead."far" in (select far from between)) is true
group by ahead."origin"
union all
select 'behind',
  behind."origin" as "origin",
  encode(string_agg(uuid_send(behind."far"), ''), 'hex') as "fars",
  encode(string_agg(float8send(behind."strength"), ''), 'hex') as "strengths",
  0
from behind
where exists (select far from between) and (behind."far" in (select far from between)) is true
group by behind."origin"
union all
select 'followed', followed.*, 0
from (
  select packed.*
  from (
    select ahead."origin" as "origin",
      encode(string_agg(uuid_send(ahead."far"), ''), 'hex') as "fars",
      encode(string_agg(float8send(ahead."strength"), ''), 'hex') as "strengths"
    from (select * from ahead where not exists (select from next) and not exists (select far from between)) ahead
    group by ahead."origin"
  ) packed
) followed
union all
select 'count', null, null, null, (select count(*) from ahead)::int + (select count(*) from behind)::int;

with ahead as materialized (
  select parent.lineage as "origin", found."far" as "far", found."strength" as "strength"
  from unnest($1::uuid[]) parent (lineage)
  cross join lateral (
    (
      select r.to_lineage_id as "far", r.strength as "strength"
      from (
        select *
        from (
          select workspace_id,
            id,
            from_lineage_id,
            to_lineage_id,
            from_memory_id,
            to_memory_id,
            type,
            strength,
            metadata,
            recorded_at,
            retracted_at,
            known_from
          from relations
          where workspace_id = $2 and known_from <= $3::timestamptz
        ) r
        where r.workspace_id = $4 and r.from_lineage_id = parent.lineage and r.retracted_at is null
        offset 0
      ) r
      where r.type <> 'CORRECTS'
    )
    union all
    (
      select r.to_lineage_id as "far", r.strength as "strength"
      from (
        select *
        from (
          select workspace_id,
            id,
            from_lineage_id,
            to_lineage_id,
            from_memory_id,
            to_memory_id,
            type,
            strength,
            metadata,
            recorded_at,
            retracted_at,
            known_from
          from "relations_history"
          where workspace_id = $5 and known_from <= $6::timestamptz and "known_until" > $7::timestamptz
        ) r
        where r.workspace_id = $8 and r.from_lineage_id = parent.lineage and r.retracted_at is null
        offset 0
      ) r
      where r.type <> 'CORRECTS'
    )
    union all
    (
      select r.from_lineage_id as "far", r.strength as "strength"
      from (
        select *
        from (
          select workspace_id,
            id,
            from_lineage_id,
            to_lineage_id,
            from_memory_id,
            to_memory_id,
            type,
            strength,
            metadata,
            recorded_at,
            retracted_at,
            known_from
          from relations
          where workspace_id = $9 and known_from <= $10::timestamptz
        ) r
        where r.workspace_id = $11 and r.to_lineage_id = parent.lineage and r.retracted_at is null
        offset 0
      ) r
      where r.type <> 'CORRECTS'
    )
    union all
    (
      select r.from_lineage_id as "far", r.strength as "strength"
      from (
        select *
        from (
          select workspace_id,
            id,
            from_lineage_id,
            to_lineage_id,
            from_memory_id,
            to_memory_id,
            type,
            strength,
            metadata,
            recorded_at,
            retracted_at,
            known_from
          from "relations_history"
          where workspace_id = $12 and known_from <= $13::timestamptz and "known_until" > $14::timestamptz
        ) r
        where r.workspace_id = $15 and r.to_lineage_id = parent.lineage and r.retracted_at is null
        offset 0
      ) r
      where r.type <> 'CORRECTS'
    )
  ) found
  limit $16
),
  next as materialized (
    select next.*
    from (select * from ahead where (ahead."far" in (select unnest($17::uuid[]))) is true offset 0) next
    cross join lateral (
      select *
      from (
        (
          select workspace_id,
            id,
            lineage_id,
            companion_id,
            user_id,
            type,
            content,
            content_fold,
            summary,
            slot,
            context,
            confidence,
            importance,
            importance_as_of,
            access_count,
            last_accessed_at,
            valid_from,
            stated_until,
            valid_until,
            recorded_at,
            retracted_at,
            expires_at,
            archived_at,
            updated_at,
            known_from,
            search,
            is_corrected,
            is_contested,
            analysis
          from memories
          where workspace_id = $18 and known_from <= $19::timestamptz
        )
        union all
        (
          select workspace_id,
            id,
            lineage_id,
            companion_id,
            user_id,
            type,
            content,
            content_fold,
            summary,
            slot,
            context,
            confidence,
            importance,
            importance_as_of,
            access_count,
            last_accessed_at,
            valid_from,
            stated_until,
            valid_until,
            recorded_at,
            retracted_at,
            expires_at,
            archived_at,
            updated_at,
            known_from,
            search,
            is_corrected,
            is_contested,
            analysis
          from "memories_history"
          where workspace_id = $20 and known_from <= $21::timestamptz and "known_until" > $22::timestamptz
        )
      ) m
      where m.workspace_id = $23
        and m.lineage_id = next."far"
        and (
          (
            m.retracted_at is null
            and m.valid_from <= $24::timestamptz
            and (m.valid_until is null or m.valid_until > $25::timestamptz)
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > $26::timestamptz)
        )
      limit 1
    ) m
    cross join lateral (
      select *
      from (
        (
          select workspace_id,
            id,
            lineage_id,
            companion_id,
            user_id,
            type,
            content,
            content_fold,
            summary,
            slot,
            context,
            confidence,
            importance,
            importance_as_of,
            access_count,
            last_accessed_at,
            valid_from,
            stated_until,
            valid_until,
            recorded_at,
            retracted_at,
            expires_at,
            archived_at,
            updated_at,
            known_from,
            search,
            is_corrected,
            is_contested,
            analysis
          from memories
          where workspace_id = $27 and known_from <= $28::timestamptz
        )
        union all
        (
          select workspace_id,
            id,
            lineage_id,
            companion_id,
            user_id,
            type,
            content,
            content_fold,
            summary,
            slot,
            context,
            confidence,
            importance,
            importance_as_of,
            access_count,
            last_accessed_at,
            valid_from,
            stated_until,
            valid_until,
            recorded_at,
            retracted_at,
            expires_at,
            archived_at,
            updated_at,
            known_from,
            search,
            is_corrected,
            is_contested,
            analysis
          from "memories_history"
          where workspace_id = $29 and known_from <= $30::timestamptz and "known_until" > $31::timestamptz
        )
      ) n
      where n.workspace_id = $32
        and n.lineage_id = next."origin"
        and (
          (
            n.retracted_at is null
            and n.valid_from <= $33::timestamptz
            and (n.valid_until is null or n.valid_until > $34::timestamptz)
          )
          and n.archived_at is null
          and (n.expires_at is null or n.expires_at > $35::timestamptz)
        )
      limit 1
    ) n
  ),
  behind as materialized (
    select *
    from (
      select parent.lineage as "origin", found."far" as "far", found."strength" as "strength"
      from unnest($36::uuid[]) parent (lineage)
      cross join lateral (
        (
          select r.to_lineage_id as "far", r.strength as "strength"
          from (
            select *
            from (
              select workspace_id,
                id,
                from_lineage_id,
                to_lineage_id,
                from_memory_id,
                to_memory_id,
                type,
                strength,
                metadata,
                recorded_at,
                retracted_at,
                known_from
              from relations
              where workspace_id = $37 and known_from <= $38::timestamptz
            ) r
            where r.workspace_id = $39 and r.from_lineage_id = parent.lineage and r.retracted_at is null
            offset 0
          ) r
          where r.type <> 'CORRECTS'
        )
        union all
        (
          select r.to_lineage_id as "far", r.strength as "strength"
          from (
            select *
            from (
              select workspace_id,
                id,
                from_lineage_id,
                to_lineage_id,
                from_memory_id,
                to_memory_id,
                type,
                strength,
                metadata,
                recorded_at,
                retracted_at,
                known_from
              from "relations_history"
              where workspace_id = $40 and known_from <= $41::timestamptz and "known_until" > $42::timestamptz
            ) r
            where r.workspace_id = $43 and r.from_lineage_id = parent.lineage and r.retracted_at is null
            offset 0
          ) r
          where r.type <> 'CORRECTS'
        )
        union all
        (
          select r.from_lineage_id as "far", r.strength as "strength"
          from (
            select *
            from (
              select workspace_id,
                id,
                from_lineage_id,
                to_lineage_id,
                from_memory_id,
                to_memory_id,
                type,
                strength,
                metadata,
                recorded_at,
                retracted_at,
                known_from
              from relations
              where workspace_id = $44 and known_from <= $45::timestamptz
            ) r
            where r.workspace_id = $46 and r.to_lineage_id = parent.lineage and r.retracted_at is null
            offset 0
          ) r
          where r.type <> 'CORRECTS'
        )
        union all
        (
          select r.from_lineage_id as "far", r.strength as "strength"
          from (
            select *
            from (
              select workspace_id,
                id,
                from_lineage_id,
                to_lineage_id,
                from_memory_id,
                to_memory_id,
                type,
                strength,
                metadata,
                recorded_at,
                retracted_at,
                known_from
              from "relations_history"
              where workspace_id = $47 and known_from <= $48::timestamptz and "known_until" > $49::timestamptz
            ) r
            where r.workspace_id = $50 and r.to_lineage_id = parent.lineage and r.retracted_at is null
            offset 0
          ) r
          where r.type <> 'CORRECTS'
        )
      ) found
      limit $51
    ) behind
    where not exists (select from next)
  ),
  between as materialized (
    select distinct ahead."far" as far
    from ahead
    where (ahead."far" in (select behind."far" from behind)) is true
  )
select 'next' as way,
  next."origin" as "origin",
  encode(string_agg(uuid_send(next."far"), ''), 'hex') as "fars",
  encode(string_agg(float8send(next."strength"), ''), 'hex') as "strengths",
  0 as count
from next
group by next."origin"
union all
select 'ahead',
  ahead."origin" as "origin",
  encode(string_agg(uuid_send(ahead."far"), ''), 'hex') as "fars",
  encode(string_agg(float8send(ahead."strength"), ''), 'hex') as "strengths",
  0
from ahead
where exists (select far from between) and (ahead."far" in (select far from between)) is true
group by ahead."origin"
union all
select 'behind',
  behind."origin" as "origin",
  encode(string_agg(uuid_send(behind."far"), ''), 'hex') as "fars",
  encode(string_agg(float8send(behind."strength"), ''), 'hex') as "strengths",
  0
from behind
where exists (select far from between) and (behind."far" in (select far from between)) is true
group by behind."origin"
union all
select 'followed', followed.*, 0
from (
  select packed.*
  from (
    select ahead."origin" as "origin",
      encode(string_agg(uuid_send(ahead."far"), ''), 'hex') as "fars",
      encode(string_agg(float8send(ahead."strength"), ''), 'hex') as "strengths"
    from (select * from ahead where not exists (select from next) and not exists (select far from between)) ahead
    group by ahead."origin"
  ) packed
  cross join lateral (
    select *
    from (
      (
        select workspace_id,
          id,
          lineage_id,
          companion_id,
          user_id,
          type,
          content,
          content_fold,
          summary,
          slot,
          context,
          confidence,
          importance,
          importance_as_of,
          access_count,
          last_accessed_at,
          valid_from,
          stated_until,
          valid_until,
          recorded_at,
          retracted_at,
          expires_at,
          archived_at,
          updated_at,
          known_from,
          search,
          is_corrected,
          is_contested,
          analysis
        from memories
        where workspace_id = $52 and known_from <= $53::timestamptz
      )
      union all
      (
        select workspace_id,
          id,
          lineage_id,
          companion_id,
          user_id,
          type,
          content,
          content_fold,
          summary,
          slot,
          context,
          confidence,
          importance,
          importance_as_of,
          access_count,
          last_accessed_at,
          valid_from,
          stated_until,
          valid_until,
          recorded_at,
          retracted_at,
          expires_at,
          archived_at,
          updated_at,
          known_from,
          search,
          is_corrected,
          is_contested,
          analysis
        from "memories_history"
        where workspace_id = $54 and known_from <= $55::timestamptz and "known_until" > $56::timestamptz
      )
    ) m
    where m.workspace_id = $57
      and m.lineage_id = packed.origin
      and (
        (
          m.retracted_at is null
          and m.valid_from <= $58::timestamptz
          and (m.valid_until is null or m.valid_until > $59::timestamptz)
        )
        and m.archived_at is null
        and (m.expires_at is null or m.expires_at > $60::timestamptz)
      )
    limit 1
  ) m
) followed
union all
select 'count', null, null, null, (select count(*) from ahead)::int + (select count(*) from behind)::int;

select replace(given.lineage::text, '-', '') as lineage
from unnest($1::uuid[]) given (lineage)
cross join lateral (
  select *
  from (
    (
      select workspace_id,
        id,
        lineage_id,
        companion_id,
        user_id,
        type,
        content,
        content_fold,
        summary,
        slot,
        context,
        confidence,
        importance,
        importance_as_of,
        access_count,
        last_accessed_at,
        valid_from,
        stated_until,
        valid_until,
        recorded_at,
        retracted_at,
        expires_at,
        archived_at,
        updated_at,
        known_from,
        search,
        is_corrected,
        is_contested,
        analysis
      from memories
      where workspace_id = $2 and known_from <= $3::timestamptz
    )
    union all
    (
      select workspace_id,
        id,
        lineage_id,
        companion_id,
        user_id,
        type,
        content,
        content_fold,
        summary,
        slot,
        context,
        confidence,
        importance,
        importance_as_of,
        access_count,
        last_accessed_at,
        valid_from,
        stated_until,
        valid_until,
        recorded_at,
        retracted_at,
        expires_at,
        archived_at,
        updated_at,
        known_from,
        search,
        is_corrected,
        is_contested,
        analysis
      from "memories_history"
      where workspace_id = $4 and known_from <= $5::timestamptz and "known_until" > $6::timestamptz
    )
  ) m
  where m.workspace_id = $7
    and m.lineage_id = given.lineage
    and (
      (
        m.retracted_at is null
        and m.valid_from <= $8::timestamptz
        and (m.valid_until is null or m.valid_until > $9::timestamptz)
      )
      and m.archived_at is null
      and (m.expires_at is null or m.expires_at > $10::timestamptz)
    )
  limit 1
) m;

select r.id
from unnest($1::uuid[], $2::uuid[]) with ordinality pair (one, other, place)
cross join lateral (
  select *
  from (
    (
      select r.id, r.strength
      from (
        select workspace_id,
          id,
          from_lineage_id,
          to_lineage_id,
          from_memory_id,
          to_memory_id,
          type,
          strength,
          metadata,
          recorded_at,
          retracted_at,
          known_from
        from relations
        where workspace_id = $3 and known_from <= $4::timestamptz
      ) r
      where r.workspace_id = $5
        and r.retracted_at is null
        and r.from_lineage_id = pair.one
        and r.to_lineage_id = pair.other
        and r.type <> 'CORRECTS'
      offset 0
    )
    union all
    (
      select r.id, r.strength
      from (
        select workspace_id,
          id,
          from_lineage_id,
          to_lineage_id,
          from_memory_id,
          to_memory_id,
          type,
          strength,
          metadata,
          recorded_at,
          retracted_at,
          known_from
        from "relations_history"
        where workspace_id = $6 and known_from <= $7::timestamptz and "known_until" > $8::timestamptz
      ) r
      where r.workspace_id = $9
        and r.retracted_at is null
        and r.from_lineage_id = pair.one
        and r.to_lineage_id = pair.other
        and r.type <> 'CORRECTS'
      offset 0
    )
    union all
    (
      select r.id, r.strength
      from (
        select workspace_id,
          id,
          from_lineage_id,
          to_lineage_id,
          from_memory_id,
          to_memory_id,
          type,
          strength,
          metadata,
          recorded_at,
          retracted_at,
          known_from
        from relations
        where workspace_id = $10 and known_from <= $11::timestamptz
      ) r
      where r.workspace_id = $12
        and r.retracted_at is null
        and r.to_lineage_id = pair.one
        and r.from_lineage_id = pair.other
        and r.type <> 'CORRECTS'
      offset 0
    )
    union all
    (
      select r.id, r.strength
      from (
        select workspace_id,
          id,
          from_lineage_id,
          to_lineage_id,
          from_memory_id,
          to_memory_id,
          type,
          strength,
          metadata,
          recorded_at,
          retracted_at,
          known_from
        from "relations_history"
        where workspace_id = $13 and known_from <= $14::timestamptz and "known_until" > $15::timestamptz
      ) r
      where r.workspace_id = $16
        and r.retracted_at is null
        and r.to_lineage_id = pair.one
        and r.from_lineage_id = pair.other
        and r.type <> 'CORRECTS'
      offset 0
    )
  ) r
  order by r.strength desc, r.id desc
  limit 1
) r
order by pair.place;

select m.id as "id",
  m.lineage_id as "lineageId",
  m.companion_id as "companionId",
  m.user_id as "userId",
  m.content as "content"
from (
  (
    select workspace_id,
      id,
      lineage_id,
      companion_id,
      user_id,
      type,
      content,
      content_fold,
      summary,
      slot,
      context,
      confidence,
      importance,
      importance_as_of,
      access_count,
      last_accessed_at,
      valid_from,
      stated_until,
      valid_until,
      recorded_at,
      retracted_at,
      expires_at,
      archived_at,
      updated_at,
      known_from,
      search,
      is_corrected,
      is_contested,
      analysis
    from memories
    where workspace_id = $1 and known_from <= $2::timestamptz
  )
  union all
  (
    select workspace_id,
      id,
      lineage_id,
      companion_id,
      user_id,
      type,
      content,
      content_fold,
      summary,
      slot,
      context,
      confidence,
      importance,
      importance_as_of,
      access_count,
      last_accessed_at,
      valid_from,
      stated_until,
      valid_until,
      recorded_at,
      retracted_at,
      expires_at,
      archived_at,
      updated_at,
      known_from,
      search,
      is_corrected,
      is_contested,
      analysis
    from "memories_history"
    where workspace_id = $3 and known_from <= $4::timestamptz and "known_until" > $5::timestamptz
  )
) m
where m.workspace_id = $6 and m.id = any($7::uuid[]);

select distinct on (m.lineage_id) m.id as "id",
  m.lineage_id as "lineageId",
  m.companion_id as "companionId",
  m.user_id as "userId",
  m.content as "content"
from (
  (
    select workspace_id,
      id,
      lineage_id,
      companion_id,
      user_id,
      type,
      content,
      content_fold,
      summary,
      slot,
      context,
      confidence,
      importance,
      importance_as_of,
      access_count,
      last_accessed_at,
      valid_from,
      stated_until,
      valid_until,
      recorded_at,
      retracted_at,
      expires_at,
      archived_at,
      updated_at,
      known_from,
      search,
      is_corrected,
      is_contested,
      analysis
    from memories
    where workspace_id = $1 and known_from <= $2::timestamptz
  )
  union all
  (
    select workspace_id,
      id,
      lineage_id,
      companion_id,
      user_id,
      type,
      content,
      content_fold,
      summary,
      slot,
      context,
      confidence,
      importance,
      importance_as_of,
      access_count,
      last_accessed_at,
      valid_from,
      stated_until,
      valid_until,
      recorded_at,
      retracted_at,
      expires_at,
      archived_at,
      updated_at,
      known_from,
      search,
      is_corrected,
      is_contested,
      analysis
    from "memories_history"
    where workspace_id = $3 and known_from <= $4::timestamptz and "known_until" > $5::timestamptz
  )
) m
where m.workspace_id = $6 and m.lineage_id = any($7::uuid[])
order by m.lineage_id,
  (
    m.retracted_at is null
    and m.valid_from <= $8::timestamptz
    and (m.valid_until is null or m.valid_until > $9::timestamptz)
  ) desc,
  m.retracted_at desc nulls first,
  m.valid_from <= $10::timestamptz desc,
  m.valid_from desc;

select r.id as "id",
  r.from_lineage_id as "fromLineageId",
  r.to_lineage_id as "toLineageId",
  r.from_memory_id as "fromMemoryId",
  r.to_memory_id as "toMemoryId",
  r.type as "type",
  r.strength as "strength",
  r.metadata as "metadata",
  r.recorded_at as "recordedAt",
  r.retracted_at as "retractedAt"
from (
  (
    select workspace_id,
      id,
      from_lineage_id,
      to_lineage_id,
      from_memory_id,
      to_memory_id,
      type,
      strength,
      metadata,
      recorded_at,
      retracted_at,
      known_from
    from relations
    where workspace_id = $1 and known_from <= $2::timestamptz
  )
  union all
  (
    select workspace_id,
      id,
      from_lineage_id,
      to_lineage_id,
      from_memory_id,
      to_memory_id,
      type,
      strength,
      metadata,
      recorded_at,
      retracted_at,
      known_from
    from "relations_history"
    where workspace_id = $3 and known_from <= $4::timestamptz and "known_until" > $5::timestamptz
  )
) r
where r.workspace_id = $6 and r.id = any($7::uuid[]);

commit;
