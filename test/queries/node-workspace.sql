begin;

select type,
  half_life_days as "halfLifeDays",
  floor,
  archive_below as "archiveBelow",
  access_stretch as "accessStretch"
from "decay_policies" p
where p.workspace_id = $1
order by type;

select "d0"."name" as "name", "d0"."id" as "id" from "workspaces" as "d0" where "d0"."id" in ($1);

commit;
