import { Counter, Gauge, type Registry } from 'prom-client';
import type { DatabaseStats } from '../../db/database.ts';

/** Shows what the database is asked, and who waits for it, among the metrics of a process; `database` is read at each scrape. */
export function showDatabase(registry: Registry, database: () => DatabaseStats): void {
  const registers = [registry];
  new Counter({
    name: 'palimpsest_statements_total',
    help: 'Messages sent to the database.',
    registers,
    collect() {
      this.reset();
      this.inc(database().sent);
    },
  });
  new Gauge({
    name: 'palimpsest_database_connections',
    help: 'Connections to the database held open.',
    labelNames: ['state'],
    registers,
    collect() {
      const { open, idle } = database();
      this.set({ state: 'idle' }, idle);
      this.set({ state: 'busy' }, open - idle);
    },
  });
  new Gauge({
    name: 'palimpsest_database_connections_max',
    help: 'The most connections held at once.',
    registers,
    collect() {
      this.set(database().most);
    },
  });
  new Gauge({
    name: 'palimpsest_database_waiting',
    help: 'How many wait for a connection.',
    registers,
    collect() {
      this.set(database().waiting);
    },
  });
}
