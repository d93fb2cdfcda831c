begin;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (select json_build_array(c.id, c.id, c.key)::text as value offset 0) made
) as "row"
from companions c
where c.workspace_id = $1 and c.id = $2::uuid;

commit;
