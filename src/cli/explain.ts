import { debuglog } from 'node:util';
import { DatabaseUnavailable } from '../db/database.ts';
import { EmbeddingFailed } from '../domain/embedding/embedder.ts';
import { ConfigError } from '../kernel/config-error.ts';
import { describeError } from '../kernel/describe-error.ts';
import { ChatProviderUnavailable } from '../kernel/errors.ts';
import { TransferError } from '../transfer/error.ts';
import { AdminError } from './admin-error.ts';
import { EvaluationFailed } from './evaluation/failed.ts';
import { WorkersFailed } from './workers/failed.ts';

/** One sentence for what an operator can mend; anything else is a bug. Empty: it has been said. */
export function explain(error: unknown): string {
  if (error instanceof WorkersFailed) return error.isSaid ? '' : error.message;
  for (const Expected of [
    ConfigError,
    DatabaseUnavailable,
    TransferError,
    EmbeddingFailed,
    ChatProviderUnavailable,
    AdminError,
    EvaluationFailed,
  ]) {
    if (error instanceof Expected) return error.message;
  }
  const { code, port } = error as { code?: string; port?: number };
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use: stop the process that listens there, or set PORT to another (0: any).`;
  return unexpected(error);
}

/** What SQLSTATEs begin with, and what that says. */
const classes: Readonly<Record<string, string>> = {
  '08': 'the connection failed',
  '22': 'a value that it cannot read',
  '23': 'a value that its tables do not allow',
  '25': 'the transaction cannot do that',
  '28': 'the user is not let in',
  '40': 'other work got in the way',
  '42': 'something that is not there, or not allowed',
  '53': 'it lacks memory, disk or connections',
  '54': 'something too large',
  '55': 'something is in use or not ready',
  '57': 'it was told to stop',
  '58': 'it cannot read its files',
  XX: 'its files may be damaged',
};

const debug = debuglog('palimpsest');

/** One sentence for what nobody foresaw. Where it came from is shown to who asks for it. */
function unexpected(error: unknown): string {
  const whole = describeError(error);
  debug(whole);
  const [what = ''] = whole.split('\n');
  const [, code, more = ''] = /^database error (\w{5})(.*)$/.exec(what) ?? [];
  const why = code
    ? `the database answered SQLSTATE ${code}${more}: ${classes[code.slice(0, 2)] ?? 'see its log'}`
    : what.replace(/\.$/, '');
  return `This should not have happened: ${why}. Try again; if it stays so, report it with what NODE_DEBUG=palimpsest shows.`;
}
