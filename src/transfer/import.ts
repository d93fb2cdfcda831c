import { type Tenant, write } from '../db/scope.ts';
import { refreshStatistics } from '../db/statistics.ts';
import { DomainError } from '../errors.ts';
import { type Applied, applyItems, type Redirects } from './apply.ts';
import { Counts } from './counts.ts';
import { TransferError } from './error.ts';
import { type Item, LineProblem, type Numbered } from './items.ts';
import { type Line, readLines } from './lines.ts';
import { lineParser } from './parse.ts';

/** What one transaction takes: few enough for a slow machine to make within the time a mutation has. */
const BATCH_ITEMS = 500;
const BATCH_BYTES = 1_000_000;
/** Of fewer items any plan is good enough. */
const WORTH_STATISTICS = 1_000;

export interface ImportOptions {
  /** The key of the companion that lines of an MCP memory file go to. */
  companion?: string | undefined;
  /** Ends the import after the batch in progress. */
  signal?: AbortSignal | undefined;
  /** Hears how many bytes have been imported. */
  onProgress?: ((bytes: number) => void) | undefined;
}

/**
 * Imports JSON Lines, a batch a transaction, each whole or not at all. Importing the same lines again makes nothing
 * more, so that an import that was broken off is taken up by importing again. Throws TransferError.
 */
export async function importLines(
  tenant: Tenant,
  chunks: AsyncIterable<Uint8Array>,
  { companion, signal, onProgress }: ImportOptions = {},
): Promise<Counts> {
  const counts = new Counts();
  const redirects = new Map<string, string>();
  const statistics = new GrowingStatistics(tenant);
  let upTo = 0;
  try {
    for await (const batch of batches(readLines(chunks), lineParser(companion))) {
      const applied = await applyBatch(tenant, batch.items, redirects);
      counts.addAll(applied.counts);
      for (const [key, id] of applied.redirects) redirects.set(key, id);
      upTo = batch.upTo;
      onProgress?.(batch.end);
      await statistics.grow(applied.counts.totalMade);
      if (signal?.aborted) throw new TransferError(`Stopped. ${describeDone(upTo)} Import the file again to go on.`);
    }
  } catch (error) {
    if (!(error instanceof LineProblem)) throw error;
    const again = 'Mend the file and import it again: what is there already stays as it is.';
    throw new TransferError(`line ${error.line}: ${error.message} ${describeDone(upTo)} ${again}`, { cause: error });
  }
  await statistics.settle();
  return counts;
}

const describeDone = (line: number) =>
  line === 0 ? 'Nothing of the file has been imported.' : `The file has been imported up to line ${line}.`;

/** Refreshes the planner's statistics whenever what an import has made has doubled, and at the end. */
class GrowingStatistics {
  readonly #tenant: Tenant;
  #made = 0;
  /** How much of it was made when the statistics were last refreshed. */
  #seen = 0;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
  }

  async grow(made: number): Promise<void> {
    this.#made += made;
    if (this.#made >= Math.max(2 * this.#seen, WORTH_STATISTICS)) await this.#refresh();
  }

  async settle(): Promise<void> {
    if (this.#seen > 0 && this.#made > this.#seen) await this.#refresh();
  }

  async #refresh(): Promise<void> {
    await refreshStatistics(this.#tenant.database);
    this.#seen = this.#made;
  }
}

interface Batch {
  items: Numbered[];
  /** The last line that is imported with it, and how many bytes of the file then are. */
  upTo: number;
  end: number;
}

async function* batches(lines: AsyncIterable<Line>, parse: (line: Line) => Item[]): AsyncGenerator<Batch> {
  let batch: Batch = { items: [], upTo: 0, end: 0 };
  let begin = 0;
  for await (const line of lines) {
    for (const item of parse(line)) {
      if (batch.items.length === BATCH_ITEMS) {
        yield batch;
        begin = batch.end;
        batch = { ...batch, items: [] };
      }
      batch.items.push({ line: line.number, item });
    }
    batch.upTo = line.number;
    batch.end = line.end;
    if (batch.end - begin >= BATCH_BYTES) {
      yield batch;
      begin = batch.end;
      batch = { ...batch, items: [] };
    }
  }
  if (batch.items.length > 0) yield batch;
}

/** Applies a batch in one transaction. Throws LineProblem for the first line that cannot be applied. */
async function applyBatch(tenant: Tenant, items: readonly Numbered[], redirects: Redirects): Promise<Applied> {
  try {
    return await write(tenant, (tx) => applyItems(tx, items, redirects));
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw await findProblem(tenant, items, redirects, error);
  }
}

/** The operations speak of all they were given at once: which line they refuse is found by trying fewer and fewer. */
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
    if (error instanceof DomainError) return error;
    throw error;
  }
}
