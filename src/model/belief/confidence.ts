import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { holdsSql } from './validity.ts';

/** Nothing is certain enough to outweigh every contradiction: stated confidences count as at most this, here alone. */
const MOST = sql`0.99::float8`;

/** PostgreSQL fails where a product underflows: what is this small changes nothing, and no product gets smaller. */
const LEAST = sql`1e-100::float8`;
const LEAST_LOG = sql`-200::float8`;

/** The open contradictions of memory `m` whose other side, `other`, holds at the reading's point. */
const countingSql = (m: SQL, reading: Reading, select: SQL): SQL => {
  const { workspaceId, validAt } = reading;
  const side = (own: SQL, far: SQL) => sql`
    select c.strength, other.confidence from ${reading.from('contradictions')} c
    ${reading.lookUp('memories', sql`other`, sql`other.id = ${far} and ${holdsSql(sql`other`, validAt)}`)}
    where c.workspace_id = ${workspaceId} and ${own} = ${m}.id and c.status = 'OPEN'`;
  return sql`select ${select} from (
    ${side(sql`c.memory_id`, sql`c.by_id`)} union all ${side(sql`c.by_id`, sql`c.memory_id`)}) counting`;
};

/** True of a memory, a row under the alias `m`, that holds and has an open contradiction whose other side holds too. */
export const disputedSql = (m: SQL, reading: Reading): SQL =>
  sql`(${m}.is_contested and ${holdsSql(m, reading.validAt)} and exists (${countingSql(m, reading, sql`1`)}))`;

/**
 * The confidence of a row of `memories` under the alias `m`, 0–1. With stated confidence a and counting contradictions
 * of strength sᵢ by memories of bᵢ: P = Π (1 − sᵢ·bᵢ), a·P / (1 − a + a·P). That is Bayes' rule for independent
 * contradictors, whose odds multiply. Factors are multiplied in the order of their size, so that the order of arrival
 * does not show even in the last digit.
 */
export const confidenceSql = (m: SQL, reading: Reading): SQL => {
  const a = sql`least(${m}.confidence, ${MOST})`;
  const factor = sql`case when least(counting.strength, counting.confidence) <= ${LEAST} then 0
    else ln(1 - counting.strength * least(counting.confidence, ${MOST})) end`;
  // Null, and then what is stated, where nothing counts.
  const product = sql`exp(case when count(*) > 0 then greatest(${LEAST_LOG}, sum(${factor} order by ${factor})) end)`;
  return sql`(case when ${m}.is_contested and ${m}.confidence > ${LEAST} and ${holdsSql(m, reading.validAt)} then coalesce((
    select ${a} * p / (1 - ${a} + ${a} * p) from (${countingSql(m, reading, sql`${product} as p`)}) contradicted
  ), ${m}.confidence) else ${m}.confidence end)`;
};
