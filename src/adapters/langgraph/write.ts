import type { Execute } from '../../client/execute.ts';
import { OperationError } from '../../client/operation-error.ts';
import type { ItemNode, toMemory } from './items.ts';

type Memory = ReturnType<typeof toMemory> & { type: string; user?: { externalId: string } };

export interface Writing {
  execute: Execute;
  companion: { key: string };
  /** By slot, the memory that is to be there; null: none. */
  memories: ReadonlyMap<string, Memory | null>;
  /** The memories that answer slots now. */
  find(slots: readonly string[]): Promise<Pick<ItemNode, 'id'>[]>;
}

/** What one request has at most. */
const MOST_MEMORIES = 500;
const MOST_BYTES = 8 * 2 ** 20;
const MOST_IDS = 1_000;
const MOST_UPDATES = 50;

export const chunked = <Each>(items: readonly Each[], size: number): Each[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));

const CREATE = `mutation ($input: CreateMemoriesInput!) {
  createMemories(input: $input) { ... on CreateMemoriesPayload { duplicates { index memoryId } } }
}`;
const FORGET = 'mutation ($input: ForgetMemoriesInput!) { forgetMemories(input: $input) { __typename } }';

/** Writes what is to be there, and forgets what is not: up to 500 items, or 8 MiB, in one transaction. */
export async function writeItems({ execute, companion, memories, find }: Writing): Promise<void> {
  const present = [...memories.values()].filter((memory) => memory !== null);
  for (const some of requestsOf(present)) {
    const { createMemories } = await execute<{
      createMemories: { duplicates: { index: number; memoryId: string }[] };
    }>(CREATE, { input: { companion, memories: some } });
    await update(execute, createMemories.duplicates, some);
  }
  const gone = [...memories].flatMap(([slot, memory]) => (memory === null ? slot : []));
  if (gone.length > 0) await forget(execute, gone, find);
}

function requestsOf(memories: readonly Memory[]): Memory[][] {
  const requests: Memory[][] = [];
  let bytes = 0;
  for (const memory of memories) {
    const size = JSON.stringify(memory).length;
    const last = requests.at(-1);
    if (last && last.length < MOST_MEMORIES && bytes + size <= MOST_BYTES) last.push(memory);
    else {
      requests.push([memory]);
      bytes = 0;
    }
    bytes += size;
  }
  return requests;
}

/** What says the same as before, but for case or white space, or in what it is not found by, is the same memory: it is changed. */
async function update(
  execute: Execute,
  duplicates: readonly { index: number; memoryId: string }[],
  memories: readonly Memory[],
): Promise<void> {
  for (const some of chunked(duplicates, MOST_UPDATES)) {
    const inputs = some.map(({ index, memoryId }) => ({ id: memoryId, context: memories[index]?.context }));
    const types = inputs.map((_, n) => `$i${n}: UpdateMemoryInput!`).join(', ');
    const fields = inputs.map((_, n) => `m${n}: updateMemory(input: $i${n}) { __typename }`).join(' ');
    await execute(`mutation (${types}) { ${fields} }`, Object.fromEntries(inputs.map((input, n) => [`i${n}`, input])));
  }
}

/** So often is looked again, where others forget the same at the same time. */
const MOST_TRIES = 5;

async function forget(execute: Execute, slots: readonly string[], find: Writing['find']): Promise<void> {
  for (let tries = 1; ; tries++) {
    const ids = (await find(slots)).map(({ id }) => id);
    try {
      for (const some of chunked(ids, MOST_IDS)) await execute(FORGET, { input: { ids: some } });
      return;
    } catch (error) {
      if (!(error instanceof OperationError && error.code === 'NOT_FOUND') || tries === MOST_TRIES) throw error;
    }
  }
}
