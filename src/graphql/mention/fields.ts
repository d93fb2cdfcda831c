import { countMentioned, ENTITY_ORDER, mentionedPages } from '../../domain/entity/list.ts';
import { readWindow } from '../../model/paging/window.ts';
import { builder } from '../core/builder.ts';
import { toConnection } from '../core/connection.ts';
import { forwardArgs } from '../core/connection-type.ts';
import { EntityConnection, toEntity } from '../entity/type.ts';
import { Memory } from '../memory/type.ts';

builder.objectField(Memory, 'entities', (t) =>
  t.field({
    type: EntityConnection,
    description: 'What it mentions, most mentioned by all memories first.',
    args: forwardArgs,
    resolve: ({ id, at }, args) => {
      const window = readWindow(args, ENTITY_ORDER);
      return toConnection(at, {
        order: ENTITY_ORDER,
        window,
        page: at.load(JSON.stringify(['entities', window]), id, (ids) =>
          mentionedPages(at.tx, at.reading, ids, window),
        ),
        toNode: (row) => toEntity(at, row),
        count: (reading) =>
          at.load(JSON.stringify(['count entities', window.asOf]), id, (ids) => countMentioned(at.tx, reading, ids)),
      });
    },
  }),
);
