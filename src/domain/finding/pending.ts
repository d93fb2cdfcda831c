import { type SQL, sql } from 'drizzle-orm';
import { NOW, Reading } from '../../db/reading.ts';
import { uuids } from '../../db/sql.ts';
import type { Transaction, WriteTransaction } from '../../db/transaction.ts';
import { aliased, aliasOf, derived, fields, pick, type RowOf, set, under } from '../../db/typed-sql.ts';
import { theNow } from '../../kernel/point.ts';
import { JUDGEABLE, standsSql } from '../../model/finding/outdated.ts';
import { findings } from '../../tables/finding.ts';
import { memories } from '../../tables/memory.ts';
import { MOST_FINDINGS } from './detect.ts';

const f = under(findings, 'f');
const top = under(findings, 'top');
const newer = under(memories, 'newer');
const older = under(memories, 'older');

/** Of a longer content its beginning is sent; of a longer part, too. */
const MAX_CONTENT = 2_000;
const MAX_PART = 500;
/**
 * How often a model is asked about a finding: where it refuses, or answers with something else, and where its server is
 * at fault, which takes a day to come to so many.
 */
const MOST_ATTEMPTS = { refused: 3, unavailable: 30 };
/** After a failure it is asked again after so long, then after twice as long each time, an hour at most. */
const FIRST_SECONDS = 30;
const MAX_SECONDS = 3_600;

/**
 * Claims the findings of the memory that has waited longest, five at most, for this worker alone and for so many seconds:
 * after that it has died. Several servers may do so at once. Returns their keys; none: nothing is due.
 */
export async function claimFindings(tx: WriteTransaction, claim: string, seconds: number): Promise<string[]> {
  await tx.rows(sql`select pg_advisory_xact_lock(hashtextextended(${`findings ${tx.workspaceId}`}, 0))`);
  const expiry = sql`${NOW} + make_interval(secs => ${seconds})`;
  const first = derived('first', pick(top, 'byId', 'byLineageId'));
  const rows = await tx.rows<{ id: string }>(sql`
    with first as (
      select ${fields(pick(top, 'byId', 'byLineageId'))} from ${aliased(top)}
      where ${top.workspaceId} = ${tx.workspaceId} and ${top.dueAt} <= ${NOW} order by ${top.dueAt}, ${top.id} limit 1
    ), due as (
      select ${fields(pick(f, 'id'))} from ${aliased(f)} cross join first
      where ${f.workspaceId} = ${tx.workspaceId} and ${f.byLineageId} = ${first.byLineageId} and ${f.byId} = ${first.byId}
        and ${f.dueAt} <= ${NOW}
      order by ${f.score} desc, ${f.id} limit ${MOST_FINDINGS} for update of f skip locked
    )
    update ${aliased(f)} set ${set(findings, { claim: sql`${claim}::uuid`, dueAt: expiry })}
    where ${f.workspaceId} = ${tx.workspaceId} and ${f.id} = any(array(select ${derived('due', pick(f, 'id')).id} from due))
    returning ${fields(pick(f, 'id'))}`);
  return rows.map(({ id }) => id);
}

/** Those of a claim that nobody has judged and whose worker still has them. */
const ofClaim = (tx: Transaction, ids: readonly string[], claim: string): SQL =>
  sql`${f.workspaceId} = ${tx.workspaceId} and ${f.id} = any(${uuids(ids)}) and ${f.claim} = ${claim}::uuid and ${f.verdict} is null`;

/** Both memories are still believed, or will be. */
const stands = (tx: Transaction): SQL => {
  const reading = new Reading(tx.workspaceId, theNow);
  return sql`(${standsSql(f.memoryId, reading, JUDGEABLE)} and ${standsSql(f.byId, reading, JUDGEABLE)})`;
};

const cut = (text: SQL<string>, most: number) => sql<string>`left(${text}, ${sql.raw(String(most))})`;

const asked = fields({
  ...pick(f, 'id', 'kind', 'reason'),
  memoryText: cut(f.memoryText, MAX_PART),
  byText: cut(f.byText, MAX_PART),
  olderContent: cut(older.content, MAX_CONTENT),
  newerContent: cut(newer.content, MAX_CONTENT),
  olderFrom: older.validFrom,
  newerFrom: newer.validFrom,
});
/** A finding that a model is asked about, with what it is sent of both memories. */
export type AskedFinding = RowOf<typeof asked>;

