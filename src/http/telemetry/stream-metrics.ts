import { Counter, Gauge, type Registry } from 'prom-client';

/** What subscriptions come to, since the process started. */
export interface StreamStats {
  open: number;
  /** Events that were delivered. */
  delivered: number;
  /** Ended since their clients were too slow. */
  cut: number;
}

/** Shows them among the metrics of a process. */
export function showStreams(registry: Registry, streams: () => Readonly<StreamStats>): void {
  const registers = [registry];
  new Gauge({
    name: 'palimpsest_subscriptions_open',
    help: 'Subscriptions that are open.',
    registers,
    collect() {
      this.set(streams().open);
    },
  });
  const count = (name: string, help: string, of: 'delivered' | 'cut') =>
    new Counter({
      name: `palimpsest_${name}`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(streams()[of]);
      },
    });
  count('subscription_deliveries_total', 'Events delivered to subscriptions.', 'delivered');
  count('subscriptions_too_slow_total', 'Subscriptions ended since their clients did not take events.', 'cut');
}
