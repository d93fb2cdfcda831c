import { and, desc, eq, type InferSelectModel, sql } from 'drizzle-orm';
import { CLOCK, texts } from '../../db/sql.ts';
import type { Transaction, WriteTransaction } from '../../db/transaction.ts';
import { newId } from '../../kernel/ids.ts';
import { apiKeys } from '../../tables/credential.ts';
import { query } from '../../tables/drizzle-relations.ts';
import { recordAction } from '../audit/entries.ts';
import { newApiKey, publicKeyId } from './secret.ts';

/** The most keys that are listed. */
const MAX_LISTED = 1_000;

type ApiKey = InferSelectModel<typeof apiKeys>;
/** A key as its operator sees it. */
export type KeyDetails = Omit<ApiKey, 'workspaceId' | 'secretHash'>;

const { id, name, createdAt, expiresAt, revokedAt, secretHash } = apiKeys;
// Arrays travel as JSON: only one of the drivers reads PostgreSQL's own form of them.
const scopes = sql<ApiKey['scopes']>`to_json(${apiKeys.scopes})`;
const details = { id, name, scopes, createdAt, expiresAt, revokedAt };

const isKey = ({ workspaceId }: Transaction, keyId: string) => and(eq(apiKeys.workspaceId, workspaceId), eq(id, keyId));

/** Makes a key. Its token is returned here and never again. */
export async function createKey(
  tx: WriteTransaction,
  given: Pick<ApiKey, 'name' | 'expiresAt'> & { scopes: readonly ApiKey['scopes'][number][] },
): Promise<{ key: KeyDetails; token: string }> {
  const keyId = newId();
  const { token, secretHash } = newApiKey(tx.workspaceId, keyId);
  const [key] = await query(tx)
    .insert(apiKeys)
    .values({ ...given, workspaceId: tx.workspaceId, id: keyId, secretHash, scopes: texts(given.scopes) })
    .returning(details);
  await recordAction(tx, 'key create', publicKeyId(keyId));
  return { key: key as KeyDetails, token };
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

/** A key and the hash of its secret, for comparing; undefined where there is none. */
export async function findKey(
  tx: Transaction,
  keyId: string,
): Promise<(KeyDetails & Pick<ApiKey, 'secretHash'>) | undefined> {
  const [key] = await query(tx)
    .select({ ...details, secretHash })
    .from(apiKeys)
    .where(isKey(tx, keyId));
  return key;
}
