import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { json, texts, uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { IdempotencyConflict } from '../../kernel/errors.ts';
import { idempotencyKeys } from '../../tables/idempotency.ts';

const k = under(idempotencyKeys, 'k');

/** Result ids and scalars of a mutation: what its payload's fields are read from. */
export type Outcome = Record<string, unknown>;

const KEPT = sql`interval '7 days'`;

/** Tells inputs apart: equal for inputs that are equal after GraphQL's coercion. */
export const hashInput = (input: unknown): string => createHash('sha256').update(JSON.stringify(input)).digest('hex');

export interface Claim {
  key: string;
  mutation: string;
  inputHash: string;
}

/**
 * Claims a key for this transaction, or answers with the success it has had. A concurrent holder of the key is waited
 * for. Throws IdempotencyConflict where the key was used otherwise.
 */
export async function claim(tx: WriteTransaction, { key, mutation, inputHash }: Claim): Promise<Outcome | undefined> {
  await tx.rows(sql`
    delete from idempotency_keys where workspace_id = ${tx.workspaceId} and recorded_at < now() - ${KEPT}
      and (key = ${key} or key in (
        select key from idempotency_keys where workspace_id = ${tx.workspaceId} and recorded_at < now() - ${KEPT}
        order by recorded_at limit 100 for update skip locked))`);
  const claimed = await tx.rows(sql`
    insert into idempotency_keys (workspace_id, key, mutation, input_hash, recorded_at)
    values (${tx.workspaceId}, ${key}, ${mutation}, ${inputHash}, clock_timestamp())
    on conflict (workspace_id, key) do nothing returning 1 as claimed`);
  if (claimed.length > 0) return undefined;
  const [kept] = await tx.rows<{ mutation: string; inputHash: string; result: Outcome }>(sql`
    select mutation, input_hash as "inputHash", result from idempotency_keys
    where workspace_id = ${tx.workspaceId} and key = ${key}`);
  if (!kept || kept.mutation !== mutation || kept.inputHash !== inputHash) {
    throw new IdempotencyConflict(key, kept?.mutation ?? mutation);
  }
  return kept.result;
}

/** Keeps the success of a claimed key; forgetting one of the memories, or an end of a relation, will forget it too. */
export async function keepSuccess(
  tx: WriteTransaction,
  key: string,
  result: Outcome,
  subjects: readonly string[],
): Promise<void> {
  await tx.rows(sql`
    update idempotency_keys set result = ${json(result)} where workspace_id = ${tx.workspaceId} and key = ${key}`);
  if (subjects.length === 0) return;
  await tx.rows(sql`
    insert into idempotency_subjects (workspace_id, lineage_id, key)
    select ${tx.workspaceId}::uuid, lineage_id, ${key}::text from (
      select lineage_id from memories where workspace_id = ${tx.workspaceId} and id = any(${uuids(subjects)})
      union
      select unnest(array[from_lineage_id, to_lineage_id]) from relations
      where workspace_id = ${tx.workspaceId} and id = any(${uuids(subjects)})
    ) subject`);
}

/** Forgets the successes whose outcome contains this: what upserts of one companion or user answered. */
export async function forgetSuccessesOf(tx: WriteTransaction, outcome: Outcome): Promise<void> {
  await tx.rows(sql`
    delete from idempotency_keys where workspace_id = ${tx.workspaceId} and result @> ${json(outcome)}`);
}

/** Forgets the successes whose outcome names one of these by the field. */
export async function forgetSuccessesOfAny(tx: WriteTransaction, field: string, ids: readonly string[]): Promise<void> {
  await tx.rows(sql`
    delete from idempotency_keys where workspace_id = ${tx.workspaceId} and (result ->> ${field}::text) = any(${texts(ids)})`);
}

/** Forgets the successes that speak of these lineages. */
export async function forgetSuccesses(tx: WriteTransaction, lineageIds: readonly string[]): Promise<void> {
  await tx.rows(sql`
    delete from ${aliased(k)} using idempotency_subjects s
    where s.workspace_id = ${tx.workspaceId} and s.lineage_id = any(${uuids(lineageIds)})
      and ${k.workspaceId} = s.workspace_id and ${k.key} = s.key`);
}
