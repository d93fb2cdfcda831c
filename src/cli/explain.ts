import { AdminError } from '../admin/error.ts';
import { ConfigError } from '../config-error.ts';
import { DatabaseUnavailable } from '../db/database.ts';
import { EmbeddingFailed } from '../embedding/embedder.ts';
import { describeError } from '../log.ts';
import { TransferError } from '../transfer/error.ts';

/** One sentence for what an operator can mend; anything else is a bug. */
export function explain(error: unknown): string {
  for (const Expected of [ConfigError, DatabaseUnavailable, TransferError, EmbeddingFailed, AdminError]) {
    if (error instanceof Expected) return error.message;
  }
  const { code, port } = error as { code?: string; port?: number };
  if (code === 'EADDRINUSE') return `Port ${port} is taken: stop what listens there, or set PORT to another (0: any).`;
  return describeError(error);
}
