import { destination, pino, stdTimeFunctions } from 'pino';
import { textLine } from './log-text.ts';
import { currentRequest, type RequestObserver, type RequestRecord } from './request-record.ts';
import type { LogSettings } from './settings.ts';

/**
 * What has not been written yet may take so much memory; when nobody reads standard error, what comes later is lost.
 */
const MAX_UNWRITTEN_BYTES = 16_000_000;
/** So much is written to a pipe as a whole, and not mixed with what others write to it. */
const WHOLE_BYTES = 4_096;
const STANDARD_ERROR = 2;

/** Takes lines, each with its line break. */
export interface LogStream {
  write(line: string): void;
}

export interface Logger extends RequestObserver {
  /** Something an operator should know. {@link describeError} makes what may be said of an error. */
  warn(text: string): void;
  /** Something that went wrong. */
  error(text: string): void;
  /** Writes what has not been written yet. */
  flush(): void;
}

/**
 * Logs to standard error, or a stream given: one JSON object per line, or a text. `isTerminal`: a person reads along.
 * They get plain text, and nothing of requests that went well. `worker`: which of several processes it is, that write
 * to one standard error.
 */
export function createLogger(
  { level, format }: LogSettings,
  isTerminal: boolean,
  stream?: LogStream,
  worker?: number,
): Logger {
  const out = stream ? undefined : standardError(worker !== undefined);
  const target = stream ?? (out as LogStream);
  const isText = (format ?? (isTerminal ? 'text' : 'json')) === 'text';
  const logger = pino(
    {
      level: level ?? (isTerminal ? 'warn' : 'info'),
      base: worker === undefined ? null : { worker },
      messageKey: 'message',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    isText ? { write: (line: string) => void target.write(textLine(line)) } : target,
  );
  const ofRequest = () => {
    const id = currentRequest.getStore()?.id;
    return id === undefined ? {} : { requestId: id };
  };
  return {
    warn: (text) => logger.warn(ofRequest(), text),
    error: (text) => logger.error(ofRequest(), text),
    finished(record) {
      if (record.route !== 'graphql' && record.route !== 'mcp') logger.debug(told(record), 'request');
      else if (record.outcome === 'error') logger.error(told(record), 'request');
      else if (logger.isLevelEnabled('info')) logger.info(told(record), 'request');
    },
    flush() {
      out?.flushSync();
    },
  };
}

function standardError(isShared: boolean) {
  const most = isShared ? { maxWrite: WHOLE_BYTES } : {};
  const out = destination({ fd: STANDARD_ERROR, sync: false, maxLength: MAX_UNWRITTEN_BYTES, ...most });
  // A reader that goes away takes the log along, not the service.
  return out.on('error', () => {});
}

const told = (record: RequestRecord) => ({
  requestId: record.id,
  traceId: record.traceId,
  route: record.route,
  operationName: record.operationName,
  operationType: record.operationType,
  credentialId: record.principal?.credential,
  workspaceId: record.principal?.workspaceId,
  status: record.status,
  errors: record.codes.size > 0 ? [...record.codes] : undefined,
  complexity: record.complexity,
  statements: record.statements.sent,
  durationMs: Math.round(record.durationMs * 100) / 100,
});
