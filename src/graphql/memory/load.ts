import type { GraphQLResolveInfo } from 'graphql';
import { currentMemories, memoriesById } from '../../domain/memory/read.ts';
import { NotFound } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import { columnsKey, type MemoryColumns, type MemoryRow } from '../../model/memory/columns.ts';
import type { Context } from '../core/context.ts';
import type { NodeValue } from '../core/node.ts';
import { memoryColumnsAt } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';

/** A memory as it was read, and the graph it was read from. */
export interface MemoryNode extends MemoryRow, NodeValue {}

export const toMemory = (at: Snapshot, row: MemoryRow): MemoryNode => Object.assign(row, { at });

/** A memory by its key, of any status; undefined where it was unknown at the snapshot's point. */
export async function loadMemory(
  snapshot: Snapshot,
  id: string,
  columns: MemoryColumns,
): Promise<MemoryNode | undefined> {
  const row = await snapshot.load(`memory ${columnsKey(columns)}`, id, (ids) =>
    memoriesById(snapshot.tx, snapshot.reading, ids, columns),
  );
  return row && toMemory(snapshot, row);
}

/**
 * A memory that a mutation has made or changed, as it is now. Throws NotFound where it has been forgotten meanwhile.
 */
export async function readMemory(context: Context, id: string, info: GraphQLResolveInfo): Promise<MemoryNode> {
  const memory = await loadMemory(context.at(), id, memoryColumnsAt(info));
  if (!memory) throw new NotFound('memory', [encodeId('Memory', id)]);
  return memory;
}

/** The version of a lineage that holds at the snapshot's point, else the one last believed. */
export async function loadCurrent(
  snapshot: Snapshot,
  lineageId: string,
  columns: MemoryColumns,
): Promise<MemoryNode | undefined> {
  const row = await snapshot.load(`current ${columnsKey(columns)}`, lineageId, (ids) =>
    currentMemories(snapshot.tx, snapshot.reading, ids, columns),
  );
  return row && toMemory(snapshot, row);
}
