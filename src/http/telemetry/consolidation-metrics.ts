import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ConsolidationTally } from '../../domain/consolidation/tally.ts';

/** Bounds of the histogram of durations: most companions have few memories, 10,000 take a minute at most. */
const BUCKETS_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** Shows what runs of consolidation in the background come to; all but how long they take is read at each scrape. */
export function showConsolidation(registry: Registry, tally: ConsolidationTally): void {
  const registers = [registry];
  new Counter({
    name: 'palimpsest_consolidation_runs_total',
    help: 'Runs in the background over the memories of a companion, by how they ended.',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(tally.runs)) this.inc({ outcome }, count);
    },
  });
  new Counter({
    name: 'palimpsest_consolidation_summaries_total',
    help: 'Summaries that these runs have made, made again, and ended.',
    labelNames: ['change'],
    registers,
    collect() {
      this.reset();
      for (const [change, count] of Object.entries(tally.summaries)) this.inc({ change }, count);
    },
  });
  new Gauge({
    name: 'palimpsest_consolidation_last_run_timestamp_seconds',
    help: 'When the last of these runs ended that was complete, in seconds since 1970; 0: none has been.',
    aggregator: 'max',
    registers,
    collect() {
      this.set((tally.lastRunAt?.getTime() ?? 0) / 1000);
    },
  });
  const duration = new Histogram({
    name: 'palimpsest_consolidation_duration_seconds',
    help: 'How long these runs took.',
    buckets: BUCKETS_SECONDS,
    registers,
  });
  tally.events.on('run', (seconds) => duration.observe(seconds));
}
