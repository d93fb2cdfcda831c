import { z } from 'zod';
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
import { bounds, filledText, parseInput } from '../../kernel/input.ts';
import { companionRef } from '../../model/companion/ref.ts';
import { readWindow } from '../../model/paging/window.ts';
import { Companion, CompanionRefInput, toCompanion } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { toConnection } from '../core/connection.ts';
import { connectionType, forwardArgs } from '../core/connection-type.ts';
import type { Context } from '../core/context.ts';
import { loadNodesOf, Node, type NodeValue, nodeId } from '../core/node.ts';
import { atDescription, PointInTimeInput, snapshotAt } from '../core/point-type.ts';
import type { Snapshot } from '../core/snapshot.ts';

/** An entity as it was read, and the graph it was read from. */
export interface EntityNode extends EntityRow, NodeValue {}

export const toEntity = (at: Snapshot, row: EntityRow): EntityNode => Object.assign(row, { at });

export const EntityRefInput = builder.inputType('EntityRef', {
  isOneOf: true,
  description: 'Names an entity.',
  fields: (t) => ({
    id: t.id({ description: 'Its id, `ent_…`. One that was merged stands for the one it was merged into.' }),
    name: t.string({ description: 'Its name or an alias, case and white space folded; of any type and companion.' }),
  }),
});

export const Entity = builder.objectRef<EntityNode>('Entity');

Entity.implement({
  description:
    'A person, place or thing that memories mention: unique by companion, type and name, case and white space folded.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Its id, `ent_…`.', resolve: (entity) => nodeId('Entity', entity) }),
    name: t.exposeString('name', { description: 'Its name, as first written.' }),
    type: t.exposeString('type', { description: "What it is, in the caller's words: person, place, project …" }),
    aliases: t.exposeStringList('aliases', { description: 'Names of the entities that were merged into it.' }),
    companion: t.field({
      type: Companion,
      description: 'The companion whose memories mention it.',
      resolve: ({ at, companionId }) => toCompanion(at, companionId) as never,
    }),
  }),
});

export const EntityConnection = connectionType('Entity', Entity, { of: 'entities' });

const EntityFilterInput = builder.inputType('EntityFilter', {
  description: 'Which entities are let through: those that fulfil every part given.',
  fields: (t) => ({
    companion: t.field({ type: CompanionRefInput, description: 'Of this companion; unknown: none.' }),
    name: t.string({ description: 'Part of the name or of an alias, case and white space folded.' }),
    types: t.stringList({ description: 'Of one of these types, as they were written. At most 100.' }),
  }),
});

const entityFilter = z.object({
  companion: companionRef.nullish(),
  name: filledText('name', bounds.name).nullish(),
  types: z.array(filledText('A type', bounds.entityType)).max(100, 'At most 100 types are allowed.').nullish(),
});

builder.queryField('entities', (t) =>
  t.field({
    type: EntityConnection,
    description: 'What the memories of the workspace mention, most mentioned first.',
    args: {
      filter: t.arg({ type: EntityFilterInput, description: 'Which of them. Default: all.' }),
      at: t.arg({ type: PointInTimeInput, description: atDescription }),
      ...forwardArgs,
    },
    resolve: (_root, args, context) => {
      const filter = parseInput(entityFilter, args.filter ?? {}, ['filter']);
      const window = readWindow(args, ENTITY_ORDER);
      const snapshot = snapshotAt(context, args.at, undefined, window);
      return toConnection(snapshot, {
        order: ENTITY_ORDER,
        window,
        page: entityPage(snapshot.tx, snapshot.reading, filter, window),
        toNode: (row) => toEntity(snapshot, row),
        count: (reading) => countEntities(snapshot.tx, reading, filter),
      });
    },
  }),
);

/** An entity by its key; undefined for an unknown one, and for one that was merged into another. */
export async function loadEntity(snapshot: Snapshot, id: string): Promise<EntityNode | undefined> {
  const row = await snapshot.load('entity', id, (ids) => entitiesById(snapshot.tx, snapshot.reading, ids));
  return row && toEntity(snapshot, row);
}

/**
 * The entity a mutation speaks of, or the one it has been merged into, as it is now. Throws NotFound where it has been
 * forgotten meanwhile.
 */
export async function readSurvivor(context: Context, id: string): Promise<EntityNode> {
  const snapshot = context.at();
  const row = await snapshot.load('survivor', id, (ids) => survivorsById(snapshot.tx, snapshot.reading, ids));
  if (!row) throw new NotFound('entity', [encodeId('Entity', id)]);
  return toEntity(snapshot, row);
}

loadNodesOf('Entity', loadEntity);
