import { countVersions, VERSION_ORDER, versionPages } from '../../domain/correction/list.ts';
import { readWindow } from '../../model/paging/window.ts';
import { builder } from '../core/builder.ts';
import { toConnection } from '../core/connection.ts';
import { forwardArgs } from '../core/connection-type.ts';
import { listedMemories, memoryColumnsAt } from '../core/selection.ts';
import { loadCurrent } from '../memory/queries.ts';
import { Memory, MemoryConnection, toMemory } from '../memory/type.ts';

builder.objectFields(Memory, (t) => ({
  current: t.field({
    type: Memory,
    description:
      'The version of it that holds at the point of the reading (itself, unless corrected), else the one last believed.',
    resolve: async (memory, _args, _context, info) =>
      (await loadCurrent(memory.at, memory.lineageId, memoryColumnsAt(info))) ?? memory,
  }),
  versions: t.field({
    type: MemoryConnection,
    description:
      'All its versions, whatever their status, by validFrom and then recordedAt, oldest first: of a slot, its time line.',
    args: forwardArgs,
    resolve: ({ lineageId, at }, args, _context, info) => {
      const window = readWindow(args, VERSION_ORDER);
      const columns = memoryColumnsAt(info, listedMemories);
      return toConnection(at, {
        order: VERSION_ORDER,
        window,
        page: at.load(JSON.stringify(['versions', window, [...columns].sort()]), lineageId, (ids) =>
          versionPages(at.tx, at.reading, ids, window, columns),
        ),
        toNode: (row) => toMemory(at, row),
        count: (reading) =>
          at.load(JSON.stringify(['count versions', window.asOf]), lineageId, (ids) =>
            countVersions(at.tx, reading, ids),
          ),
      });
    },
  }),
}));
