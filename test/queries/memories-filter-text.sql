begin;

select $1::text as "parent",
  page.value as "value",
  m.id as "m.id",
  m.lineage_id as "m.lineageId",
  m.companion_id as "m.companionId",
  m.user_id as "m.userId",
  m.content as "m.content"
from (values (1)) parent (nth)
cross join lateral (
  select chosen.id, chosen.value, row_number() over (order by chosen.value desc, chosen.id desc) as place
  from (
    (
      select m.id, m.recorded_at as value
      from memories m
      where m.workspace_id = $2
        and (
          (
            m.retracted_at is null
            and m.valid_from <= now()
            and (m.valid_until is null or m.valid_until > now())
          )
          and m.archived_at is null
          and (m.expires_at is null or m.expires_at > now())
        )
        and exists (
          select
          from (
            select case
              when m.id in (
                select x.memory_id
                from (
                  select key::uuid as id
                  from jsonb_object_keys(
                    (
                      select coalesce(jsonb_object_agg(id, leaves), '{}')
                      from (
                        select member.id, jsonb_agg(distinct held.leaf) as leaves
                        from (
                          select t.entity_id
                          from (
                            select *, max(rank) over (partition by number) as places
                            from (
                              select *, dense_rank() over (partition by number order by place) as rank
                              from (
                                select w."number" as "number",
                                  w."place" as "place",
                                  unnest(
                                    coalesce(
                                      nullif(tsvector_to_array(to_tsvector(w."form")), '{}'),
                                      array[w."unstemmed"]
                                    )
                                  ) as term
                                from jsonb_to_recordset($3::jsonb) as w (
                                  "number" int, "place" int, "form" text, "unstemmed" text
                                )
                                union
                                select l."number" as "number", l."place" as "place", l."term" as "term"
                                from jsonb_to_recordset($4::jsonb) as l (
                                  "number" int, "place" int, "term" text collate "C"
                                )
                              ) a
                              where term is not null
                            ) a
                          ) a
                          cross join lateral (
                            select t.entity_id
                            from entity_terms t
                            where t.workspace_id = $5 and t.term = a.term collate "C"
                            offset 0
                          ) t
                          group by t.entity_id, a.number, a.places
                          having count(distinct a.place) = a.places
                        ) candidate
                        cross join lateral (
                          select e.search, e.name, coalesce(e.merged_into, e.id) as survivor
                          from entities e
                          where e.workspace_id = $6 and e.id = candidate.entity_id
                          limit 1
                        ) named
                        cross join lateral (
                          select named.survivor as id
                          union all
                          select merged.id
                          from entities merged
                          where merged.workspace_id = $7 and merged.merged_into = named.survivor
                        ) member
                        cross join lateral (
                          select 1 as leaf
                          where coalesce(
                            named.search @@ (
                              select case when numnode(query) > 0 then query end
                              from (select (to_tsquery($8)) as query offset 0) asked
                            ),
                            true
                          )
                          union all
                          select 2 as leaf
                          where coalesce(
                            named.search @@ (
                              select case when numnode(query) > 0 then query end
                              from (select (to_tsquery($9)) as query offset 0) asked
                            ),
                            true
                          )
                        ) held
                        group by member.id
                      ) found
                    )
                  ) k (key)
                  offset 0
                ) member
                cross join lateral (
                  select x.memory_id
                  from mentions x
                  where x.workspace_id = $10 and x.entity_id = member.id
                  offset 0
                ) x
              ) then (
                select jsonb_agg(held.leaves -> x.entity_id::text)
                from (
                  select (
                    select coalesce(jsonb_object_agg(id, leaves), '{}')
                    from (
                      select member.id, jsonb_agg(distinct held.leaf) as leaves
                      from (
                        select t.entity_id
                        from (
                          select *, max(rank) over (partition by number) as places
                          from (
                            select *, dense_rank() over (partition by number order by place) as rank
                            from (
                              select w."number" as "number",
                                w."place" as "place",
                                unnest(
                                  coalesce(
                                    nullif(tsvector_to_array(to_tsvector(w."form")), '{}'),
                                    array[w."unstemmed"]
                                  )
                                ) as term
                              from jsonb_to_recordset($11::jsonb) as w (
                                "number" int, "place" int, "form" text, "unstemmed" text
                              )
                              union
                              select l."number" as "number", l."place" as "place", l."term" as "term"
                              from jsonb_to_recordset($12::jsonb) as l (
                                "number" int, "place" int, "term" text collate "C"
                              )
                            ) a
                            where term is not null
                          ) a
                        ) a
                        cross join lateral (
                          select t.entity_id
                          from entity_terms t
                          where t.workspace_id = $13 and t.term = a.term collate "C"
                          offset 0
                        ) t
                        group by t.entity_id, a.number, a.places
                        having count(distinct a.place) = a.places
                      ) candidate
                      cross join lateral (
                        select e.search, e.name, coalesce(e.merged_into, e.id) as survivor
                        from entities e
                        where e.workspace_id = $14 and e.id = candidate.entity_id
                        limit 1
                      ) named
                      cross join lateral (
                        select named.survivor as id
                        union all
                        select merged.id
                        from entities merged
                        where merged.workspace_id = $15 and merged.merged_into = named.survivor
                      ) member
                      cross join lateral (
                        select 1 as leaf
                        where coalesce(
                          named.search @@ (
                            select case when numnode(query) > 0 then query end
                            from (select (to_tsquery($16)) as query offset 0) asked
                          ),
                          true
                        )
                        union all
                        select 2 as leaf
                        where coalesce(
                          named.search @@ (
                            select case when numnode(query) > 0 then query end
                            from (select (to_tsquery($17)) as query offset 0) asked
                          ),
                          true
                        )
                      ) held
                      group by member.id
                    ) found
                  ) as leaves
                  offset 0
                ) held
                cross join lateral (
                  select x.entity_id
                  from mentions x
                  where x.workspace_id = $18 and x.memory_id = m.id
                  offset 0
                ) x
                where held.leaves ? x.entity_id::text
              )
              end as leaves
            offset 0
          ) n
          where case
            when n.leaves is null then (m.search @@ (select ((to_tsquery($19)))))
            else (
              (
                (
                  (
                    coalesce(
                      m.search @@ (
                        select case when numnode(query) > 0 then query end
                        from (select (to_tsquery($20)) as query offset 0) asked
                      ),
                      true
                    )
                    or n.leaves @> $21::jsonb
                  )
                  and (
                    coalesce(
                      m.search @@ (
                        select case when numnode(query) > 0 then query end
                        from (select (to_tsquery($22)) as query offset 0) asked
                      ),
                      true
                    )
                    or n.leaves @> $23::jsonb
                  )
                )
                and (select numnode(((to_tsquery($24)))) > 0)
              )
            )
            end
        )
      order by value desc, m.id desc
      limit $25
    )
  ) chosen
  order by chosen.value desc, chosen.id desc
  limit $26
) page
cross join lateral (select * from memories m where m.workspace_id = $27 and m.id = page.id limit 1) m
order by parent.nth, page.place;