/** What a model is asked of a claim: of findings whose memories are still there, and believed. */
export function askedOf(tx: Transaction, ids: readonly string[], claim: string): Promise<AskedFinding[]> {
  const side = (row: typeof older, id: SQL) =>
    sql`cross join lateral (
      select * from ${aliased(row)} where ${row.workspaceId} = ${tx.workspaceId} and ${row.id} = ${id} limit 1) ${aliasOf(row)}`;
  return tx.rows<AskedFinding>(sql`
    select ${asked} from ${aliased(f)} ${side(older, f.memoryId)} ${side(newer, f.byId)}
    where ${ofClaim(tx, ids, claim)} and ${stands(tx)} order by ${f.id}`);
}

const claimed = fields({ ...pick(f, 'id', 'memoryId', 'byId', 'isHidden', 'opens') });
export type ClaimedFinding = RowOf<typeof claimed> & { stands: boolean };

/** The findings of a claim that are still there, and not judged, locked until the transaction ends. */
export const lockClaimed = (tx: WriteTransaction, ids: readonly string[], claim: string): Promise<ClaimedFinding[]> =>
  tx.rows<ClaimedFinding>(sql`
    select ${claimed}, ${stands(tx)} as stands from ${aliased(f)} where ${ofClaim(tx, ids, claim)}
    order by ${f.id} for update of f`);

/** Makes what workers have claimed due at once: for where none but this process can have any. */
export const forgetClaims = (tx: WriteTransaction): Promise<unknown> =>
  tx.rows(sql`
    update ${aliased(f)} set ${set(findings, { dueAt: NOW, claim: sql`null` })}
    where ${f.workspaceId} = ${tx.workspaceId} and ${f.dueAt} is not null and ${f.claim} is not null`);

/** Nothing is asked about these any more. */
export const finish = (tx: WriteTransaction, ids: readonly string[], claim: string): Promise<unknown> =>
  tx.rows(sql`
    update ${aliased(f)} set ${set(findings, { dueAt: sql`null`, claim: sql`null` })}
    where ${f.workspaceId} = ${tx.workspaceId} and ${f.id} = any(${uuids(ids)}) and ${f.claim} = ${claim}::uuid`);

/** Findings of a claim are due again at once: nothing was sent. */
export const release = (tx: WriteTransaction, ids: readonly string[], claim: string): Promise<unknown> =>
  tx.rows(sql`
    update ${aliased(f)} set ${set(findings, { dueAt: NOW, claim: sql`null` })}
    where ${f.workspaceId} = ${tx.workspaceId} and ${f.id} = any(${uuids(ids)}) and ${f.claim} = ${claim}::uuid`);

/** Findings of a claim are asked about later, or given up: then they stay as they are, shown or not. */
export function postpone(
  tx: WriteTransaction,
  ids: readonly string[],
  claim: string,
  why: keyof typeof MOST_ATTEMPTS,
): Promise<unknown> {
  const wait = sql`least(${MAX_SECONDS}, ${FIRST_SECONDS} * power(2, least(${f.attempts}, 20)))`;
  return tx.rows(sql`
    update ${aliased(f)} set ${set(findings, {
      attempts: sql`${f.attempts} + 1`,
      claim: sql`null`,
      dueAt: sql`case when ${f.attempts} + 1 < ${MOST_ATTEMPTS[why]} then ${NOW} + make_interval(secs => ${wait}) end`,
    })}
    where ${f.workspaceId} = ${tx.workspaceId} and ${f.id} = any(${uuids(ids)}) and ${f.claim} = ${claim}::uuid`);
}

/** About how many findings of the workspace a model is still to be asked, at most `most`. */
export async function countUnconfirmed(tx: Transaction, most: number): Promise<number> {
  const [row] = await tx.rows<{ count: number }>(sql`
    select count(*)::int as count from (
      select from ${aliased(f)} where ${f.workspaceId} = ${tx.workspaceId} and ${f.dueAt} is not null limit ${most}) f`);
  return row?.count ?? 0;
}
