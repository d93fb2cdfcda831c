import { z } from 'zod';

/** The settings, by the environment variables they are read from. */
export const consolidationVariables = {
  CONSOLIDATE: z
    .enum(['off', 'daily', 'threshold'])
    .default('off')
    .meta({
      description:
        'When memories are consolidated in the background: `daily`: once a day for each companion; `threshold`: as soon as ' +
        'CONSOLIDATE_THRESHOLD memories of a companion have been recorded since the last time; `off`: when they are asked to be.',
    }),
  CONSOLIDATE_THRESHOLD: z.coerce.number().int().min(1).max(10_000).default(100).meta({
    description: 'After how many memories of a companion CONSOLIDATE=threshold has them consolidated.',
    unit: 'memories',
  }),
};

/** What makes it time for a run over the memories of a companion. */
export type ConsolidationTrigger = { when: 'daily' } | { when: 'threshold'; threshold: number };

/** The same settings, read; null: there are no runs in the background. */
export function consolidationOf(
  data: z.output<z.ZodObject<typeof consolidationVariables>>,
): ConsolidationTrigger | null {
  if (data.CONSOLIDATE === 'off') return null;
  return data.CONSOLIDATE === 'daily'
    ? { when: 'daily' }
    : { when: 'threshold', threshold: data.CONSOLIDATE_THRESHOLD };
}
