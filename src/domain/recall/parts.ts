import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, fenced } from '../../db/sql.ts';
import { aliased, fields, under } from '../../db/typed-sql.ts';
import { confidenceSql } from '../../model/belief/confidence.ts';
import { importanceSql } from '../../model/decay/importance.ts';
import { type MemoryColumns, presentSql } from '../../model/memory/columns.ts';
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
/** Rows of `memories`: those that were found. */
export const found = under(memories, 'found');

/** How many characters of a content are read for cues, from the beginning. */
const LOOKED_AT = 2_000;

/** The cosine similarity of the memory `found`; null if it has no vector. */
export const similaritySql = (vector: QueryVector, { workspaceId }: Reading): SQL => sql`(
  select 1 - (${e.embedding} <=> ${vectorText(vector.values)}::vector) from ${aliased(e)}
  where ${all(modelSql(vector, workspaceId))} and ${e.memoryId} = ${found.id})`;

/** The weights of the vectors of neighbouring memories, by distance: [hops, weight]. */
const around = Object.entries(neighborWeights).filter(([hops]) => hops !== '0');

/**
 * The mean of the cosine similarities of the memory `found` and of the current versions of the memories before and after
 * it, weighted by {@link neighborWeights}; those without a vector are left out. Each is looked up by itself: without
 * statistics the planner would read whole tables.
 */
export function aroundSql(vector: QueryVector, reading: Reading): SQL {
  const { workspaceId } = reading;
  const versions = fenced(sql`
    select * from ${reading.from(m)} where ${m.workspaceId} = ${workspaceId} and ${m.lineageId} = near.id`);
  return sql`(
    select sum(part.weight * (1 - v.distance)) / sum(part.weight)
    from (
      select ${found.id} as id, 1::float8 as weight
      union all
      select m.id, w.weight from (
        select ${n.near}, ${n.hops} from ${aliased(n)}
        where ${n.workspaceId} = ${workspaceId} and ${n.lineageId} = ${found.lineageId} limit 1
      ) n
      cross join (values ${sql.raw(around.map(([hops, weight]) => `(${hops}, ${weight}::float8)`).join(', '))}) w (hops, weight)
      cross join lateral (
        select near.id from unnest(${n.near}, ${n.hops}) with ordinality near (id, hops, place)
        where near.hops = w.hops order by near.place limit 1
      ) near
      cross join lateral (
        select ${m.id} from ${versions} m where ${presentSql(m, reading.validAt)} order by ${m.id} desc limit 1
      ) m
    ) part
    cross join lateral (
      select ${e.embedding} <=> ${vectorText(vector.values)}::vector as distance from ${aliased(e)}
      where ${all(modelSql(vector, workspaceId))} and ${e.memoryId} = part.id limit 1
    ) v)`;
}

/** What of a memory is looked at: each column costs, and few questions need all. */
export interface Looked {
  analysis: Analysis | null;
  /** What has ended may be found, too. */
  mayHaveEnded: boolean;
}

/** What the score of the memory `found` depends on besides the question, and its place in lists. */
export function partsFields(reading: Reading, columns: MemoryColumns, { analysis, mayHaveEnded }: Looked): SQL {
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
    ...(!columns.has('content') && { beginning: beginningSql(analysis) }),
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
  /** Where the content is not among the columns. */
  beginning?: string;
}

/** What is looked at of the content of the memory `found`: a time may be told further down than a question is asked. */
const beginningSql = (analysis: Analysis | null): SQL =>
  sql`left(${found.content}, ${sql.raw(String(analysis?.asksForTime ? LOOKED_AT : LONGEST_QUESTION + 1))})`;

/** The same of a content that was read already; a character has one or two code units. */
export const beginningOf = (content: string): string =>
  content.length <= LOOKED_AT ? content : [...content.slice(0, 2 * LOOKED_AT)].slice(0, LOOKED_AT).join('');
