import { countMentioned, ENTITY_ORDER, mentionedPages } from '../../domain/entity/list.ts';
import { defineList } from '../core/list.ts';
import { EntityConnection, toEntity } from '../entity/type.ts';
import { Memory } from '../memory/type.ts';

defineList(Memory, 'entities', {
  type: EntityConnection,
  description: 'What this memory mentions. First comes what most memories mention.',
  order: ENTITY_ORDER,
  nested: { name: 'entities' },
  pages: ({ tx, reading, keys, window }) => mentionedPages(tx, reading, keys, window),
  counts: ({ tx, reading, keys }) => countMentioned(tx, reading, keys),
  toNode: toEntity,
});
