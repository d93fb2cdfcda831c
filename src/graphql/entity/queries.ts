import { MAX_MENTIONING, RELATED_ORDER, type RelatedEntity, relatedPages } from '../../domain/entity/related.ts';
import type { Edge } from '../core/connection.ts';
import { connectionType } from '../core/connection-type.ts';
import { defineList } from '../core/list.ts';
import { Entity, type EntityNode, toEntity } from './type.ts';

type RelatedNode = EntityNode & Pick<RelatedEntity, 'shared'>;

const RelatedEntityConnection = connectionType<EntityNode, Edge<RelatedNode>>('RelatedEntity', Entity, {
  of: 'entities that are mentioned in the same memories',
  totalCount: false,
  extra: (t) => ({
    sharedCount: t.int({
      description: `How many of the examined memories mention both: 1 to ${MAX_MENTIONING.toLocaleString('en')}.`,
      resolve: ({ node }) => node.shared,
    }),
  }),
});

defineList(Entity, 'related', {
  type: RelatedEntityConnection,
  description:
    `Entities mentioned in the same ACTIVE or DISPUTED memories, those that share the most memories ` +
    `first. If more than ${MAX_MENTIONING.toLocaleString('en')} memories mention it, only that many ` +
    `are examined, usually the newest.`,
  order: RELATED_ORDER,
  pages: ({ tx, reading, keys, window }) => relatedPages(tx, reading, keys, window),
  toNode: (at, row): RelatedNode => Object.assign(toEntity(at, row), { shared: row.shared }),
});
