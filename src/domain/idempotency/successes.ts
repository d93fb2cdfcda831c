import { createHmac } from 'node:crypto';
import { type InferSelectModel, sql } from 'drizzle-orm';
import { json, texts, uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, insertSelect, names, pick, type RowOf, set, under } from '../../db/typed-sql.ts';
import { ErasedSince, IdempotencyConflict } from '../../kernel/errors.ts';
import { jsonPieces, Turns } from '../../kernel/turns.ts';
import { contradictions } from '../../tables/contradiction.ts';
import { findings } from '../../tables/finding.ts';
import { idempotencyKeys, idempotencySubjects } from '../../tables/idempotency.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';
import { profiles } from '../../tables/summary.ts';
import { workspaces } from '../../tables/workspace.ts';

const c = under(contradictions, 'c');
const f = under(findings, 'f');
const k = under(idempotencyKeys, 'k');
const m = under(memories, 'm');
const old = under(idempotencyKeys, 'old');
const p = under(profiles, 'p');
const r = under(relations, 'r');
const s = under(idempotencySubjects, 's');
const w = under(workspaces, 'w');

/** Result ids and scalars of a mutation: what its payload's fields are read from. */
export type Outcome = Record<string, unknown>;

const KEPT = sql`interval '7 days'`;

/** A mutation that came with an idempotency key. */
export interface Attempt {
  /** The credential that sent it: what it stays when a key is rotated, or a token refreshed. */
  owner: string;
  key: string;
  mutation: string;
  /** As GraphQL's coercion left it: equal inputs are the same attempt. */
  input: unknown;
}

/** An attempt as it is kept: what callers chose only as digests. */
export type Claim = Pick<InferSelectModel<typeof idempotencyKeys>, 'owner' | 'key' | 'mutation' | 'inputHash'>;

/** Digests that nobody can compare with what they guess, unless they have the workspace's secret (HMAC-SHA-256). */
export async function claimOf({ owner, key, mutation, input }: Attempt, secret: string): Promise<Claim> {
  const hmac = (what: string) => createHmac('sha256', secret).update(`${what} `);
  const digest = (what: string, value: string) => hmac(what).update(JSON.stringify(value)).digest('base64url');
  // An input may be large.
  const hash = hmac('input');
  const turns = new Turns();
  for (const piece of jsonPieces(input)) {
    await turns.next();
    hash.update(piece);
  }
  return { owner: digest('owner', owner), key: digest('key', key), mutation, inputHash: hash.digest('base64url') };
}

const success = fields({
  ...pick(k, 'mutation', 'inputHash', 'result', 'isErased'),
  isOver: sql<boolean>`${k.recordedAt} < now() - ${KEPT}`,
});

/**
 * Claims a key for this transaction, or answers with the success it has had. A concurrent holder of the key is waited
 * for. Throws IdempotencyConflict where the credential used the key otherwise, ErasedSince where something that the
 * success named is gone.
 */
export async function claim(tx: WriteTransaction, attempt: Attempt): Promise<{ claim: Claim } | { before: Outcome }> {
  const [row] = await tx.rows<{ secret: string }>(
    sql`select ${w.secret} from ${aliased(w)} where ${w.id} = ${tx.workspaceId}`,
  );
  const claim = await claimOf(attempt, row?.secret as string);
  if (await insertClaim(tx, claim)) return { claim };
  const [kept] = await tx.rows<RowOf<typeof success>>(
    sql`select ${success} from ${aliased(k)} where ${isClaim(tx, claim)}`,
  );
  if (kept?.isOver) {
    await tx.rows(sql`delete from ${aliased(k)} where ${isClaim(tx, claim)}`);
    if (await insertClaim(tx, claim)) return { claim };
  }
  const { key, mutation } = attempt;
  if (!kept || kept.mutation !== mutation || kept.inputHash !== claim.inputHash) {
    throw new IdempotencyConflict(key, kept?.mutation ?? mutation);
  }
  if (kept.isErased) throw new ErasedSince(key, mutation);
  return { before: kept.result as Outcome };
}

const isClaim = (tx: WriteTransaction, { owner, key }: Pick<Claim, 'owner' | 'key'>) =>
  sql`${k.workspaceId} = ${tx.workspaceId} and ${k.owner} = ${owner} and ${k.key} = ${key}`;

