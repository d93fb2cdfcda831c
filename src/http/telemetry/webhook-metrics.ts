import { Counter, Gauge, type Registry } from 'prom-client';
import type { Tally } from '../../domain/webhook/tally.ts';

/** What waits to be sent to webhooks. */
export interface WebhookBacklog {
  /** Deliveries that wait, at most 100,000 of a workspace. */
  pendingDeliveries: number;
  /** For how long the one that waits longest has; 0 where none does. */
  oldestDeliverySeconds: number;
}

/** What Prometheus sees of webhooks. */
export class WebhookMetrics {
  readonly #pending: Gauge;
  readonly #oldest: Gauge;

  /** `counts` are read at each scrape. */
  constructor(registers: Registry[], counts: () => Tally['counts']) {
    new Counter({
      name: 'palimpsest_webhook_deliveries_total',
      help: 'Attempts to send webhooks, by how they ended: delivered, to be retried, or failed for good.',
      labelNames: ['outcome'],
      registers,
      collect() {
        this.reset();
        for (const [outcome, count] of Object.entries(counts())) this.inc({ outcome }, count);
      },
    });
    this.#pending = new Gauge({
      name: 'palimpsest_webhook_deliveries_pending',
      help: 'Deliveries of webhooks that wait to be sent, of the workspaces this process serves.',
      registers,
    });
    this.#oldest = new Gauge({
      name: 'palimpsest_webhook_oldest_pending_seconds',
      help: 'For how long the delivery has waited that waits longest.',
      registers,
    });
  }

  set({ pendingDeliveries, oldestDeliverySeconds }: WebhookBacklog): void {
    this.#pending.set(pendingDeliveries);
    this.#oldest.set(oldestDeliverySeconds);
  }

  /** An unknown number is left out. */
  forget(): void {
    this.#pending.remove();
    this.#oldest.remove();
  }
}
