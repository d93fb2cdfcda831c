import { z } from 'zod';
import { mergeEntities } from '../../domain/entity/entities.ts';
import { bounds, checkCount, idempotencyKey, idOf, idsOf } from '../../kernel/input.ts';
import { builder } from '../core/builder.ts';
import { idempotencyKeyDescription } from '../core/idempotency-key.ts';
import { defineMutation } from '../core/mutation.ts';
import { Entity, readSurvivor } from './type.ts';

defineMutation('mergeEntities', {
  description:
    'Merges entities of one companion that are the same. Memories that mention one of `fromIds` then mention `intoId`, and the names become aliases of it. It keeps its own type. Merging them again changes nothing.',
  input: builder.inputType('MergeEntitiesInput', {
    description: 'The entities to merge.',
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      fromIds: t.idList({
        required: true,
        description: 'The entities that become part of the other one, `ent_…`: at most 1,000.',
      }),
      intoId: t.id({ required: true, description: 'The entity that stays, `ent_…`. It must not be in fromIds.' }),
    }),
  }),
  schema: z.object({ idempotencyKey, fromIds: idsOf('Entity'), intoId: idOf('Entity') }),
  limit: ({ fromIds }) => checkCount('fromIds', bounds.ids, fromIds.length),
  payload: builder.objectRef<{ entityId: string }>('MergeEntitiesPayload').implement({
    description: 'The entity that stayed.',
    fields: (t) => ({
      entity: t.field({
        type: Entity,
        description: 'It, with its new state.',
        resolve: ({ entityId }, _args, context) => readSurvivor(context, entityId),
      }),
    }),
  }),
  run: async (tx, { fromIds, intoId }) => ({ entityId: await mergeEntities(tx, fromIds, intoId) }),
});
