import { z } from 'zod';

/** The settings, by the environment variables they are read from. */
export const webhookVariables = {
  WEBHOOK_PRIVATE_ADDRESSES: z
    .enum(['true', 'false', '1', '0'])
    .default('false')
    .meta({
      description:
        'Send webhooks also to this machine and to private networks. Who has ADMIN can then have the server send ' +
        'requests to any address it reaches there.',
    }),
};

export interface WebhookSettings {
  /** Addresses of this machine and of private networks are allowed. */
  privateAddresses: boolean;
}

export const defaultWebhookSettings: WebhookSettings = { privateAddresses: false };

/** The same settings, read. */
export const webhooksOf = (data: z.output<z.ZodObject<typeof webhookVariables>>): WebhookSettings => ({
  privateAddresses: data.WEBHOOK_PRIVATE_ADDRESSES === 'true' || data.WEBHOOK_PRIVATE_ADDRESSES === '1',
});
