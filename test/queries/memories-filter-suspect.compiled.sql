begin;

select $1::text as "parent", counted.count
from (values (1)) parent (nth)
cross join lateral (
  select sum(part.count)::int as count
  from (
    select count(*)
    from memories m
    where m.workspace_id = $2
      and (
        (
          m.retracted_at is null
          and m.valid_from <= now()
          and (m.valid_until is null or m.valid_until > now())
        )
        and m.archived_at is null
        and (m.expires_at is null or m.expires_at > now())
      )
      and m.lineage_id in (
        with recursive reached (source, lineage, depth) as (
          select *
          from (
            select m.lineage_id, m.lineage_id, 0
            from memories m
            where m.workspace_id = $2
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
                      where other.workspace_id = $2
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
                      where other.workspace_id = $2
                        and other.id = c.memory_id
                        and (
                          other.retracted_at is null
                          and other.valid_from <= now()
                          and (other.valid_until is null or other.valid_until > now())
                        )
                      limit 1
                    ) other
                    where c.workspace_id = $2 and c.by_id = m.id and c.status = 'OPEN'
                  ) counting
                )
              )
            union
            select step.rests_on, step.lineage, 1
            from memories m
            cross join lateral (
              select r.to_lineage_id as rests_on, r.to_memory_id as made_against, r.from_lineage_id as lineage
              from (
                select *
                from relations r
                where r.workspace_id = $2
                  and r.retracted_at is null
                  and r.to_memory_id = m.id
                  and r.to_lineage_id = m.lineage_id
                offset 0
              ) r
              where r.type in ('ELABORATES', 'REFERENCES')
              union all
              select r.from_lineage_id as rests_on,
                r.from_memory_id as made_against,
                r.to_lineage_id as lineage
              from (
                select *
                from relations r
                where r.workspace_id = $2
                  and r.retracted_at is null
                  and r.from_memory_id = m.id
                  and r.from_lineage_id = m.lineage_id
                offset 0
              ) r
              where r.type = 'CAUSES'
            ) step
            where m.workspace_id = $2 and m.retracted_at is not null
          ) source
          union
          select reached.source, step.lineage, reached.depth + 1
          from reached
          cross join lateral (
            select r.to_lineage_id as rests_on, r.to_memory_id as made_against, r.from_lineage_id as lineage
            from (
              select *
              from relations r
              where r.workspace_id = $2 and r.retracted_at is null and r.to_lineage_id = reached.lineage
              offset 0
            ) r
            where r.type in ('ELABORATES', 'REFERENCES')
            union all
            select r.from_lineage_id as rests_on, r.from_memory_id as made_against, r.to_lineage_id as lineage
            from (
              select *
              from relations r
              where r.workspace_id = $2 and r.retracted_at is null and r.from_lineage_id = reached.lineage
              offset 0
            ) r
            where r.type = 'CAUSES'
          ) step
          where reached.depth < $3
        )
        select lineage
        from reached
        where depth > 0 and lineage <> source
      )
  ) part
) counted;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (select json_build_array(m.id, m.content)::text as value offset 0) made
) as "row"
from (values (1)) parent (nth)
cross join lateral (
  select chosen.id, chosen.value, row_number() over (order by chosen.value desc, chosen.id desc) as place
  from (
    (
      select m.id, m.recorded_at as value
      from memories m
      where m.workspace_id = $1
        and (
          (
            m.retracted_at is null
            and m.valid_from <= now()
            and (m.valid_until is null or m.valid_until > now())
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > now())
        )
        and m.lineage_id in (
          with recursive reached (source, lineage, depth) as (
            select *
            from (
              select m.lineage_id, m.lineage_id, 0
              from memories m
              where m.workspace_id = $1
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
                        where other.workspace_id = $1
                          and other.id = c.by_id
                          and (
                            other.retracted_at is null
                            and other.valid_from <= now()
                            and (other.valid_until is null or other.valid_until > now())
                          )
                        limit 1
                      ) other
                      where c.workspace_id = $1 and c.memory_id = m.id and c.status = 'OPEN'
                      union all
                      select c.strength as "strength", other.confidence as "confidence"
                      from contradictions c
                      cross join lateral (
                        select *
                        from memories other
                        where other.workspace_id = $1
                          and other.id = c.memory_id
                          and (
                            other.retracted_at is null
                            and other.valid_from <= now()
                            and (other.valid_until is null or other.valid_until > now())
                          )
                        limit 1
                      ) other
                      where c.workspace_id = $1 and c.by_id = m.id and c.status = 'OPEN'
                    ) counting
                  )
                )
              union
              select step.rests_on, step.lineage, 1
              from memories m
              cross join lateral (
                select r.to_lineage_id as rests_on,
                  r.to_memory_id as made_against,
                  r.from_lineage_id as lineage
                from (
                  select *
                  from relations r
                  where r.workspace_id = $1
                    and r.retracted_at is null
                    and r.to_memory_id = m.id
                    and r.to_lineage_id = m.lineage_id
                  offset 0
                ) r
                where r.type in ('ELABORATES', 'REFERENCES')
                union all
                select r.from_lineage_id as rests_on,
                  r.from_memory_id as made_against,
                  r.to_lineage_id as lineage
                from (
                  select *
                  from relations r
                  where r.workspace_id = $1
                    and r.retracted_at is null
                    and r.from_memory_id = m.id
                    and r.from_lineage_id = m.lineage_id
                  offset 0
                ) r
                where r.type = 'CAUSES'
              ) step
              where m.workspace_id = $1 and m.retracted_at is not null
            ) source
            union
            select reached.source, step.lineage, reached.depth + 1
            from reached
            cross join lateral (
              select r.to_lineage_id as rests_on, r.to_memory_id as made_against, r.from_lineage_id as lineage
              from (
                select *
                from relations r
                where r.workspace_id = $1 and r.retracted_at is null and r.to_lineage_id = reached.lineage
                offset 0
              ) r
              where r.type in ('ELABORATES', 'REFERENCES')
              union all
              select r.from_lineage_id as rests_on,
                r.from_memory_id as made_against,
                r.to_lineage_id as lineage
              from (
                select *
                from relations r
                where r.workspace_id = $1 and r.retracted_at is null and r.from_lineage_id = reached.lineage
                offset 0
              ) r
              where r.type = 'CAUSES'
            ) step
            where reached.depth < $2
          )
          select lineage
          from reached
          where depth > 0 and lineage <> source
        )
      order by value desc, m.id desc
      limit $3
    )
  ) chosen
  order by chosen.value desc, chosen.id desc
  limit $4
) page
cross join lateral (select * from memories m where m.workspace_id = $1 and m.id = page.id limit 1) m
order by parent.nth, page.place;

commit;
