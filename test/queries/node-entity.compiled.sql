begin;

select (
  select case when octet_length(made.value) <= 1048576 then made.value end
  from (
    select json_build_array(
      e.id,
      e.id,
      e.type,
      e.name,
      e.aliases,
      (
        select json_build_array(companion.key)
        from companions companion
        where companion.workspace_id = $1 and companion.id = e.companion_id
      )
    )::text as value
    offset 0
  ) made
) as "row"
from entities e
where e.workspace_id = $1 and e.id = $2::uuid and e.merged_into is null;

commit;
