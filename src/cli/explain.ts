import { DatabaseUnavailable } from '../db/database.ts';
import { EmbeddingFailed } from '../domain/embedding/embedder.ts';
import { ConfigError } from '../kernel/config-error.ts';
import { describeError } from '../kernel/describe-error.ts';
import { TransferError } from '../transfer/error.ts';
import { AdminError } from './admin-error.ts';

/** One sentence for what an operator can mend; anything else is a bug. */
export function explain(error: unknown): string {
  for (const Expected of [ConfigError, DatabaseUnavailable, TransferError, EmbeddingFailed, AdminError]) {
    if (error instanceof Expected) return error.message;
  }
  const { code, port } = error as { code?: string; port?: number };
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use: stop the process that listens there, or set PORT to another (0: any).`;
  return describeError(error);
}
