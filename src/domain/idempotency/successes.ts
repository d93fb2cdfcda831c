import { createHash } from 'node:crypto';
import { type InferSelectModel, sql } from 'drizzle-orm';
import { json, texts, uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, insertSelect, names, pick, type RowOf, set, under } from '../../db/typed-sql.ts';
import { IdempotencyConflict } from '../../kernel/errors.ts';
import { jsonPieces, Turns } from '../../kernel/turns.ts';
import { idempotencyKeys, idempotencySubjects } from '../../tables/idempotency.ts';
import { memories } from '../../tables/memory.ts';
import { relations } from '../../tables/relation.ts';

const k = under(idempotencyKeys, 'k');
const m = under(memories, 'm');
const old = under(idempotencyKeys, 'old');
const r = under(relations, 'r');
const s = under(idempotencySubjects, 's');

/** Result ids and scalars of a mutation: what its payload's fields are read from. */
export type Outcome = Record<string, unknown>;

const KEPT = sql`interval '7 days'`;

/** Equal for inputs that are equal after GraphQL's coercion, different for others. */
export async function hashInput(input: unknown): Promise<string> {
  const hash = createHash('sha256');
  const turns = new Turns();
  for (const piece of jsonPieces(input)) {
    await turns.next();
    hash.update(piece);
  }
  return hash.digest('hex');
}

export type Claim = Pick<InferSelectModel<typeof idempotencyKeys>, 'key' | 'mutation' | 'inputHash'>;

const success = fields(pick(k, 'mutation', 'inputHash', 'result'));

/**
 * Claims a key for this transaction, or answers with the success it has had. A concurrent holder of the key is waited
 * for. Throws IdempotencyConflict where the key was used otherwise.
 */
export async function claim(tx: WriteTransaction, { key, mutation, inputHash }: Claim): Promise<Outcome | undefined> {
  await tx.rows(sql`
    delete from ${aliased(k)} where ${k.workspaceId} = ${tx.workspaceId} and ${k.recordedAt} < now() - ${KEPT}
      and (${k.key} = ${key} or ${k.key} in (
        select ${old.key} from ${aliased(old)}
        where ${old.workspaceId} = ${tx.workspaceId} and ${old.recordedAt} < now() - ${KEPT}
        order by ${old.recordedAt} limit 100 for update skip locked))`);
  const insert = insertSelect(
    idempotencyKeys,
    {
      workspaceId: sql`${tx.workspaceId}`,
      key: sql`${key}`,
      mutation: sql`${mutation}`,
      inputHash: sql`${inputHash}`,
      result: sql`null`,
      recordedAt: sql`clock_timestamp()`,
    },
    sql.empty(),
  );
  const claimed = await tx.rows(sql`
    ${insert} on conflict (${names(idempotencyKeys, 'workspaceId', 'key')}) do nothing returning 1 as claimed`);
  if (claimed.length > 0) return undefined;
  const [kept] = await tx.rows<RowOf<typeof success>>(sql`
    select ${success} from ${aliased(k)} where ${k.workspaceId} = ${tx.workspaceId} and ${k.key} = ${key}`);
  if (!kept || kept.mutation !== mutation || kept.inputHash !== inputHash) {
    throw new IdempotencyConflict(key, kept?.mutation ?? mutation);
  }
  return kept.result as Outcome;
}

/** Keeps the success of a claimed key; forgetting one of the memories, or an end of a relation, will forget it too. */
export async function keepSuccess(
  tx: WriteTransaction,
  key: string,
  result: Outcome,
  subjects: readonly string[],
): Promise<void> {
  await tx.rows(sql`
    update ${aliased(k)} set ${set(idempotencyKeys, { result: json(result) })}
    where ${k.workspaceId} = ${tx.workspaceId} and ${k.key} = ${key}`);
  if (subjects.length === 0) return;
  const lineages = sql`from (
    select ${m.lineageId} as lineage from ${aliased(m)}
    where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${uuids(subjects)})
    union
    select unnest(array[${r.fromLineageId}, ${r.toLineageId}]) from ${aliased(r)}
    where ${r.workspaceId} = ${tx.workspaceId} and ${r.id} = any(${uuids(subjects)})
  ) subject`;
  const subject = { workspaceId: sql`${tx.workspaceId}`, lineageId: sql`subject.lineage`, key: sql`${key}` };
  await tx.rows(insertSelect(idempotencySubjects, subject, lineages));
}

/** Forgets the successes whose outcome contains this: what upserts of one companion or user answered. */
export async function forgetSuccessesOf(tx: WriteTransaction, outcome: Outcome): Promise<void> {
  await tx.rows(sql`
    delete from ${aliased(k)} where ${k.workspaceId} = ${tx.workspaceId} and ${k.result} @> ${json(outcome)}`);
}

/** Forgets the successes whose outcome names one of these by the field. */
export async function forgetSuccessesOfAny(tx: WriteTransaction, field: string, ids: readonly string[]): Promise<void> {
  await tx.rows(sql`
    delete from ${aliased(k)}
    where ${k.workspaceId} = ${tx.workspaceId} and (${k.result} ->> ${field}::text) = any(${texts(ids)})`);
}

/** Forgets the successes that mention these lineages. */
export async function forgetSuccesses(tx: WriteTransaction, lineageIds: readonly string[]): Promise<void> {
  await tx.rows(sql`
    delete from ${aliased(k)} using ${aliased(s)}
    where ${s.workspaceId} = ${tx.workspaceId} and ${s.lineageId} = any(${uuids(lineageIds)})
      and ${k.workspaceId} = ${s.workspaceId} and ${k.key} = ${s.key}`);
}