select $1::text as "parent", counted.count
from (values (1)) parent (nth)
cross join lateral (
  select sum(part.count)::int as count
  from (
    select count(*)
    from memories m
    where m.workspace_id = $2
      and (
        (
          m.retracted_at is null
          and m.valid_from <= now()
          and (m.valid_until is null or m.valid_until > now())
        )
        and m.archived_at is null
        and (m.expires_at is null or m.expires_at > now())
      )
      and exists (
        select
        from (
          select case
            when m.id in (
              select x.memory_id
              from (
                select key::uuid as id
                from jsonb_object_keys(
                  (
                    select coalesce(jsonb_object_agg(id, leaves), '{}')
                    from (
                      select member.id, jsonb_agg(distinct held.leaf) as leaves
                      from (
                        select t.entity_id
                        from (
                          select *, max(rank) over (partition by number) as places
                          from (
                            select *, dense_rank() over (partition by number order by place) as rank
                            from (
                              select w."number" as "number",
                                w."place" as "place",
                                unnest(
                                  coalesce(
                                    nullif(tsvector_to_array(to_tsvector(w."form")), '{}'),
                                    array[w."unstemmed"]
                                  )
                                ) as term
                              from jsonb_to_recordset($3::jsonb) as w (
                                "number" int, "place" int, "form" text, "unstemmed" text
                              )
                              union
                              select l."number" as "number", l."place" as "place", l."term" as "term"
                              from jsonb_to_recordset($4::jsonb) as l (
                                "number" int, "place" int, "term" text collate "C"
                              )
                            ) a
                            where term is not null
                          ) a
                        ) a
                        cross join lateral (
                          select t.entity_id
                          from entity_terms t
                          where t.workspace_id = $5 and t.term = a.term collate "C"
                          offset 0
                        ) t
                        group by t.entity_id, a.number, a.places
                        having count(distinct a.place) = a.places
                      ) candidate
                      cross join lateral (
                        select e.search, e.name, coalesce(e.merged_into, e.id) as survivor
                        from entities e
                        where e.workspace_id = $6 and e.id = candidate.entity_id
                        limit 1
                      ) named
                      cross join lateral (
                        select named.survivor as id
                        union all
                        select merged.id
                        from entities merged
                        where merged.workspace_id = $7 and merged.merged_into = named.survivor
                      ) member
                      cross join lateral (
                        select 1 as leaf
                        where coalesce(
                          named.search @@ (
                            select case when numnode(query) > 0 then query end
                            from (select (to_tsquery($8)) as query offset 0) asked
                          ),
                          true
                        )
                        union all
                        select 2 as leaf
                        where coalesce(
                          named.search @@ (
                            select case when numnode(query) > 0 then query end
                            from (select (to_tsquery($9)) as query offset 0) asked
                          ),
                          true
                        )
                      ) held
                      group by member.id
                    ) found
                  )
                ) k (key)
                offset 0
              ) member
              cross join lateral (
                select x.memory_id
                from mentions x
                where x.workspace_id = $10 and x.entity_id = member.id
                offset 0
              ) x
            ) then (
              select jsonb_agg(held.leaves -> x.entity_id::text)
              from (
                select (
                  select coalesce(jsonb_object_agg(id, leaves), '{}')
                  from (
                    select member.id, jsonb_agg(distinct held.leaf) as leaves
                    from (
                      select t.entity_id
                      from (
                        select *, max(rank) over (partition by number) as places
                        from (
                          select *, dense_rank() over (partition by number order by place) as rank
                          from (
                            select w."number" as "number",
                              w."place" as "place",
                              unnest(
                                coalesce(
                                  nullif(tsvector_to_array(to_tsvector(w."form")), '{}'), array[w."unstemmed"]
                                )
                              ) as term
                            from jsonb_to_recordset($11::jsonb) as w (
                              "number" int, "place" int, "form" text, "unstemmed" text
                            )
                            union
                            select l."number" as "number", l."place" as "place", l."term" as "term"
                            from jsonb_to_recordset($12::jsonb) as l (
                              "number" int, "place" int, "term" text collate "C"
                            )
                          ) a
                          where term is not null
                        ) a
                      ) a
                      cross join lateral (
                        select t.entity_id
                        from entity_terms t
                        where t.workspace_id = $13 and t.term = a.term collate "C"
                        offset 0
                      ) t
                      group by t.entity_id, a.number, a.places
                      having count(distinct a.place) = a.places
                    ) candidate
                    cross join lateral (
                      select e.search, e.name, coalesce(e.merged_into, e.id) as survivor
                      from entities e
                      where e.workspace_id = $14 and e.id = candidate.entity_id
                      limit 1
                    ) named
                    cross join lateral (
                      select named.survivor as id
                      union all
                      select merged.id
                      from entities merged
                      where merged.workspace_id = $15 and merged.merged_into = named.survivor
                    ) member
                    cross join lateral (
                      select 1 as leaf
                      where coalesce(
                        named.search @@ (
                          select case when numnode(query) > 0 then query end
                          from (select (to_tsquery($16)) as query offset 0) asked
                        ),
                        true
                      )
                      union all
                      select 2 as leaf
                      where coalesce(
                        named.search @@ (
                          select case when numnode(query) > 0 then query end
                          from (select (to_tsquery($17)) as query offset 0) asked
                        ),
                        true
                      )
                    ) held
                    group by member.id
                  ) found
                ) as leaves
                offset 0
              ) held
              cross join lateral (
                select x.entity_id from mentions x where x.workspace_id = $18 and x.memory_id = m.id offset 0
              ) x
              where held.leaves ? x.entity_id::text
            )
            end as leaves
          offset 0
        ) n
        where case
          when n.leaves is null then (m.search @@ (select ((to_tsquery($19)))))
          else (
            (
              (
                (
                  coalesce(
                    m.search @@ (
                      select case when numnode(query) > 0 then query end
                      from (select (to_tsquery($20)) as query offset 0) asked
                    ),
                    true
                  )
                  or n.leaves @> $21::jsonb
                )
                and (
                  coalesce(
                    m.search @@ (
                      select case when numnode(query) > 0 then query end
                      from (select (to_tsquery($22)) as query offset 0) asked
                    ),
                    true
                  )
                  or n.leaves @> $23::jsonb
                )
              )
              and (select numnode(((to_tsquery($24)))) > 0)
            )
          )
          end
      )
  ) part
) counted;

commit;
