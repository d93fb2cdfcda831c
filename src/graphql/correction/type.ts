import { countVersions, VERSION_ORDER, versionPages } from '../../domain/correction/list.ts';
import { builder } from '../core/builder.ts';
import { defineList } from '../core/list.ts';
import { listedMemories, memoryColumnsAt } from '../core/selection.ts';
import { loadCurrent, type MemoryNode, toMemory } from '../memory/load.ts';
import { Memory, MemoryConnection } from '../memory/type.ts';

builder.objectField(Memory, 'current', (t) =>
  t.field({
    type: Memory,
    description:
      'The version that is valid at the point in time being read (itself, unless it was corrected). ' +
      'If there is none: the last one believed.',
    resolve: async (memory, _args, _context, info) =>
      (await loadCurrent(memory.at, memory.lineageId, memoryColumnsAt(info))) ?? memory,
  }),
);

defineList(Memory, 'versions', {
  type: MemoryConnection,
  description:
    'All its versions, with any status, ordered by validFrom and then recordedAt, oldest first. For a slot this is its time line.',
  order: VERSION_ORDER,
  nested: { name: 'versions' },
  key: ({ lineageId }: MemoryNode) => lineageId,
  columns: (info) => ({ memory: memoryColumnsAt(info, listedMemories) }),
  pages: ({ tx, reading, keys, window, columns }) => versionPages(tx, reading, keys, window, columns.memory),
  counts: ({ tx, reading, keys }) => countVersions(tx, reading, keys),
  toNode: toMemory,
});
