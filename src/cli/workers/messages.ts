import type { Series } from '../../http/telemetry/metrics.ts';
import type { EmbeddingModel } from '../../kernel/embedding-model.ts';

/** What a worker says to the process that has started it. */
export type FromWorker =
  /** It takes messages. */
  | { kind: 'hello' }
  /** It serves; `url` is where GraphQL is. */
  | { kind: 'serving'; url: string; isDemo: boolean; model: EmbeddingModel | null }
  /** Something for all other workers. */
  | { kind: 'tell'; channel: string; what: unknown }
  /** It wants the metrics of all. */
  | { kind: 'ask-metrics'; id: number }
  /** Its own metrics, as they were asked for. */
  | { kind: 'own-metrics'; id: number; series: Series };

/** What that process says to a worker. */
export type ToWorker =
  /** Which one it is; `listensFirst`: before it can serve, since no other does. */
  | { kind: 'start'; number: number; listensFirst: boolean }
  /** From now on it does the work in the background. */
  | { kind: 'lead' }
  | { kind: 'stop' }
  | { kind: 'told'; channel: string; what: unknown }
  | { kind: 'give-metrics'; id: number }
  | { kind: 'metrics'; id: number; text: string };

/** Packages that also talk between the processes have messages of their own. */
export const isOurs = (message: unknown): boolean =>
  typeof message === 'object' && message !== null && 'kind' in message;
