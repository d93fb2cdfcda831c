import { BatchSize } from '../db/batches.ts';
import type { Tenant } from '../db/transaction.ts';
import { write } from '../db/write.ts';
import { describeError } from '../kernel/describe-error.ts';
import { DomainError, TookTooLong, Unavailable } from '../kernel/errors.ts';
import { type Applied, applyItems, type Redirects } from './apply.ts';
import { batches, ITEMS } from './batches.ts';
import { Counts } from './counts.ts';
import { TransferError } from './error.ts';
import { ImportedFile } from './format/file.ts';
import { LineProblem, type Numbered } from './format/items.ts';
import { readLines } from './format/lines.ts';
import { type History, HistoryFile } from './history/file.ts';
import { GrowingStatistics } from './statistics.ts';

export interface ImportOptions {
  /** The key of the companion that lines of an MCP memory file go to. */
  companion?: string | undefined;
  /** The file is another program's, and read as this says. */
  history?: History | undefined;
  /** Ends the import after the batch in progress. */
  signal?: AbortSignal | undefined;
  /** Hears how many bytes have been imported. */
  onProgress?: ((bytes: number) => void) | undefined;
}

/**
 * Imports JSON Lines, one batch per transaction, each whole or not at all. Importing the same lines again makes nothing
 * more, so that an interrupted import is continued by importing again. Throws TransferError.
 */
export async function importLines(
  tenant: Tenant,
  chunks: AsyncIterable<Uint8Array>,
  { companion, history, signal, onProgress }: ImportOptions = {},
): Promise<Counts> {
  const counts = new Counts();
  const redirects = new Map<string, string>();
  const statistics = new GrowingStatistics(tenant);
  const file = new ImportedFile(companion);
  const others = history && new HistoryFile(history);
  const lines = others ? others.lines(chunks) : file.lines(readLines(chunks));
  // Nobody waits behind it: only what cannot be done in time is done in smaller parts.
  const sizes = new BatchSize(ITEMS, { aimMs: Number.POSITIVE_INFINITY });
  const unit = history ? 'entry' : 'line';
  let upTo = 0;
  try {
    for await (const batch of batches(lines)) {
      const made = counts.totalMade;
      for (let from = 0; from < batch.items.length; ) {
        await sizes.run(async (size, timeoutMs) => {
          const some = batch.items.slice(from, from + size);
          const applied = await applyBatch(tenant, some, redirects, timeoutMs);
          counts.addAll(applied.counts);
          for (const [key, id] of applied.redirects) redirects.set(key, id);
          from += size;
        });
        // The items of one line may go on in the next batch.
        const next = batch.items[from];
        upTo = next ? Math.max(upTo, next.line - 1) : batch.upTo;
      }
      onProgress?.(batch.end);
      await statistics.grow(counts.totalMade - made);
      if (signal?.aborted)
        throw new TransferError(`Stopped. ${describeDone(upTo, unit)} Import the file again to go on.`);
    }
  } catch (error) {
    throw explain(error, upTo, unit);
  }
  await statistics.settle();
  counts.emptyObservations = file.emptyObservations;
  if (others) counts.leftOut = others.leftOut;
  return counts;
}

/** What the operator reads: whether the file is at fault or the database, and how far it has come. */
function explain(error: unknown, upTo: number, unit: Unit): unknown {
  const goOn = 'Import the file again to go on: what was imported already stays unchanged.';
  if (error instanceof LineProblem) {
    const again = 'Correct the file and import it again: what was imported already stays unchanged.';
    return new TransferError(`${unit} ${error.line}: ${error.message} ${describeDone(upTo, unit)} ${again}`, {
      cause: error,
    });
  }
  if (error instanceof TookTooLong) {
    const why = `The database is too slow: not even what ${unit} ${upTo + 1} says could be done in the time there is.`;
    return new TransferError(`${why} ${describeDone(upTo, unit)} ${goOn}`, { cause: error });
  }
  if (error instanceof Unavailable) {
    const why = `The database became unavailable during the import (${describeError(error).split('\n')[0]}).`;
    return new TransferError(`${why} ${describeDone(upTo, unit)} ${goOn}`, { cause: error });
  }
  return error;
}

/** What a file is counted in: lines, or the conversations, messages or memories of another program. */
type Unit = 'line' | 'entry';

const describeDone = (done: number, unit: Unit) =>
  done === 0 ? 'Nothing of the file has been imported.' : `The file has been imported up to ${unit} ${done}.`;

/** Applies a batch in one transaction. Throws LineProblem for the first line that cannot be applied. */
async function applyBatch(
  tenant: Tenant,
  items: readonly Numbered[],
  redirects: Redirects,
  timeoutMs: number | undefined,
): Promise<Applied> {
  try {
    return await write(tenant, (tx) => applyItems(tx, items, redirects), { timeoutMs });
  } catch (error) {
    // That it took too long says nothing of the lines.
    if (!(error instanceof DomainError) || error instanceof TookTooLong) throw error;
    throw await findProblem(tenant, items, redirects, error);
  }
}

/** The operations refuse all lines they were given at once. The line at fault is found by trying fewer and fewer. */
async function findProblem(
  tenant: Tenant,
  items: readonly Numbered[],
  redirects: Redirects,
  failure: DomainError,
): Promise<LineProblem> {
  let [good, bad, why] = [0, items.length, failure];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    const refused = await tryOut(tenant, items.slice(0, middle), redirects);
    if (refused) [bad, why] = [middle, refused];
    else good = middle;
  }
  return new LineProblem((items[bad - 1] as Numbered).line, why.message);
}

class RollBack extends Error {}

/** Why the items are refused, or undefined; either way nothing of them stays. */
async function tryOut(
  tenant: Tenant,
  items: readonly Numbered[],
  redirects: Redirects,
): Promise<DomainError | undefined> {
  try {
    return await write(tenant, async (tx) => {
      await applyItems(tx, items, redirects);
      throw new RollBack();
    });
  } catch (error) {
    if (error instanceof RollBack) return undefined;
    if (error instanceof DomainError && !(error instanceof TookTooLong)) return error;
    throw error;
  }
}