/** False where there is one of its owner and key. */
async function insertClaim(tx: WriteTransaction, { owner, key, mutation, inputHash }: Claim): Promise<boolean> {
  const insert = insertSelect(
    idempotencyKeys,
    {
      workspaceId: sql`${tx.workspaceId}`,
      owner: sql`${owner}`,
      key: sql`${key}`,
      mutation: sql`${mutation}`,
      inputHash: sql`${inputHash}`,
      result: sql`null`,
      recordedAt: sql`clock_timestamp()`,
    },
    sql.empty(),
  );
  const claimed = await tx.rows(sql`
    ${insert} on conflict (${names(idempotencyKeys, 'workspaceId', 'owner', 'key')}) do nothing returning 1 as claimed`);
  return claimed.length > 0;
}

/**
 * Keeps the success of a claimed key. `subjects` are memories, relations, contradictions, findings and profiles: forgetting
 * one of the memories, an end, a side or a summary, empties it.
 */
export async function keepSuccess(
  tx: WriteTransaction,
  claim: Claim,
  result: Outcome,
  subjects: readonly string[],
): Promise<void> {
  await tx.rows(sql`
    update ${aliased(k)} set ${set(idempotencyKeys, { result: json(result) })} where ${isClaim(tx, claim)}`);
  if (subjects.length === 0) return;
  const lineages = sql`from (
    select ${m.lineageId} as lineage from ${aliased(m)}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${uuids(subjects)})
    union
    select unnest(array[${r.fromLineageId}, ${r.toLineageId}]) from ${aliased(r)}
    where ${r.workspaceId} = ${tx.workspaceId} and ${r.id} = any(${uuids(subjects)})
    union
    select unnest(array[${c.memoryLineageId}, ${c.byLineageId}]) from ${aliased(c)}
    where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = any(${uuids(subjects)})
    union
    select unnest(array[${f.memoryLineageId}, ${f.byLineageId}]) from ${aliased(f)}
    where ${f.workspaceId} = ${tx.workspaceId} and ${f.id} = any(${uuids(subjects)})
    union
    select ${p.summaryLineageId} from ${aliased(p)}
    where ${p.workspaceId} = ${tx.workspaceId} and ${p.id} = any(${uuids(subjects)})
  ) subject`;
  const subject = {
    workspaceId: sql`${tx.workspaceId}`,
    lineageId: sql`subject.lineage`,
    owner: sql`${claim.owner}`,
    key: sql`${claim.key}`,
  };
  await tx.rows(insertSelect(idempotencySubjects, subject, lineages));
}

/** What a success becomes when something that it named is erased: the key is known, so that a retry makes nothing. */
const emptied = set(idempotencyKeys, { result: sql`'{}'`, isErased: sql`true` });

/** Empties the successes whose outcome contains this: what upserts of one companion or user answered. */
export async function emptySuccessesOf(tx: WriteTransaction, outcome: Outcome): Promise<void> {
  await tx.rows(sql`
    update ${aliased(k)} set ${emptied} where ${k.workspaceId} = ${tx.workspaceId} and ${k.result} @> ${json(outcome)}`);
}

/** Empties the successes whose outcome names one of these by the field, or in a list of them: `entityId`, `entityIds`. */
export async function emptySuccessesOfAny(tx: WriteTransaction, field: string, ids: readonly string[]): Promise<void> {
  await tx.rows(sql`
    update ${aliased(k)} set ${emptied}
    where ${k.workspaceId} = ${tx.workspaceId} and (
      (${k.result} ->> ${field}::text) = any(${texts(ids)}) or ${k.result} -> ${`${field}s`}::text ?| ${texts(ids)})`);
}

/** Empties the successes that mention these lineages. */
export async function emptySuccesses(tx: WriteTransaction, lineageIds: readonly string[]): Promise<void> {
  await tx.rows(sql`
    update ${aliased(k)} set ${emptied} from ${aliased(s)}
    where ${s.workspaceId} = ${tx.workspaceId} and ${s.lineageId} = any(${uuids(lineageIds)})
      and ${k.workspaceId} = ${s.workspaceId} and ${k.owner} = ${s.owner} and ${k.key} = ${s.key}`);
}

/** Deletes successes that are older than 7 days, at most `limit`, and returns how many. */
export async function deleteOldSuccesses(tx: WriteTransaction, limit: number): Promise<number> {
  const rows = await tx.rows(sql`
    delete from ${aliased(k)} where ${k.workspaceId} = ${tx.workspaceId} and (${k.owner}, ${k.key}) in (
      select ${old.owner}, ${old.key} from ${aliased(old)}
      where ${old.workspaceId} = ${tx.workspaceId} and ${old.recordedAt} < now() - ${KEPT}
      order by ${old.recordedAt} limit ${limit} for update skip locked)
    returning 1 as gone`);
  return rows.length;
}
