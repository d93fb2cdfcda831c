begin;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (select json_build_array(m.id, m.id, m.content)::text as value offset 0) made
) as "row"
from memories m
where m.workspace_id = $1 and m.id = $2::uuid;

commit;
