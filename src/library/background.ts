import type { Database } from '../db/database.ts';
import type { Tenant } from '../db/transaction.ts';
import type { Chat } from '../domain/chat/chat.ts';
import { keepConsolidating } from '../domain/consolidation/consolidating.ts';
import type { ConsolidationTrigger } from '../domain/consolidation/settings.ts';
import { ConsolidationTally } from '../domain/consolidation/tally.ts';
import type { Embeddings } from '../domain/embedding/embeddings.ts';
import { keepVectorsUp } from '../domain/embedding/upkeep-loop.ts';
import type { Surveyed } from '../domain/embedding/vector-index.ts';
import { keepConfirming } from '../domain/finding/confirming.ts';
import { keepAnalysed } from '../domain/recall/reanalysis-loop.ts';
import { keepRetention, type RetentionSettings } from '../domain/retention/retention.ts';
import { keepDelivering } from '../domain/webhook/loop.ts';
import type { WebhookSettings } from '../domain/webhook/settings.ts';
import { Tally } from '../domain/webhook/tally.ts';
import type { Logger } from '../http/telemetry/logger.ts';
import type { Peers } from '../kernel/peers.ts';
import { keepStatistics } from '../tables/statistics.ts';

interface Parts {
  database: Database;
  findTenants: () => Promise<readonly Tenant[]>;
  embeddings: Embeddings;
  chat: Chat | null;
  consolidation: ConsolidationTrigger | null;
  retention: RetentionSettings;
  webhooks: WebhookSettings;
  logger: Logger;
  peers: Peers;
}

/** Work in the background, which no request waits for. Of several processes that serve one port, one does it. */
export class Background {
  readonly #parts: Parts;
  /** How the attempts of this process to send webhooks have ended. */
  readonly deliveries = new Tally();
  /** What its runs of consolidation have come to. */
  readonly consolidations = new ConsolidationTally();
  #work: { stop(): unknown }[] | undefined;
  #isOver = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#joinPeers();
  }

  /** This process does it. */
  get isHere(): boolean {
    return this.#work !== undefined;
  }

  /** From now on this process does it. */
  begin(): void {
    if (this.#work || this.#isOver) return;
    const { database, findTenants, embeddings, chat, consolidation, retention, webhooks, logger } = this.#parts;
    const tally = this.deliveries;
    const consolidating = { findTenants, tally: this.consolidations, log: logger.error };
    this.#work = [
      keepDelivering({ database, settings: webhooks, tally, log: logger.warn }),
      keepVectorsUp(findTenants, embeddings, logger.error),
      ...(chat ? [keepConfirming(findTenants, chat, logger.error)] : []),
      ...(consolidation ? [keepConsolidating(database, consolidation, consolidating)] : []),
      keepAnalysed(findTenants, logger.warn, logger.error),
      keepRetention(database, retention, logger.error),
      ...(database.kind === 'embedded' ? [keepStatistics(database)] : []),
    ];
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all((this.#work ?? []).map((work) => work.stop()));
  }

  /** The process that does it gets a message for each write, and sends what it finds out to the others. */
  #joinPeers(): void {
    const { embeddings, peers } = this.#parts;
    const pending = peers.channel<null>('pending');
    embeddings.events.on('pending', () => this.isHere || pending.tell(null));
    pending.listen(() => this.isHere && embeddings.events.emit('pending'));
    const surveys = peers.channel<Surveyed>('survey');
    embeddings.indexes.onSurveyed = (found) => surveys.tell(found);
    surveys.listen((found) => embeddings.indexes.take(found));
  }
}
