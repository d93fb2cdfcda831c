import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { derived, fields, type Under, under } from '../../db/typed-sql.ts';
import { contradictions } from '../../tables/contradiction.ts';
import { memories } from '../../tables/memory.ts';
import { holdsSql } from './validity.ts';

const c = under(contradictions, 'c');
const other = under(memories, 'other');

/** What an open contradiction contributes. */
const counted = { strength: c.strength, confidence: other.confidence };
const counting = derived('counting', counted);

/** Nothing is certain enough to outweigh every contradiction: here stated confidences count as at most this. */
const MOST = sql`0.99::float8`;

/** PostgreSQL fails where a product underflows: what is this small changes nothing, and no product gets smaller. */
const LEAST = sql`1e-100::float8`;
const LEAST_LOG = sql`-200::float8`;

/** The open contradictions of memory `m` whose other side, `other`, holds at the reading's point. */
const countingSql = (m: Under<typeof memories>, reading: Reading, select: SQL): SQL => {
  const { workspaceId, validAt } = reading;
  const side = (own: SQL, far: SQL) => sql`
    select ${fields(counted)} from ${reading.from(c)}
    ${reading.lookUp(other, sql`${other.id} = ${far} and ${holdsSql(other, validAt)}`)}
    where ${c.workspaceId} = ${workspaceId} and ${own} = ${m.id} and ${c.status} = 'OPEN'`;
  return sql`select ${select} from (
    ${side(c.memoryId, c.byId)} union all ${side(c.byId, c.memoryId)}) counting`;
};

/** True of a memory that holds and has an open contradiction whose other side holds too. */
export const disputedSql = (m: Under<typeof memories>, reading: Reading): SQL<boolean> =>
  sql`(${m.isContested} and ${holdsSql(m, reading.validAt)} and exists (${countingSql(m, reading, sql`1`)}))`;

/**
 * The confidence of a memory, 0–1. With stated confidence a and counting contradictions
 * of strength sᵢ by memories of bᵢ: P = Π (1 − sᵢ·bᵢ), a·P / (1 − a + a·P). That is Bayes' rule for independent
 * contradictors, whose odds multiply. Factors are multiplied in the order of their size, so that the order in
 * which contradictions came does not change even the last digit.
 */
export const confidenceSql = (m: Under<typeof memories>, reading: Reading): SQL<number> => {
  const a = sql`least(${m.confidence}, ${MOST})`;
  const factor = sql`case when least(${counting.strength}, ${counting.confidence}) <= ${LEAST} then 0
    else ln(1 - ${counting.strength} * least(${counting.confidence}, ${MOST})) end`;
  // Null where nothing counts: then the stated confidence is taken.
  const product = sql`exp(case when count(*) > 0 then greatest(${LEAST_LOG}, sum(${factor} order by ${factor})) end)`;
  return sql`(case when ${m.isContested} and ${m.confidence} > ${LEAST} and ${holdsSql(m, reading.validAt)} then coalesce((
    select ${a} * p / (1 - ${a} + ${a} * p) from (${countingSql(m, reading, sql`${product} as p`)}) contradicted
  ), ${m.confidence}) else ${m.confidence} end)`;
};
