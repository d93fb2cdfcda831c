import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { decodeUuid, encodeUuid } from '../../kernel/ids.ts';

const SECRET_BYTES = 32;
/** With a checksum; keys made before there was one have none. */
const FORM = /^(pal_([0-9a-z]{26})([0-9a-z]{26})_([\w-]{43}))(?:_([0-9a-f]{8}))?$/;

/** What an API key says: it names its workspace, so that it is looked up as anything else of a workspace is. */
export interface ApiKey {
  workspaceId: string;
  keyId: string;
  secretHash: string;
}

/** The form keys are shown and revoked by: it is no secret. */
export const publicKeyId = (keyId: string): string => `key_${encodeUuid(keyId)}`;

/** Reads what {@link publicKeyId} made; undefined for anything else. */
export const parsePublicKeyId = (text: string): string | undefined =>
  text.startsWith('key_') ? decodeUuid(text.slice(4)) : undefined;

/** A new key of a workspace: what its holder sends, `pal_…`, and what is kept of it. */
export function newApiKey(workspaceId: string, keyId: string): { token: string; secretHash: string } {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const token = `pal_${encodeUuid(workspaceId)}${encodeUuid(keyId)}_${secret}`;
  return { token: `${token}_${checksum(token)}`, secretHash: sha256(secret) };
}

/** CRC-32 of what stands before it, in hexadecimal: tells a key from what only looks like one, and protects nothing. */
const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0');

/** Reads a key; undefined for what has not the form of one, or a checksum that does not fit. */
export function parseApiKey(token: string): ApiKey | undefined {
  const [, before = '', workspace = '', key = '', secret = '', sum] = FORM.exec(token) ?? [];
  if (sum !== undefined && sum !== checksum(before)) return undefined;
  const [workspaceId, keyId] = [decodeUuid(workspace), decodeUuid(key)];
  return workspaceId && keyId ? { workspaceId, keyId, secretHash: sha256(secret) } : undefined;
}

/** SHA-256 in base64url. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');
