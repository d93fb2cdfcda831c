import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all } from '../../db/sql.ts';
import { aliased, fields, under } from '../../db/typed-sql.ts';
import { confidenceSql } from '../../model/belief/confidence.ts';
import { importanceSql } from '../../model/decay/importance.ts';
import { presentSql } from '../../model/memory/columns.ts';
import { neighborWeights } from '../../model/recall/score.ts';
import { memoryEmbeddings } from '../../tables/embedding.ts';
import { memories } from '../../tables/memory.ts';
import { neighborhoods } from '../../tables/recall.ts';
import { vectorText } from '../embedding/vector-text.ts';
import type { Analysis } from './analysis.ts';
import { LONGEST_QUESTION } from './cues.ts';
import { lengthSql } from './sources.ts';
import { modelSql, type QueryVector } from './vectors.ts';

const e = under(memoryEmbeddings, 'e');
const m = under(memories, 'm');
const n = under(neighborhoods, 'n');
const distance = under(memoryEmbeddings, 'distances');
/** Rows of `memories`: those that were found. */
export const found = under(memories, 'found');

/** How many characters of a content are read for cues, from the beginning. */
const LOOKED_AT = 2_000;

/** How far the vector of a memory is from another; no row if it has none. */
const distanceSql = (vector: QueryVector, { workspaceId }: Reading, memory: SQL): SQL => sql`
  select ${e.embedding} <=> ${vectorText(vector.values)}::vector as distance from ${aliased(e)}
  where ${all(modelSql(vector, workspaceId))} and ${e.memoryId} = ${memory}`;

/** A distance that may have been found before, in the table `distances`; null: the memory has no vector. */
const knownDistance = (vector: QueryVector, reading: Reading, memory: SQL, isKnown: boolean): SQL => {
  const looked = sql`(${distanceSql(vector, reading, memory)})`;
  return isKnown ? sql`coalesce(distances.distance, ${looked})` : looked;
};

/** The cosine similarity of the memory `found`; null if it has no vector. Reads `distances`, where that is joined. */
export const similaritySql = (vector: QueryVector, reading: Reading, distances: SQL | undefined): SQL =>
  sql`1 - ${knownDistance(vector, reading, found.id, distances !== undefined)}`;

/** The weights of the vectors of neighbouring memories, by distance: [hops, weight]. */
const weights = Object.entries(neighborWeights).filter(([hops]) => hops !== '0');
const weightsSql = sql.raw(weights.map(([hops, weight], place) => `(${hops}, ${weight}::float8, ${place})`).join(', '));

/**
 * The common table `beside`: the mean of the cosine similarities of each memory `found` and of the current versions of the
 * memories before and after it, weighted by {@link neighborWeights}; those without a vector are left out. By `distances`,
 * if there are any.
 */
export function aroundSql(vector: QueryVector, reading: Reading, distances: SQL | undefined): SQL {
  const { workspaceId } = reading;
  const known = distances ? sql`left join distances on ${distance.memoryId} = part.memory` : sql.empty();
  return sql`neighbor as materialized (
      select ${found.id}, w.weight, w.place, near.lineage from (select distinct ${found.id}, ${found.lineageId} from found) found
      cross join lateral (
        select ${n.near}, ${n.hops} from ${aliased(n)}
        where ${n.workspaceId} = ${workspaceId} and ${n.lineageId} = ${found.lineageId} limit 1
      ) n
      cross join (values ${weightsSql}) w (hops, weight, place)
      cross join lateral (
        select near.lineage from unnest(${n.near}, ${n.hops}) with ordinality near (lineage, hops, place)
        where near.hops = w.hops order by near.place limit 1
      ) near
    ), current as materialized (
      select distinct on (${m.lineageId}) ${m.lineageId} as lineage, ${m.id} from ${reading.from(m)}
      where ${m.workspaceId} = ${workspaceId} and ${m.lineageId} = any(array(select distinct lineage from neighbor))
        and ${presentSql(m, reading.validAt)}
      order by ${m.lineageId}, ${m.id} desc
    ), beside as materialized (
      select part.id, sum(part.weight * (1 - part.distance) order by part.place) / sum(part.weight order by part.place) as similarity
      from (
        select part.id, part.weight, part.place, ${knownDistance(vector, reading, sql`part.memory`, distances !== undefined)} as distance
        from (
          select distinct ${found.id} as id, ${found.id} as memory, 1::float8 as weight, -1 as place from found
          union all
          select neighbor.id, current.id, neighbor.weight, neighbor.place
          from neighbor join current on current.lineage = neighbor.lineage) part
        ${known}) part
      where part.distance is not null group by part.id)`;
}

/** What of a memory is looked at: each column costs, and few questions need all. */
export interface Looked {
  analysis: Analysis | null;
  /** What has ended may be found, too. */
  mayHaveEnded: boolean;
  /** More of each content is compared with others. */
  looksFar: boolean;
}

/** What the score of the memory `found` depends on besides the question, and its place in lists. */
export function partsFields(reading: Reading, { analysis, mayHaveEnded, looksFar }: Looked): SQL {
  const most = sql.raw(String(looksFar || analysis?.asksForTime ? LOOKED_AT : LONGEST_QUESTION + 1));
  const hasEnded = sql`coalesce(${found.validUntil} <= ${reading.instant}, false) or ${found.retractedAt} is not null`;
  return fields({
    speaker: sql`${found.context} ->> 'speaker'`,
    conversation: sql`${found.context} ->> 'conversationId'`,
    validFrom: found.validFrom,
    length: lengthSql(found.content),
    age: sql`date_part('epoch', ${reading.instant} - ${found.validFrom}) / 86400`,
    importance: importanceSql(found, reading),
    confidence: confidenceSql(found, reading),
    ...(analysis?.asksOfSelf && { chatRole: sql`${found.context} ->> 'role'` }),
    ...(mayHaveEnded && { hasEnded }),
    beginning: sql`left(${found.content}, ${most})`,
    isWhole: sql`octet_length(${found.content}) <= ${most}`,
  });
}

/** A row of them; what is not looked at is not there. */
export interface PartsRow extends Record<string, unknown> {
  similarity: number | null;
  around?: number | null;
  speaker: string | null;
  conversation: string | null;
  validFrom: Date;
  length: number;
  age: number;
  importance: number;
  confidence: number;
  chatRole?: string | null;
  hasEnded?: boolean;
  /** Of its content: a time may be told further down than a question is asked. */
  beginning: string;
  /** That is all of it. */
  isWhole: boolean;
}
