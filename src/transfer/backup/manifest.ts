import { z } from 'zod';

/** The version of the way backups are written. */
export const FORMAT = 1;

/** What a backup says of itself. */
export const manifestSchema = z.object({
  backup: z.literal('palimpsest'),
  format: z.number().int(),
  /** ISO 8601. */
  madeAt: z.string(),
  /** The major version of PostgreSQL whose files these are. */
  postgresql: z.string(),
  /** The names of the migrations that have been run. */
  migrations: z.array(z.string()),
  /** What is in it, without the manifest and the digests; backups of earlier versions do not say. */
  holds: z.object({ entries: z.int().min(0), bytes: z.int().min(0) }).optional(),
});
export type Manifest = z.output<typeof manifestSchema>;
