import { z } from 'zod';
import type { RetentionSettings } from './retention.ts';

/** The settings, by the environment variables they are read from. */
export const retentionVariables = {
  AUDIT_DAYS: z.coerce.number().int().min(1).max(3_650).default(90).meta({
    description: 'How long the audit trail is kept: refusals, and what operators and holders of ADMIN did.',
    unit: 'days',
  }),
};

/** The same settings, read. */
export const retentionOf = (data: z.output<z.ZodObject<typeof retentionVariables>>): RetentionSettings => ({
  auditDays: data.AUDIT_DAYS,
});
