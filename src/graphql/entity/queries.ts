import { MAX_MENTIONING, RELATED_ORDER, type RelatedEntity, relatedPages } from '../../domain/entity/related.ts';
import { readWindow } from '../../model/paging/window.ts';
import { builder } from '../core/builder.ts';
import { type Edge, toConnection } from '../core/connection.ts';
import { connectionType, forwardArgs } from '../core/connection-type.ts';
import { Entity, type EntityNode, toEntity } from './type.ts';

type RelatedNode = EntityNode & Pick<RelatedEntity, 'shared'>;

const RelatedEntityConnection = connectionType<EntityNode, Edge<RelatedNode>>('RelatedEntity', Entity, {
  of: 'entities that are mentioned in the same memories',
  totalCount: false,
  extra: (t) => ({
    sharedCount: t.int({
      description: `How many memories mention both, of those looked at: 1 to ${MAX_MENTIONING.toLocaleString('en')}.`,
      resolve: ({ node }) => node.shared,
    }),
  }),
});

builder.objectField(Entity, 'related', (t) =>
  t.field({
    type: RelatedEntityConnection,
    description: `Entities mentioned in the same ACTIVE or DISPUTED memories, most shared first. Of an entity that more mention, ${MAX_MENTIONING.toLocaleString('en')} memories are looked at, as a rule the newest.`,
    args: forwardArgs,
    resolve: async ({ id, at }, args) => {
      const window = readWindow(args, RELATED_ORDER);
      return toConnection(at, {
        order: RELATED_ORDER,
        window,
        page: at.load(JSON.stringify(['related', window]), id, (ids) => relatedPages(at.tx, at.reading, ids, window)),
        toNode: (row): RelatedNode => Object.assign(toEntity(at, row), { shared: row.shared }),
        count: () => Promise.reject(new Error('related entities are not counted')),
      });
    },
  }),
);
