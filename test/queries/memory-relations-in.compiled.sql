begin;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (
    select json_build_array(
      m.id,
      array(
        select json_build_array('IN', r.type, m.id)
        from (
          select m.id as version, m.lineage_id as lineage, holding.id as held, holding.id is not null as holds
          from (select) one
          left join lateral (
            select holding.id
            from memories holding
            where holding.workspace_id = $1
              and holding.lineage_id = m.lineage_id
              and (
                holding.retracted_at is null
                and holding.valid_from <= now()
                and (holding.valid_until is null or holding.valid_until > now())
              )
            limit 1
          ) holding on true
        ) parent
        cross join relations r
        cross join lateral (
          select *
          from memories m
          where m.workspace_id = $1
            and m.lineage_id = r.from_lineage_id
            and case
              when r.type = 'CORRECTS' then m.id = r.from_memory_id
              else (
                m.retracted_at is null
                and m.valid_from <= now()
                and (m.valid_until is null or m.valid_until > now())
              )
              end
          limit 1
        ) m
        where r.workspace_id = $1
          and r.to_lineage_id = parent.lineage
          and r.retracted_at is null
          and case when r.type = 'CORRECTS' then r.to_memory_id = parent.version else parent.holds end
        order by r.strength desc, r.id desc
        limit 20
      ),
      (
        select counted.count
        from (
          select m.id as version, m.lineage_id as lineage, holding.id as held, holding.id is not null as holds
          from (select) one
          left join lateral (
            select holding.id
            from memories holding
            where holding.workspace_id = $1
              and holding.lineage_id = m.lineage_id
              and (
                holding.retracted_at is null
                and holding.valid_from <= now()
                and (holding.valid_until is null or holding.valid_until > now())
              )
            limit 1
          ) holding on true
        ) parent
        cross join lateral (
          select count(*)::int as count
          from (
            select r.id
            from relations r
            cross join lateral (
              select *
              from memories far
              where far.workspace_id = $1
                and far.lineage_id = r.from_lineage_id
                and case
                  when r.type = 'CORRECTS' then far.id = r.from_memory_id
                  else (
                    far.retracted_at is null
                    and far.valid_from <= now()
                    and (far.valid_until is null or far.valid_until > now())
                  )
                  end
              limit 1
            ) far
            where r.workspace_id = $1
              and r.to_lineage_id = parent.lineage
              and r.retracted_at is null
              and case when r.type = 'CORRECTS' then r.to_memory_id = parent.version else parent.holds end
          ) r
        ) counted
      )
    )::text as value
    offset 0
  ) made
) as "row"
from memories m
where m.workspace_id = $1 and m.id = $2::uuid;

commit;
