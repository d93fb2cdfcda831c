import { mergeEntities } from '../../domain/entity/merge.ts';
import { encodeId } from '../../kernel/ids.ts';
import { bounds, checkCount } from '../../kernel/input.ts';
import { builder } from '../core/builder.ts';
import { id, ids, required } from '../core/input.ts';
import { defineMutation } from '../core/mutation.ts';
import { forReaders } from '../core/scope-note.ts';
import { Entity, readSurvivor } from './type.ts';

defineMutation('mergeEntities', {
  isOfAllUsers: true,
  description:
    'Merges entities of one companion that are the same. Memories that mention one of `fromIds` then ' +
    'mention `intoId`, and the names become aliases of it. It keeps its own type. Merging them again ' +
    'changes nothing.',
  input: 'The entities to merge.',
  fields: {
    fromIds: required(ids('Entity'), 'The entities that become part of the other one, `ent_…`: at most 1,000.'),
    intoId: required(id('Entity'), 'The entity that stays, `ent_…`. It must not be in fromIds.'),
  },
  limit: ({ fromIds }) => checkCount('fromIds', bounds.ids, fromIds.length),
  payload: builder.objectRef<{ entityId: string }>('MergeEntitiesPayload').implement({
    description: 'The entity that stayed.',
    fields: (t) => ({
      entity: t.field({
        type: Entity,
        ...forReaders('It, with its new state.'),
        resolve: ({ entityId }, _args, context) => readSurvivor(context, entityId),
      }),
    }),
  }),
  audited: ({ entityId }) => encodeId('Entity', entityId),
  run: async (tx, { fromIds, intoId }) => ({ entityId: await mergeEntities(tx, fromIds, intoId) }),
});
