begin;

select c.id as "id"
from companions c
where c.workspace_id = $1 and c.id = (select c.id from companions c where c.workspace_id = $2 and c.key = $3);

select "id"
from "users"
where (
  ("users"."workspace_id" = $1)
  and ("users"."id" = (select u.id from users u where u.workspace_id = $2 and u.external_id = $3))
);

select w.id as "id",
  w.scope as "scope",
  w.companion_id as "companionId",
  w.user_id as "userId",
  w.conversation_id as "conversationId",
  w.content as "content",
  w.data as "data",
  w.template as "template",
  w.schema as "schema",
  w.version as "version",
  w.updated_at as "updatedAt",
  w.updated_by as "updatedBy"
from (
  (
    select workspace_id,
      id,
      scope,
      companion_id,
      user_id,
      conversation_id,
      content,
      data,
      template,
      schema,
      version,
      updated_at,
      updated_by,
      known_from
    from working_memories
    where workspace_id = $1 and known_from <= $2::timestamptz
  )
  union all
  (
    select workspace_id,
      id,
      scope,
      companion_id,
      user_id,
      conversation_id,
      content,
      data,
      template,
      schema,
      version,
      updated_at,
      updated_by,
      known_from
    from "working_memories_history"
    where workspace_id = $3 and known_from <= $4::timestamptz and "known_until" > $5::timestamptz
  )
) w
where w.workspace_id = $6
  and w.id = any(
    array(
      select k.id
      from working_memories k
      where k.workspace_id = $7 and k.companion_id = $8::uuid and k.user_id = $9::uuid and k.scope = 'USER'
    )
  );

select parent.given as parent,
  version."id" as "id",
  version."version" as "version",
  version."content" as "content",
  version."data" as "data",
  version."updatedAt" as "updatedAt",
  version."updatedBy" as "updatedBy",
  version."knownFrom" as "knownFrom"
from unnest($1::uuid[]) with ordinality parent (given, nth)
cross join lateral (
  (
    select w.id as "id",
      w.version as "version",
      w.content as "content",
      w.data as "data",
      w.updated_at as "updatedAt",
      w.updated_by as "updatedBy",
      w.known_from as "knownFrom"
    from working_memories w
    where w.workspace_id = $2 and w.id = parent.given and w.known_from <= $3::timestamptz
  )
  union all
  (
    select h.id as "id",
      h.version as "version",
      h.content as "content",
      h.data as "data",
      h.updated_at as "updatedAt",
      h.updated_by as "updatedBy",
      h.known_from as "knownFrom"
    from working_memories_history h
    where h.workspace_id = $4 and h.id = parent.given and h.known_from <= $5::timestamptz
    order by h.known_until desc
    limit $6
  )
  order by "knownFrom" desc
  limit $7
) version
order by parent.nth, version."knownFrom" desc;

select w.id as parent,
  (
    1 + (
      select count(*)
      from working_memories_history h
      where h.workspace_id = $1 and h.id = w.id and h.known_until <= w.known_from
    )
  )::int as count
from (
  (
    select workspace_id,
      id,
      scope,
      companion_id,
      user_id,
      conversation_id,
      content,
      data,
      template,
      schema,
      version,
      updated_at,
      updated_by,
      known_from
    from working_memories
    where workspace_id = $2 and known_from <= $3::timestamptz
  )
  union all
  (
    select workspace_id,
      id,
      scope,
      companion_id,
      user_id,
      conversation_id,
      content,
      data,
      template,
      schema,
      version,
      updated_at,
      updated_by,
      known_from
    from "working_memories_history"
    where workspace_id = $4 and known_from <= $5::timestamptz and "known_until" > $6::timestamptz
  )
) w
where w.workspace_id = $7 and w.id = any($8::uuid[]);

commit;
