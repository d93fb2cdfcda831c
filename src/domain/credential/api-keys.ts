import { sql } from 'drizzle-orm';
import type { Transaction, WriteTransaction } from '../../db/transaction.ts';
import { newId } from '../../kernel/ids.ts';
import type { AccessScope } from '../../kernel/principal.ts';
import { newApiKey } from './secret.ts';

/** A key as its operator sees it. */
export interface KeyDetails {
  id: string;
  name: string;
  scopes: AccessScope[];
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
}

const columns = sql.raw(
  `id, name, to_json(scopes) as scopes, created_at as "createdAt", expires_at as "expiresAt", revoked_at as "revokedAt"`,
);

/** Makes a key. Its token is returned here and never again. */
export async function createKey(
  tx: WriteTransaction,
  { name, scopes: granted, expiresAt }: { name: string; scopes: readonly AccessScope[]; expiresAt: Date | null },
): Promise<{ key: KeyDetails; token: string }> {
  const keyId = newId();
  const { token, secretHash } = newApiKey(tx.workspaceId, keyId);
  const [key] = await tx.rows<KeyDetails>(sql`
    insert into api_keys (workspace_id, id, name, secret_hash, scopes, expires_at)
    select ${tx.workspaceId}, ${keyId}, ${name}, ${secretHash},
      array(select jsonb_array_elements_text(${JSON.stringify(granted)}::jsonb)), ${expiresAt}::timestamptz
    returning ${columns}`);
  return { key: key as KeyDetails, token };
}

/** All keys ever made, the latest first; at most 1,000. */
export const listKeys = (scope: Transaction): Promise<KeyDetails[]> =>
  scope.rows<KeyDetails>(sql`
    select ${columns} from api_keys where workspace_id = ${scope.workspaceId} order by id desc limit 1000`);

/** Revokes a key for good; undefined where there is none. One revoked before keeps its moment. */
export async function revokeKey(tx: WriteTransaction, keyId: string): Promise<KeyDetails | undefined> {
  const [key] = await tx.rows<KeyDetails>(sql`
    update api_keys set revoked_at = coalesce(revoked_at, date_trunc('milliseconds', clock_timestamp()))
    where workspace_id = ${tx.workspaceId} and id = ${keyId} returning ${columns}`);
  return key;
}

/** A key and the hash of its secret, for comparing; undefined where there is none. */
export async function findKey(
  scope: Transaction,
  keyId: string,
): Promise<(KeyDetails & { secretHash: string }) | undefined> {
  const [key] = await scope.rows<KeyDetails & { secretHash: string }>(sql`
    select ${columns}, secret_hash as "secretHash" from api_keys
    where workspace_id = ${scope.workspaceId} and id = ${keyId}`);
  return key;
}
