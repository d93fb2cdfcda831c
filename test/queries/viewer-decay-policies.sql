begin;

select p.type as "type",
  p.half_life_days as "halfLifeDays",
  p.floor as "floor",
  p.archive_below as "archiveBelow",
  p.access_stretch as "accessStretch"
from decay_policies p
where p.workspace_id = $1
order by p.type;

commit;
