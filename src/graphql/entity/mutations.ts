import { z } from 'zod';
import { mergeEntities } from '../../domain/entity/merge.ts';
import { bounds, checkCount, idempotencyKey, idOf, idsOf } from '../../kernel/input.ts';
import { builder } from '../core/builder.ts';
import { idempotencyKeyDescription } from '../core/idempotency-key.ts';
import { defineMutation } from '../core/mutation.ts';
import { Entity, readSurvivor } from './type.ts';

defineMutation('mergeEntities', {
  description:
    'Says that entities of one companion are the same: whatever mentions those of `fromIds` mentions `intoId`, their names become its aliases. It keeps its own type, whatever theirs. Merging them again changes nothing.',
  input: builder.inputType('MergeEntitiesInput', {
    description: 'The entities to be merged.',
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      fromIds: t.idList({ required: true, description: 'Those that go over into the other, `ent_…`: at most 1,000.' }),
      intoId: t.id({ required: true, description: 'The one that survives, `ent_…`; not among fromIds.' }),
    }),
  }),
  schema: z.object({ idempotencyKey, fromIds: idsOf('Entity'), intoId: idOf('Entity') }),
  limit: ({ fromIds }) => checkCount('fromIds', bounds.ids, fromIds.length),
  payload: builder.objectRef<{ entityId: string }>('MergeEntitiesPayload').implement({
    description: 'The entity that survived.',
    fields: (t) => ({
      entity: t.field({
        type: Entity,
        description: 'It, as it is now.',
        resolve: ({ entityId }, _args, context) => readSurvivor(context, entityId),
      }),
    }),
  }),
  run: async (tx, { fromIds, intoId }) => ({ entityId: await mergeEntities(tx, fromIds, intoId) }),
});
