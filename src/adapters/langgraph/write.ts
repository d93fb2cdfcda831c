import type { Executes } from '../../client/execute.ts';
import { batchesOf, bytesOf, chunked, MOST_BYTES, MOST_ITEMS } from '../batches.ts';
import { change, takeAway } from '../change.ts';
import type { ItemNode, toMemory } from './items.ts';

type Memory = ReturnType<typeof toMemory> & { type: string; user?: { externalId: string } };

export interface Writing {
  executes: Executes;
  companion: { key: string };
  /** By slot, the memory that is to be there; null: none. */
  memories: ReadonlyMap<string, Memory | null>;
  /** The memories that answer slots now. */
  find(slots: readonly string[]): Promise<Pick<ItemNode, 'id'>[]>;
}

/** So many memories one request forgets. */
const MOST_IDS = 1_000;
/** So many memories one request updates. */
const MOST_UPDATES = 50;

interface Created {
  duplicates: { index: number; memoryId: string }[];
}

/** Writes what is to be there, and forgets what is not: up to 500 items, or 8 MiB, in one transaction. */
export async function writeItems({ executes, companion, memories, find }: Writing): Promise<void> {
  const present = [...memories.values()].filter((memory) => memory !== null);
  const batches = batchesOf(present, [
    [() => 1, MOST_ITEMS],
    [bytesOf, MOST_BYTES],
  ]);
  const select = '... on CreateMemoriesPayload { duplicates { index memoryId } }';
  for (const some of batches) {
    const input = { companion, memories: some };
    const [created] = await change<Created>(executes, [{ field: 'createMemories', input, select }]);
    await update(executes, (created as Created).duplicates, some);
  }
  const gone = [...memories].flatMap(([slot, memory]) => (memory === null ? slot : []));
  if (gone.length === 0) return;
  await takeAway(
    () => find(gone),
    async (found) => {
      for (const some of chunked(found, MOST_IDS)) {
        await change(executes, [{ field: 'forgetMemories', input: { ids: some.map(({ id }) => id) } }]);
      }
    },
  );
}

/** What says the same as before, but for case or white space, or in what it is not found by, is the same memory: it is changed. */
async function update(
  executes: Executes,
  duplicates: Created['duplicates'],
  memories: readonly Memory[],
): Promise<void> {
  const steps = duplicates.map(({ index, memoryId }) => ({
    field: 'updateMemory',
    input: { id: memoryId, context: memories[index]?.context },
  }));
  for (const some of chunked(steps, MOST_UPDATES)) await change(executes, some);
}
