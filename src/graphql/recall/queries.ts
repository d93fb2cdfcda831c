import { z } from 'zod';
import type { VectorIndexes } from '../../domain/embedding/vector-index.ts';
import { type Asked, type SimilarTo, similarTo } from '../../domain/recall/similar.ts';
import { InvalidInput, LimitExceeded } from '../../kernel/errors.ts';
import { bounded, parseInput } from '../../kernel/input.ts';
import { columnsKey, type MemoryColumns } from '../../model/memory/columns.ts';
import { builder } from '../core/builder.ts';
import { memoryColumnsAt, type Places } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { type MemoryNode, toMemory } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';

const DEFAULT_SIMILAR = 10;
const MAX_SIMILAR = 100;

const SimilarMemory = builder.objectRef<{ memory: MemoryNode; similarity: number }>('SimilarMemory').implement({
  description: 'A memory, and how similar it is to another.',
  fields: (t) => ({
    memory: t.field({ type: Memory, description: 'The memory.', resolve: ({ memory }) => memory }),
    similarity: t.exposeFloat('similarity', { description: 'Cosine similarity of the two vectors, −1 to 1.' }),
  }),
});

const similarArgs = z.object({ minSimilarity: bounded(-1, 1).nullish() });

const similarMemories: Places = { type: 'Memory', paths: [['memory']] };

builder.objectField(Memory, 'similar', (t) =>
  t.field({
    type: [SimilarMemory],
    description:
      `The memories of the same companion and user, or of the same companion about no particular user, ` +
      `whose vectors are most similar: only ACTIVE or DISPUTED ones, no versions of itself, the most ` +
      `similar first, at most ${MAX_SIMILAR}. Empty while it has no vector.`,
    args: {
      first: t.arg.int({
        required: true,
        defaultValue: DEFAULT_SIMILAR,
        description: `How many at most: 0 to ${MAX_SIMILAR}, more is LIMIT_EXCEEDED.`,
      }),
      minSimilarity: t.arg.float({ description: 'Only memories at least this similar, −1 to 1.' }),
    },
    resolve: async (memory, args, { embeddings, tenant }, info) => {
      const { first } = args;
      const { minSimilarity = null } = parseInput(similarArgs, args, []);
      if (first < 0)
        throw new InvalidInput([
          { path: ['first'], message: `A number from 0 to ${MAX_SIMILAR} is expected, not ${first}.` },
        ]);
      if (first > MAX_SIMILAR) throw new LimitExceeded('Similar memories (first)', MAX_SIMILAR, first);
      const { at } = memory;
      const model = first === 0 ? null : await at.one('vectors', 'model', () => embeddings.modelOf(tenant, at.tx));
      if (!model) return [];
      const columns = memoryColumnsAt(info, similarMemories);
      const question = `similar ${first} ${minSimilarity} ${columnsKey(columns)}`;
      const found = await at.load(question, keyOf(memory), (keys) =>
        similarOf(at, keys, { first, minSimilarity, model }, embeddings.indexes, columns),
      );
      return (found ?? []).map(({ memory: row, similarity }) => ({ memory: toMemory(at, row), similarity }));
    },
  }),
);

const keyOf = ({ id, lineageId, companionId, userId }: SimilarTo) =>
  JSON.stringify([id, lineageId, companionId, userId]);

/** By the keys of a loader, which hold all that is known of the memories. */
async function similarOf(
  { tx, reading }: Snapshot,
  keys: readonly string[],
  asked: Asked,
  indexes: VectorIndexes,
  columns: MemoryColumns,
) {
  const memories = keys.map((key): SimilarTo => {
    const [id, lineageId, companionId, userId] = JSON.parse(key) as [string, string, string, string | null];
    return { id, lineageId, companionId, userId };
  });
  const found = await similarTo(tx, reading, memories, asked, indexes, columns);
  return new Map(memories.map((memory, index) => [keys[index] as string, found.get(memory.id) ?? []]));
}
