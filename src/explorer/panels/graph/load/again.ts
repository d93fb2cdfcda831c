import { OperationError, type RunOptions, run } from '../../../core/api.ts';
import { asTheyAre, asTheyWere } from '../model/documents.ts';
import { type At, type GraphMemory, type Moment, memoryOf } from '../model/moment.ts';

/** Ids that a document takes at once. */
const PAGE = 100;
/** Documents on their way at the same time. */
const TOGETHER = 3;

/** Reads memories as they are now. What was forgotten is left out. */
export const readNow = (ids: readonly string[], options: RunOptions): Promise<Moment> =>
  inPages(ids, async (page) => {
    const { nodes } = await run(asTheyAre, { ids: page }, options);
    return nodes.flatMap((node) => (node && 'content' in node ? [memoryOf(node)] : []));
  });

/**
 * Reads memories as they were at a moment: those of `now` that were known then. Who asks for one that was not is
 * refused, so these are left out first.
 */
export function readThen(now: Moment, at: NonNullable<At>, options: RunOptions): Promise<Moment> {
  const known = [...now.values()].filter(
    ({ recordedAt }) => !at.knownAt || Date.parse(recordedAt) <= Date.parse(at.knownAt),
  );
  return inPages(
    known.map(({ id }) => id),
    async (page) => {
      const { graph } = await run(asTheyWere, { at, input: { from: page, depth: 0, maxNodes: PAGE } }, options);
      return graph.memories.map(({ memory }) => memoryOf(memory));
    },
  );
}

/** Pages that come to more bytes than an answer may have are asked for again, half by half. */
async function inPages(ids: readonly string[], read: (page: string[]) => Promise<GraphMemory[]>): Promise<Moment> {
  const pages: string[][] = [];
  for (let start = 0; start < ids.length; start += PAGE) pages.push(ids.slice(start, start + PAGE));
  const found = new Map<string, GraphMemory>();
  const work = async () => {
    for (let page = pages.shift(); page; page = pages.shift()) {
      try {
        for (const memory of await read(page)) found.set(memory.id, memory);
      } catch (error) {
        const isTooMuch = error instanceof OperationError && error.code === 'LIMIT_EXCEEDED' && page.length > 1;
        if (!isTooMuch) throw error;
        const half = Math.ceil(page.length / 2);
        pages.unshift(page.slice(0, half), page.slice(half));
      }
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, work));
  return found;
}
