import type { Reading } from '../../db/reading.ts';
import type { Transaction } from '../../db/transaction.ts';
import { type ContradictionRow, lineageContradictionPages } from '../contradiction/list.ts';

/** Of each memory so many open contradictions are told, and so many of all. */
const MAX_OF_ONE = 3;
const MAX_OF_ALL = 50;

/** The open contradictions that touch lineages, the strongest first, each once. */
export async function openDisputes(
  tx: Transaction,
  reading: Reading,
  lineageIds: readonly string[],
): Promise<ContradictionRow[]> {
  if (lineageIds.length === 0) return [];
  const window = { limit: MAX_OF_ONE, backward: false };
  const pages = await lineageContradictionPages(tx, reading, lineageIds, { statuses: ['OPEN'] }, window);
  const found = new Map<string, ContradictionRow>();
  for (const { items } of pages.values()) for (const { row } of items) found.set(row.id, row);
  const inOrder = [...found.values()].sort(
    (a, b) => b.strength - a.strength || b.openedAt.getTime() - a.openedAt.getTime() || (a.id < b.id ? -1 : 1),
  );
  return inOrder.slice(0, MAX_OF_ALL);
}
