import { and, desc, eq, type InferSelectModel, isNull, sql } from 'drizzle-orm';
import { CLOCK, texts, uuids } from '../../db/sql.ts';
import type { Transaction, WriteTransaction } from '../../db/transaction.ts';
import { aliased, pick, recordset, set, under } from '../../db/typed-sql.ts';
import { newId } from '../../kernel/ids.ts';
import type { Restriction } from '../../kernel/principal.ts';
import { apiKeys } from '../../tables/credential.ts';
import { query } from '../../tables/drizzle-relations.ts';
import { recordAction } from '../audit/entries.ts';
import { newApiKey, publicKeyId } from './secret.ts';

/** The most keys that are listed. */
const MAX_LISTED = 1_000;

const k = under(apiKeys, 'k');

type ApiKey = InferSelectModel<typeof apiKeys>;
/** A key as its operator sees it. */
export type KeyDetails = Omit<ApiKey, 'workspaceId' | 'secretHash' | 'previousHash'>;

const { id, name, createdAt, expiresAt, revokedAt, secretHash, previousHash, previousUntil, lastUsedAt } = apiKeys;
// Arrays travel as JSON: only one of the drivers reads PostgreSQL's own form of them.
const scopes = sql<ApiKey['scopes']>`to_json(${apiKeys.scopes})`;
const companions = sql<ApiKey['companions']>`to_json(${apiKeys.companions})`;
const users = sql<ApiKey['users']>`to_json(${apiKeys.users})`;
const details = { id, name, scopes, createdAt, expiresAt, revokedAt, previousUntil, lastUsedAt, companions, users };

const isKey = ({ workspaceId }: Transaction, keyId: string) => and(eq(apiKeys.workspaceId, workspaceId), eq(id, keyId));

interface NewKey extends Pick<ApiKey, 'name' | 'expiresAt'> {
  scopes: readonly ApiKey['scopes'][number][];
  /** What of the workspace it sees; default: all. */
  restriction?: Restriction | null;
}

/** Makes a key. Its token is returned here and never again. */
export async function createKey(
  tx: WriteTransaction,
  { restriction, ...given }: NewKey,
): Promise<{ key: KeyDetails; token: string }> {
  const keyId = newId();
  const { token, secretHash } = newApiKey(tx.workspaceId, keyId);
  const listed = (ids: readonly string[] | null | undefined) => ids && uuids(ids);
  const [key] = await query(tx)
    .insert(apiKeys)
    .values({
      ...given,
      workspaceId: tx.workspaceId,
      id: keyId,
      secretHash,
      scopes: texts(given.scopes),
      companions: listed(restriction?.companions) ?? null,
      users: listed(restriction?.users) ?? null,
    })
    .returning(details);
  await recordAction(tx, 'key create', publicKeyId(keyId));
  return { key: key as KeyDetails, token };
}

/**
 * Gives a key another secret, whose token is returned here and never again. The one before is taken for `overlapMs`
 * more; one from before that no longer. undefined where there is no such key, or it has been revoked.
 */
export async function rotateKey(
  tx: WriteTransaction,
  keyId: string,
  overlapMs: number,
): Promise<{ key: KeyDetails; token: string } | undefined> {
  const made = newApiKey(tx.workspaceId, keyId);
  const until = sql`${CLOCK} + ${overlapMs} * interval '1 millisecond'`;
  const [key] = await query(tx)
    .update(apiKeys)
    .set({ secretHash: made.secretHash, previousHash: secretHash, previousUntil: until })
    .where(and(isKey(tx, keyId), isNull(revokedAt)))
    .returning(details);
  if (key) await recordAction(tx, 'key rotate', publicKeyId(keyId));
  return key && { key, token: made.token };
}

/** Notes that keys have been used, at moments of this process's clock; what is noted already and later stays. */
export async function noteUse(tx: WriteTransaction, used: ReadonlyMap<string, Date>): Promise<void> {
  const columns = pick(apiKeys, 'id', 'lastUsedAt');
  const given = recordset(
    'given',
    columns,
    [...used].map(([id, lastUsedAt]) => ({ id, lastUsedAt })),
  );
  await tx.rows(sql`
    update ${aliased(k)} set ${set(apiKeys, { lastUsedAt: sql`greatest(${k.lastUsedAt}, ${given.lastUsedAt})` })}
    from ${aliased(given)} where ${k.workspaceId} = ${tx.workspaceId} and ${k.id} = ${given.id}`);
}

/** Takes what is deleted out of what keys are restricted to. Such a key sees less then, and never more. */
export async function removeFromRestrictions(
  tx: WriteTransaction,
  of: 'companions' | 'users',
  deleted: string,
): Promise<void> {
  await tx.rows(sql`
    update ${aliased(k)} set ${set(apiKeys, { [of]: sql`array_remove(${k[of]}, ${deleted}::uuid)` })}
    where ${k.workspaceId} = ${tx.workspaceId} and ${deleted}::uuid = any(${k[of]})`);
}

/** All keys ever made, the latest first; at most 1,000. */
export const listKeys = async (tx: Transaction): Promise<KeyDetails[]> =>
  query(tx)
    .select(details)
    .from(apiKeys)
    .where(eq(apiKeys.workspaceId, tx.workspaceId))
    .orderBy(desc(id))
    .limit(MAX_LISTED);

/** Revokes a key; this cannot be undone. undefined where there is none. One revoked before keeps its moment. */
export async function revokeKey(tx: WriteTransaction, keyId: string): Promise<KeyDetails | undefined> {
  const [key] = await query(tx)
    .update(apiKeys)
    .set({ revokedAt: sql`coalesce(${revokedAt}, ${CLOCK})` })
    .where(isKey(tx, keyId))
    .returning(details);
  if (key) await recordAction(tx, 'key revoke', publicKeyId(keyId));
  return key;
}

export type FoundKey = KeyDetails & Pick<ApiKey, 'secretHash' | 'previousHash'>;

/** A key and the hashes of its secrets, for comparing; undefined where there is none. */
export async function findKey(tx: Transaction, keyId: string): Promise<FoundKey | undefined> {
  const [key] = await query(tx)
    .select({ ...details, secretHash, previousHash })
    .from(apiKeys)
    .where(isKey(tx, keyId));
  return key;
}

/** Keys with the hashes of their secrets, by their ids; those that there are not are left out. */
export async function findKeys(tx: Transaction, keyIds: readonly string[]): Promise<Map<string, FoundKey>> {
  const keys = await query(tx)
    .select({ ...details, secretHash, previousHash })
    .from(apiKeys)
    .where(and(eq(apiKeys.workspaceId, tx.workspaceId), sql`${id} = any(${uuids(keyIds)})`));
  return new Map(keys.map((key) => [key.id, key]));
}
