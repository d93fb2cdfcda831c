begin;

select type,
  half_life_days as "halfLifeDays",
  floor,
  archive_below as "archiveBelow",
  access_stretch as "accessStretch"
from "decay_policies" p
where p.workspace_id = $1
order by type;

commit;
