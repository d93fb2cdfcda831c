begin;

select m."id" as "id",
  m."lineage_id" as "lineageId",
  m."companion_id" as "companionId",
  m."user_id" as "userId"
from "memories" m
where m.workspace_id = $1 and m.id = any($2::uuid[]);

select parent.id as "parent",
  page.direction,
  r.id,
  r.from_lineage_id as "fromLineageId",
  r.to_lineage_id as "toLineageId",
  r.from_memory_id as "fromMemoryId",
  r.to_memory_id as "toMemoryId",
  r.type,
  r.strength,
  m."id" as "m.id",
  m."lineage_id" as "m.lineageId",
  m."companion_id" as "m.companionId",
  m."user_id" as "m.userId"
from (
  select version.id, version.lineage_id, parent.position, near.id is not null as holds
  from jsonb_array_elements_text($1::jsonb) with ordinality parent (id, position)
  cross join lateral (
    select * from "memories" version where version.workspace_id = $2 and version.id = parent.id::uuid limit 1
  ) version
  left join lateral (
    select near.id
    from "memories" near
    where near.workspace_id = $3
      and near.lineage_id = version.lineage_id
      and (
        near.retracted_at is null
        and near.valid_from <= now()
        and (near.valid_until is null or near.valid_until > now())
      )
    limit 1
  ) near on true
) parent
cross join lateral (
  select r.*, row_number() over (order by r.strength desc, r.id desc) as place
  from (
    (
      select r.id, r.strength, 'OUT' as direction, far.id as far_id
      from "relations" r
      cross join lateral (
        select *
        from "memories" far
        where far.workspace_id = $4
          and far.lineage_id = r.to_lineage_id
          and true
          and case
            when r.type = 'CORRECTS' then far.id = r.to_memory_id
            else (
              far.retracted_at is null
              and far.valid_from <= now()
              and (far.valid_until is null or far.valid_until > now())
            )
            end
        limit 1
      ) far
      where r.workspace_id = $5
        and r.from_lineage_id = parent.lineage_id
        and r.retracted_at is null
        and case when r.type = 'CORRECTS' then r.from_memory_id = parent.id else parent.holds end
      order by r.strength desc, r.id desc
      limit 21
    )
  ) r
  order by r.strength desc, r.id desc
  limit 21
) page
cross join lateral (select * from "relations" r where r.workspace_id = $6 and r.id = page.id limit 1) r
cross join lateral (select * from "memories" m where m.workspace_id = $7 and m.id = page.far_id limit 1) m
order by parent.position, page.place;

select parent.id as "parent", counted.count
from (
  select version.id, version.lineage_id, parent.position, near.id is not null as holds
  from jsonb_array_elements_text($1::jsonb) with ordinality parent (id, position)
  cross join lateral (
    select * from "memories" version where version.workspace_id = $2 and version.id = parent.id::uuid limit 1
  ) version
  left join lateral (
    select near.id
    from "memories" near
    where near.workspace_id = $3
      and near.lineage_id = version.lineage_id
      and (
        near.retracted_at is null
        and near.valid_from <= now()
        and (near.valid_until is null or near.valid_until > now())
      )
    limit 1
  ) near on true
) parent
cross join lateral (
  select count(*)::int as count
  from (
    select r.id
    from "relations" r
    cross join lateral (
      select *
      from "memories" far
      where far.workspace_id = $4
        and far.lineage_id = r.to_lineage_id
        and true
        and case
          when r.type = 'CORRECTS' then far.id = r.to_memory_id
          else (
            far.retracted_at is null
            and far.valid_from <= now()
            and (far.valid_until is null or far.valid_until > now())
          )
          end
      limit 1
    ) far
    where r.workspace_id = $5
      and r.from_lineage_id = parent.lineage_id
      and r.retracted_at is null
      and case when r.type = 'CORRECTS' then r.from_memory_id = parent.id else parent.holds end
  ) r
) counted;

commit;
