import type { Database } from '../../db/database.ts';
import type { Tenant } from '../../db/transaction.ts';
import type { Chat } from '../../domain/chat/chat.ts';
import { ChatUsage } from '../../domain/chat/usage.ts';
import { ConsolidationTally } from '../../domain/consolidation/tally.ts';
import type { Embeddings } from '../../domain/embedding/embeddings.ts';
import { Usage } from '../../domain/embedding/usage.ts';
import { Tally } from '../../domain/webhook/tally.ts';
import { describeError } from '../../kernel/describe-error.ts';
import { readBacklog } from './backlog.ts';
import { createLogger, type Logger, type LogStream } from './logger.ts';
import type { JoinedMetrics, Metrics } from './metrics.ts';
import type { RequestObserver } from './request-record.ts';
import type { TelemetrySettings } from './settings.ts';
import type { Tracing } from './tracing.ts';

/** What the process reports of itself. */
export interface Telemetry {
  readonly logger: Logger;
  readonly observers: readonly RequestObserver[];
  readonly metrics: Metrics | undefined;
  readonly tracing: Tracing | undefined;
  /**
   * From here on what providers of vectors and a chat model are asked is counted, how webhooks are sent, what consolidation in
   * the background comes to, and what waits in these workspaces; undefined: another process counts that.
   */
  serves(
    findTenants: () => Promise<readonly Tenant[] | undefined>,
    embeddings: Pick<Embeddings, 'usage' | 'pausedFor'>,
    deliveries?: Tally,
    chat?: Pick<Chat, 'usage' | 'pausedFor'> | null,
    consolidations?: ConsolidationTally,
  ): void;
  /** Sends and writes what has not been yet. */
  stop(): Promise<void>;
}

export interface LogReader {
  /** A person reads along. */
  isTerminal: boolean;
  /** Where lines go. Default: standard error. */
  stream?: LogStream;
  /** Which of several processes this is that serve one port. */
  worker?: number;
}

/** Sets up what is configured, and loads no more than that. */
export async function openTelemetry(
  { log, metrics: measured, tracing: traced }: TelemetrySettings,
  database: Database,
  { isTerminal, stream, worker }: LogReader,
  joined?: JoinedMetrics,
): Promise<Telemetry> {
  const logger = createLogger(log, isTerminal, stream, worker);
  let findTenants = async (): Promise<readonly Tenant[] | undefined> => [];
  let embeddings: Pick<Embeddings, 'usage' | 'pausedFor'> = { usage: new Usage(), pausedFor: 0 };
  let deliveries = new Tally();
  let chat: Pick<Chat, 'usage' | 'pausedFor'> = { usage: new ChatUsage(), pausedFor: 0 };
  let metrics: Metrics | undefined;
  if (measured) {
    const { Metrics } = await import('./metrics.ts');
    metrics = new Metrics({
      database: () => database.stats(),
      backlog: () => findTenants().then((tenants) => tenants && readBacklog(tenants)),
      embeddings: () => ({ ...embeddings.usage, isPaused: embeddings.pausedFor > 0 }),
      chat: () => ({ ...chat.usage, isPaused: chat.pausedFor > 0 }),
      deliveries: () => deliveries.counts,
      token: measured.token,
      joined,
      failed: (error) => logger.warn(`Pending work could not be counted: ${describeError(error)}`),
    });
  }
  const tracing = traced && new (await import('./tracing.ts')).Tracing(traced);
  return {
    logger,
    observers: metrics ? [logger, metrics] : [logger],
    metrics,
    tracing,
    serves(find, made, tally = deliveries, asked = chat, consolidations = new ConsolidationTally()) {
      findTenants = find;
      embeddings = made;
      deliveries = tally;
      if (asked) chat = asked;
      metrics?.watchConsolidation(consolidations);
    },
    async stop() {
      await tracing?.stop();
      logger.flush();
    },
  };
}
