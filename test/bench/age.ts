import type postgres from 'postgres';

const GRAPH = 'bench_graph';

/** Says why Apache AGE is unavailable on this server, or loads the generated graph into it in bulk. */
export async function loadAge(sql: postgres.Sql): Promise<string | undefined> {
  const [offered] = await sql`select default_version as version from pg_available_extensions where name = 'age'`;
  if (!offered) return "the server does not have it (Debian's package is postgresql-17-age)";
  await sql.unsafe(
    `create extension if not exists age; load 'age'; set search_path = ag_catalog, palimpsest, public; set jit = off`,
  );
  await sql.unsafe(
    `select create_graph('${GRAPH}'); select create_vlabel('${GRAPH}', 'Memory'); select create_elabel('${GRAPH}', 'RELATED')`,
  );
  const label = (name: string) => `(select id from ag_label where relation = '${GRAPH}."${name}"'::regclass)`;
  await sql.unsafe(
    `insert into ${GRAPH}."Memory" (id, properties)
       select _graphid(${label('Memory')}, n + 1), agtype_build_map('n', n) from bench.memories;
     insert into ${GRAPH}."RELATED" (id, start_id, end_id, properties)
       select _graphid(${label('RELATED')}, number), _graphid(${label('Memory')}, from_n + 1), _graphid(${label('Memory')}, to_n + 1),
         agtype_build_map() from bench.relations;
     create unique index on ${GRAPH}."Memory" (id);
     create index on ${GRAPH}."Memory" using gin (properties);
     create index on ${GRAPH}."RELATED" (start_id);
     create index on ${GRAPH}."RELATED" (end_id)`,
  );
  await sql.unsafe(`vacuum analyze ${GRAPH}."Memory"`);
  await sql.unsafe(`vacuum analyze ${GRAPH}."RELATED"`);
  return undefined;
}

const cypher = (text: string, limit: number) =>
  `select n::text::int from cypher('${GRAPH}', $$ ${text} $$) as (n agtype) limit ${limit}`;

/** One variable-length pattern: which Cypher has for this. */
export const variableLength = (start: number, depth: number, limit: number): string =>
  cypher(`match (a:Memory {n: ${start}})-[*1..${depth}]->(b:Memory) return distinct b.n`, limit);

/**
 * A pattern for each length, joined by index: AGE joins each end of a variable-length one with every vertex there is.
 */
export const fixedLengths = (start: number, depth: number, limit: number): string =>
  cypher(
    Array.from(
      { length: depth },
      (_, length) =>
        `match (a:Memory {n: ${start}})${'-[:RELATED]->(:Memory)'.repeat(length)}-[:RELATED]->(b:Memory) return b.n`,
    ).join(' union '),
    limit,
  );
