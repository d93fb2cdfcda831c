begin;

select m.id as "id", m.lineage_id as "lineageId", m.companion_id as "companionId", m.user_id as "userId"
from memories m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

select parent.lineage as parent,
  c.id as "id",
  c.status as "status",
  c.memory_id as "memoryId",
  c.by_id as "byId",
  c.relation_id as "relationId",
  c.strength as "strength",
  c.reason as "reason",
  c.opened_at as "openedAt",
  c.resolved_at as "resolvedAt",
  c.resolution as "resolution",
  c.note as "note"
from unnest($1::uuid[]) with ordinality parent (lineage, place)
cross join lateral (
  select c.id as found, row_number() over (order by c.opened_at desc, c.id desc) as place
  from (
    select distinct c.id, c.opened_at
    from memories version
    cross join lateral (
      select c.id, c.opened_at
      from contradictions c
      where c.workspace_id = $2
        and c.status = any(
          array(select value::contradiction_status from jsonb_array_elements_text($3::jsonb) given (value))
        )
        and c.memory_id = version.id
      union all
      select c.id, c.opened_at
      from contradictions c
      where c.workspace_id = $4
        and c.status = any(
          array(select value::contradiction_status from jsonb_array_elements_text($5::jsonb) given (value))
        )
        and c.by_id = version.id
    ) c
    where version.workspace_id = $6 and version.lineage_id = parent.lineage
  ) c
  where true
  order by c.opened_at desc, c.id desc
  limit $7
) page
cross join lateral (select * from contradictions c where c.workspace_id = $8 and c.id = page.found limit 1) c
order by parent.place, page.place;

select parent.lineage as parent,
  (
    select count(*)::int
    from (
      select distinct c.id, c.opened_at
      from memories version
      cross join lateral (
        select c.id, c.opened_at
        from contradictions c
        where c.workspace_id = $1
          and c.status = any(
            array(select value::contradiction_status from jsonb_array_elements_text($2::jsonb) given (value))
          )
          and c.memory_id = version.id
        union all
        select c.id, c.opened_at
        from contradictions c
        where c.workspace_id = $3
          and c.status = any(
            array(select value::contradiction_status from jsonb_array_elements_text($4::jsonb) given (value))
          )
          and c.by_id = version.id
      ) c
      where version.workspace_id = $5 and version.lineage_id = parent.lineage
    ) c
  ) as count
from unnest($6::uuid[]) parent (lineage);

commit;
