begin;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (select json_build_array(u.id, u.id, u.external_id)::text as value offset 0) made
) as "row"
from users u
where u.workspace_id = $1 and u.id = $2::uuid;

commit;
