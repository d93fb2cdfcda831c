import { sql } from 'drizzle-orm';
import type { Session } from '../../src/db/database.ts';
import { toQuery } from '../../src/db/sql.ts';
import { countedSql, readCounted } from '../../src/model/recall/passages.ts';
import { inOrderSql, rankedSql, sourcesOfSql, spreadSql } from '../../src/model/recall/spread.ts';

/** A uuid that stands for a name of up to sixteen letters; they are in the order of the names. */
const uuidOf = (name: string): string =>
  Buffer.alloc(16, name.padEnd(16, '\0'))
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
const nameOf = (uuid: string): string => Buffer.from(uuid.replaceAll('-', ''), 'hex').toString().replaceAll('\0', '');

/** What a term scores in a passage of a memory, or, where that is −1, in all of it. */
export interface Hit {
  term: number;
  passage: number;
  own: number;
  frequency: number;
  inPassage: number;
}

async function rowsOf<Row>(session: Session, statement: Parameters<typeof toQuery>[0]): Promise<Row[]> {
  const { sql: text, params } = toQuery(statement);
  return (await session.query(text, params, 'objects')) as Row[];
}

/** How the hits of a memory count, and what each of its terms scores. */
export async function count(session: Session, hits: readonly Hit[]) {
  const rows = await rowsOf<{ terms: string; own: number; passage: number | null; owns: number[] }>(
    session,
    sql`with mine as (
      select gen.id, gen.id as lineage, h.* from (select gen_random_uuid() as id) gen, jsonb_to_recordset(${JSON.stringify(
        hits.map(({ term: number, inPassage: inside, ...hit }) => ({ ...hit, number, inside })),
      )}::jsonb) h (number int, passage int, own float8, frequency smallint, inside bigint)
    ), ${countedSql} select spoken.*, (select jsonb_agg(own order by number) from counted) as owns from spoken`,
  );
  const [row] = rows;
  return { ...readCounted(row?.terms ?? null, row?.own ?? null, row?.passage ?? null), owns: row?.owns ?? [] };
}

/** A memory that has terms of a question, and what lies around it. */
export interface Source {
  id: string;
  lineageId: string;
  terms: readonly number[];
  owns: readonly number[];
  /** The lineages around it, how many relations after (positive) or before it, and how long they are. */
  near: readonly string[];
  hops: readonly number[];
  lengths: readonly number[];
}

/** A candidate as recall ranks it, by the names of the sources. */
export interface Candidate {
  id: string | null;
  lineageId: string;
  score: number;
  own: number;
  spreadDivisor: number;
  /** What it scores for each term, and the memory nearby that this comes from; null: its own words. */
  terms: { term: number; value: number; from: string | null }[];
  /** The memories nearby that have a part in its score, as recall says. */
  sources: string[];
}

interface Ranked {
  id: string | null;
  lineage: string;
  words: number;
  times: number | null;
  sources: string[] | null;
  parts: { number: number; value: number | null; source: string | null }[];
}

/** What scores of some memories come to, best first, where every version of a lineage may count. */
export async function spread(session: Session, sources: readonly Source[]): Promise<Candidate[]> {
  const counted = sources.flatMap(({ id, lineageId, terms, owns }) =>
    terms.map((number, at) => ({ id: uuidOf(id), lineage: uuidOf(lineageId), number, own: owns[at] })),
  );
  const placed = sources.map(({ id, near, hops }) => ({ id: uuidOf(id), near: near.map(uuidOf), hops }));
  const long = new Map(
    sources.flatMap(({ near, lengths }) => near.map((name, at) => [uuidOf(name), lengths[at] ?? 0])),
  );
  const times = [...long].flatMap(([lineage, length]) => (length > 25 ? [{ lineage, times: length / 25 }] : []));
  const inOrder = inOrderSql(1_000);
  const rows = await rowsOf<Ranked>(
    session,
    sql`with counted as (
      select * from jsonb_to_recordset(${JSON.stringify(counted)}::jsonb) c (id uuid, lineage uuid, number int, own float8)
    ), placed as (
      select * from jsonb_to_recordset(${JSON.stringify(placed)}::jsonb) p (id uuid, near uuid[], hops smallint[])
    ), long as (
      select * from jsonb_to_recordset(${JSON.stringify(times)}::jsonb) l (lineage uuid, times float8)
    ), ${spreadSql({ explains: true, mayHoldTwice: true })}, ${rankedSql}
    select candidate.id, candidate.lineage, candidate.words, candidate.times, (
      select jsonb_agg(jsonb_build_object('number', spreading.number, 'value', value, 'source', source))
      from spreading where spreading.lineage = candidate.lineage) as parts, (
      select array_to_json(${sourcesOfSql}::uuid[]) from ranked
      where ranked.id is not distinct from candidate.id and ranked.lineage = candidate.lineage) as sources
    from ${inOrder.from} order by ${inOrder.order}`,
  );
  return rows.map(({ id, lineage, words, times: divisor, parts, sources: from }) => {
    const source = sources.find((each) => id !== null && each.id === nameOf(id));
    const terms = new Map(
      source?.terms.map((term, at) => [term, { term, value: source.owns[at] as number, from: null as string | null }]),
    );
    for (const { number: term, value, source: from } of parts ?? []) {
      const received = (value ?? 0) / (divisor ?? 1);
      if (received > (terms.get(term)?.value ?? 0))
        terms.set(term, { term, value: received, from: nameOf(from as string) });
    }
    return {
      id: id && nameOf(id),
      lineageId: nameOf(lineage),
      score: words,
      own: source?.owns.reduce((sum, value) => sum + value, 0) ?? 0,
      spreadDivisor: divisor ?? 1,
      terms: [...terms.values()].sort((a, b) => a.term - b.term),
      sources: (from ?? []).map(nameOf).sort(),
    };
  });
}
