import { EventEmitter } from 'node:events';
import type { Consolidation } from './consolidate.ts';

/** How a run ended; `stopped`: the process was to end, and the next one takes it up. */
export const runOutcomes = ['success', 'failed', 'stopped'] as const;
export type RunOutcome = (typeof runOutcomes)[number];

/** What runs in the background of this process have come to. */
export class ConsolidationTally {
  readonly runs: Record<RunOutcome, number> = { success: 0, failed: 0, stopped: 0 };
  readonly summaries = { made: 0, remade: 0, retracted: 0 };
  /** When the last run ended that was complete; null: none has been. */
  lastRunAt: Date | null = null;
  /** `run`: one has ended, after so many seconds. */
  readonly events = new EventEmitter<{ run: [seconds: number] }>();

  noteRun(outcome: RunOutcome, seconds: number): void {
    this.runs[outcome]++;
    if (outcome === 'success') this.lastRunAt = new Date();
    this.events.emit('run', seconds);
  }

  noteSummaries({ made, remade, retracted }: Pick<Consolidation, 'made' | 'remade' | 'retracted'>): void {
    this.summaries.made += made;
    this.summaries.remade += remade;
    this.summaries.retracted += retracted;
  }
}
