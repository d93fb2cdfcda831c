import type { SaidLine } from './format/file.ts';
import type { Numbered } from './format/items.ts';

/** The most that one transaction takes. */
export const ITEMS = 500;
const BYTES = 1_000_000;
/** Each has statements of its own. */
const COMPANIONS = 50;

export interface Batch {
  items: readonly Numbered[];
  /** The last line that is imported with it, and how many bytes of the file then are. */
  upTo: number;
  end: number;
}

/** Gathers what lines say. The items of one line can be more than a batch takes, and then continue in the next. */
export async function* batches(lines: AsyncIterable<SaidLine>): AsyncGenerator<Batch> {
  let items: Numbered[] = [];
  let companions = new Set<string>();
  let [begin, end, upTo] = [0, 0, 0];
  const take = (): Batch => {
    const batch = { items, upTo, end };
    items = [];
    companions = new Set();
    begin = end;
    return batch;
  };
  for await (const line of lines) {
    for (const item of line.items) {
      if (items.length === ITEMS || companions.size === COMPANIONS) yield take();
      items.push({ line: line.number, item });
      if (item.kind === 'companion') companions.add(item.key);
      if (item.kind === 'entity' || item.kind === 'memory') companions.add(item.companion);
    }
    upTo = line.number;
    end = line.end;
    if (end - begin >= BYTES) yield take();
  }
  if (items.length > 0) yield take();
}
