import { setTimeout as sleep } from 'node:timers/promises';
import { inBackground, Pace } from '../../db/background.ts';
import type { Database } from '../../db/database.ts';
import { isOutage } from '../../db/outage.ts';
import { readOnce } from '../../db/read-transaction.ts';
import type { Tenant } from '../../db/transaction.ts';
import { describeError } from '../../kernel/describe-error.ts';
import { encodeId } from '../../kernel/ids.ts';
import { consolidate, DEFAULT_MIN_SIZE } from './consolidate.ts';
import { type Looked, lookAt, type Which } from './ran.ts';
import type { ConsolidationTrigger } from './settings.ts';
import { stoppable } from './stoppable.ts';
import type { ConsolidationTally } from './tally.ts';
import { takeTurn } from './turn.ts';

/** How often a process looks whether there is something to do. */
const LOOK_MS = 30_000;
/** How long a companion is left alone after a run over its memories has failed. */
const RETRY_MS = 600_000;
/** How many companions are looked at in one statement, at most. */
const MOST_AT_ONCE = 500;

interface Parts {
  findTenants: () => Promise<readonly Tenant[]>;
  tally: ConsolidationTally;
  log: (text: string) => void;
  /** Default: {@link LOOK_MS}. */
  lookMs?: number;
}

/**
 * Consolidates memories in the background where it is time to, one companion after another, until stopped. When all memories
 * of a companion were last looked at is kept in the database, so that servers and restarts repeat nothing. Of several
 * processes one does it at a time.
 */
export function keepConsolidating(
  database: Database,
  trigger: ConsolidationTrigger,
  parts: Parts,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const background = stoppable(inBackground(database), signal);
  const work = new Consolidating(background.database, trigger, parts, signal);
  const run = async () => {
    while (!signal.aborted) {
      await work.pass();
      await sleep(parts.lookMs ?? LOOK_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      // What a thread computes for a run is not waited for: nothing will be written of it.
      await Promise.race([running, background.settled]);
    },
  };
}

class Consolidating {
  readonly #database: Database;
  readonly #trigger: ConsolidationTrigger;
  readonly #parts: Parts;
  readonly #signal: AbortSignal;
  readonly #pace = new Pace(50, MOST_AT_ONCE);
  /** Until when companions are left alone of which a run has failed. */
  readonly #failedUntil = new Map<string, number>();
  #isGone = false;
  /** Gives the turn back; null: another process has it. Undefined: it has not been asked for. */
  #giveBack: (() => void) | null | undefined;

  constructor(database: Database, trigger: ConsolidationTrigger, parts: Parts, signal: AbortSignal) {
    this.#database = database;
    this.#trigger = trigger;
    this.#parts = parts;
    this.#signal = signal;
  }

  /** Looks through all workspaces once. */
  async pass(): Promise<void> {
    try {
      for (const given of await this.#parts.findTenants()) {
        if (this.#signal.aborted || this.#giveBack === null) return;
        const tenant = { ...given, database: this.#database, actor: 'system:consolidation' };
        await this.#lookThrough(tenant).catch((error) => this.#complain(error));
      }
    } catch (error) {
      this.#complain(error);
    } finally {
      this.#giveBack?.();
      this.#giveBack = undefined;
    }
  }

  /** All companions of a workspace, a page after the other. */
  async #lookThrough(tenant: Tenant): Promise<void> {
    for (let after: string | null = null; !this.#signal.aborted; ) {
      const which: { after: string | null; rows: number } = { after, rows: this.#pace.size };
      const found: Looked[] = await this.#pace.measure(
        () => this.#lookAt(tenant, which),
        (rows) => rows.length,
      );
      for (const { id } of found.filter(({ isDue }) => isDue)) {
        if (this.#signal.aborted || (this.#failedUntil.get(id) ?? 0) > performance.now()) continue;
        if (!(await this.#isOurTurn())) return;
        // Another process may have done it before the turn was taken.
        const [still] = await this.#lookAt(tenant, { id });
        if (still?.isDue) await this.#runOver(tenant, id);
      }
      if (found.length < which.rows) return;
      after = found.at(-1)?.id ?? null;
    }
  }

  #lookAt(tenant: Tenant, which: Which): Promise<Looked[]> {
    return readOnce(tenant, (tx) => lookAt(tx, this.#trigger, which));
  }

  async #isOurTurn(): Promise<boolean> {
    if (this.#giveBack === undefined) this.#giveBack = await takeTurn(this.#database);
    return this.#giveBack !== null;
  }

  async #runOver(tenant: Tenant, id: string): Promise<void> {
    const { tally } = this.#parts;
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    try {
      const companion = { id, given: encodeId('Companion', id) };
      const done = await consolidate(
        tenant,
        { companion, minClusterSize: DEFAULT_MIN_SIZE, method: 'EXTRACTIVE' },
        null,
      );
      tally.noteRun('success', seconds());
      tally.noteSummaries(done);
      this.#failedUntil.delete(id);
      this.#isGone = false;
    } catch (error) {
      tally.noteRun(this.#signal.aborted ? 'stopped' : 'failed', seconds());
      this.#failedUntil.set(id, performance.now() + RETRY_MS);
      this.#complain(error);
    }
  }

  /** Says once that the database is gone, however often it is tried. */
  #complain(error: unknown): void {
    if (this.#signal.aborted) return;
    const isOut = isOutage(error);
    if (!this.#isGone || !isOut) this.#parts.log(`Memories could not be consolidated: ${describeError(error)}`);
    this.#isGone = isOut;
  }
}
