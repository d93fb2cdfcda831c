begin;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (select json_build_array(g.id, g.id, g.role, g.position)::text as value offset 0) made
) as "row"
from messages g
where g.workspace_id = $1 and g.id = $2::uuid;

commit;
