import {
  countEntities,
  ENTITY_ORDER,
  type EntityRow,
  entitiesById,
  entityPage,
  survivorsById,
} from '../../domain/entity/list.ts';
import { NotFound } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import { bounds } from '../../kernel/input.ts';
import type { EntityRef } from '../../model/entity/ref.ts';
import { Companion, CompanionRefInput, toCompanion } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { connectionType } from '../core/connection-type.ts';
import type { Context } from '../core/context.ts';
import { defineInput, defineOneOf, id, key, many, optional, readAs, text } from '../core/input.ts';
import { defineList, ofWorkspace } from '../core/list.ts';
import { nested } from '../core/nested.ts';
import { Node, type NodeValue, nodeRef } from '../core/node.ts';
import type { Snapshot } from '../core/snapshot.ts';

/** An entity as it was read, and the graph it was read from. */
export interface EntityNode extends EntityRow, NodeValue {}

export const toEntity = (at: Snapshot, row: EntityRow): EntityNode => Object.assign(row, { at });

export const EntityRefInput = readAs(
  defineOneOf('EntityRef', 'Names an entity.', {
    id: optional(id('Entity'), 'Its id, `ent_…`. The id of a merged entity means the one it was merged into.'),
    name: optional(
      key('name'),
      'Its name or an alias, of any type and companion. Case and extra white space do not matter.',
    ),
  }),
  ({ id, name }): EntityRef => (id ? { id: id.uuid } : { name: name as string }),
);

const EntityType = builder.objectRef<EntityNode>('Entity').implement({
  description:
    'A person, place or thing that memories mention. Unique by companion, type and name, where case and extra white space do not matter.',
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name, as written the first time.' }),
    type: t.exposeString('type', { description: "What it is, in the caller's words: person, place, project …" }),
    aliases: t.exposeStringList('aliases', { description: 'Names of the entities that were merged into it.' }),
    companion: t.field({
      type: Companion,
      description: 'The companion whose memories mention it.',
      ...nested({ one: 'companion' }),
      resolve: ({ at, companionId }) => toCompanion(at, companionId),
    }),
  }),
});

/** An entity by its key; undefined for an unknown one, and for one that was merged into another. */
export async function loadEntity(snapshot: Snapshot, id: string): Promise<EntityNode | undefined> {
  const row = await snapshot.load('entity', id, (ids) => entitiesById(snapshot.tx, snapshot.reading, ids));
  return row && toEntity(snapshot, row);
}

/**
 * The entity that a mutation returns, or the one it has been merged into, as it is now. Throws NotFound where it has
 * been forgotten meanwhile.
 */
export async function readSurvivor(context: Context, id: string): Promise<EntityNode> {
  const snapshot = context.at();
  const row = await snapshot.load('survivor', id, (ids) => survivorsById(snapshot.tx, snapshot.reading, ids));
  if (!row) throw new NotFound('entity', [encodeId('Entity', id)]);
  return toEntity(snapshot, row);
}

export const Entity = nodeRef<EntityNode>('Entity', EntityType, { id: 'Its id, `ent_…`.', load: loadEntity });

export const EntityConnection = connectionType('Entity', Entity, { of: 'entities' });

const EntityFilterInput = defineInput(
  'EntityFilter',
  'Which entities to include: those that match every field given.',
  {
    companion: optional(CompanionRefInput, 'Only those of this companion. An unknown companion has none.'),
    name: optional(
      text('name', bounds.name),
      'Part of the name or of an alias. Case and extra white space do not matter.',
    ),
    types: optional(
      many(text('A type', bounds.entityType), { of: 'types', count: 100 }),
      'Only entities of one of these types, spelled exactly. At most 100.',
    ),
  },
);

defineList('Query', 'entities', {
  type: EntityConnection,
  description: 'Everything that memories of the workspace mention, the most mentioned first.',
  args: { filter: optional(EntityFilterInput, 'Which items to include. Default: all.') },
  at: true,
  order: ENTITY_ORDER,
  nested: { name: 'entities', given: ({ filter }) => filter ?? {} },
  pages: ({ tx, reading, given, window }) => ofWorkspace(entityPage(tx, reading, given.filter ?? {}, window)),
  counts: ({ tx, reading, given }) => ofWorkspace(countEntities(tx, reading, given.filter ?? {})),
  toNode: toEntity,
});
