import { createHmac, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;
const PREFIX = 'whsec_';

/** A secret as Standard Webhooks writes it: `whsec_` and 32 random bytes in base64. */
export const newSecret = (): string => PREFIX + randomBytes(SECRET_BYTES).toString('base64');

/** What a request says of itself, by Standard Webhooks: the receiver knows by `id` what it has got already. */
export interface Signed {
  id: string;
  /** Of the attempt: a receiver refuses what is some minutes old. */
  sentAt: Date;
  body: string;
}

/** The headers of a signed request. */
export function signedHeaders({ id, sentAt, body }: Signed, secret: string): Record<string, string> {
  const seconds = String(Math.floor(sentAt.getTime() / 1000));
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${signature}` };
}
