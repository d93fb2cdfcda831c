import type { WriteTransaction } from '../../db/transaction.ts';
import { InvalidInput } from '../../kernel/errors.ts';
import type { GivenId } from '../../kernel/input.ts';
import type { CompanionRef } from '../../model/companion/ref.ts';
import type { UserRef } from '../../model/user/ref.ts';
import type { NewRelation } from '../relation/edges.ts';
import { relate } from '../relation/relations.ts';
import { createMemories } from './create.ts';
import type { NewMemory } from './new-memory.ts';

/** An end of a relation: a memory there is, or one of the same batch by its ref. */
type End = { id?: GivenId | undefined; ref?: string | undefined };

export interface MemoryBatch {
  companion: CompanionRef;
  /** The user of memories that do not name one themselves. */
  user?: UserRef | null | undefined;
  memories: readonly NewMemory[];
  relations?:
    | readonly (Omit<NewRelation, 'from' | 'to' | 'path' | 'metadata'> & {
        from: End;
        to: End;
        metadata?: Record<string, unknown> | null | undefined;
      })[]
    | null
    | undefined;
}

/**
 * Makes memories and the relations among them and to existing ones, in the order of the input.
 * Throws what createMemories and relate throw, and InvalidInput for a ref that names no memory of the batch, or two.
 */
export async function createBatch(tx: WriteTransaction, { companion, user, memories, relations }: MemoryBatch) {
  const refs = indexRefs(memories);
  const path = (index: number) => ['input', 'relations', index];
  const ends = (relations ?? []).map(({ from, to }, index) => ({
    from: resolveEnd(from, refs, [...path(index), 'from']),
    to: resolveEnd(to, refs, [...path(index), 'to']),
  }));
  const created = await createMemories(
    tx,
    companion,
    memories.map((memory) => ({ ...memory, user: memory.user ?? user ?? null })),
    (index) => ['input', 'memories', index],
  );
  const endOf = (end: GivenId | number): GivenId =>
    typeof end === 'number' ? { uuid: created[end]?.id as string, given: memories[end]?.ref as string } : end;
  const relationIds = await relate(
    tx,
    (relations ?? []).map((relation, index) => ({
      type: relation.type,
      strength: relation.strength,
      metadata: relation.metadata ?? null,
      from: endOf(ends[index]?.from as GivenId | number),
      to: endOf(ends[index]?.to as GivenId | number),
      path: path(index),
    })),
  );
  return {
    created,
    memoryIds: created.map(({ id }) => id),
    duplicates: created.flatMap(({ id, duplicate, merged, ignored }, index) =>
      duplicate ? [{ index, memoryId: id, merged, ignored }] : [],
    ),
    duplicateIds: [...new Set(created.filter(({ duplicate }) => duplicate).map(({ id }) => id))],
    relationIds: relationIds as string[],
    contradictionIds: created.flatMap(({ contradictionId }) => contradictionId ?? []),
  };
}

function indexRefs(memories: readonly NewMemory[]): Map<string, number> {
  const refs = new Map<string, number>();
  const issues = memories.flatMap(({ ref }, index) => {
    if (ref == null) return [];
    const before = refs.get(ref);
    if (before !== undefined) {
      const message = `The ref ${JSON.stringify(ref)} already names memory ${before}: a ref must be unique in the input.`;
      return [{ path: ['input', 'memories', index, 'ref'], message }];
    }
    refs.set(ref, index);
    return [];
  });
  if (issues.length > 0) throw new InvalidInput(issues);
  return refs;
}

function resolveEnd({ id, ref }: End, refs: ReadonlyMap<string, number>, path: (string | number)[]): GivenId | number {
  if (id) return id;
  const index = refs.get(ref as string);
  if (index !== undefined) return index;
  const message =
    `No memory of this input has the ref ${JSON.stringify(ref)}: a ref names a memory of the same ` +
    `input. Use an id for any other memory.`;
  throw new InvalidInput([{ path: [...path, 'ref'], message }]);
}
