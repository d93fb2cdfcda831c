import { ensureCompanion } from '../../domain/companion/companions.ts';
import { type Added, addEntities } from '../../domain/entity/add.ts';
import { deleteEntities } from '../../domain/entity/delete.ts';
import { mergeEntities } from '../../domain/entity/merge.ts';
import { encodeId } from '../../kernel/ids.ts';
import { bounds, checkCount } from '../../kernel/input.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { defineInput, id, ids, type Kind, many, optional, required, text } from '../core/input.ts';
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

/** At most so many aliases may be given of an entity at once. */
const ALIASES = 20;

const trimmed = (what: string, max: number): Kind<string> => {
  const kind = text(what, max);
  return { ...kind, check: kind.check.transform((given) => given.trim()) as unknown as Kind<string>['check'] };
};

const NewEntityInput = defineInput('NewEntity', 'An entity, by its type and name.', {
  type: required(
    trimmed('type', bounds.entityType),
    'What it is, in your words, spelled as before: person, place, project …',
  ),
  name: required(trimmed('name', bounds.name), 'Its name. Case and extra white space do not matter.'),
  aliases: optional(
    many(trimmed('An alias', bounds.name), { of: 'aliases', count: ALIASES }),
    `Other names for it: at most ${ALIASES} at once, each of 1 to ${bounds.name} characters. They are added to those it has.`,
  ),
});

defineMutation('upsertEntities', {
  isOfAllUsers: true,
  description:
    'Creates entities of a companion, or adds aliases to those there are. They stay until deleteEntities, though no ' +
    'memory mentions them. Doing it again changes nothing.',
  input: 'The entities.',
  fields: {
    companion: required(CompanionRefInput, 'The companion whose entities they are. An unknown key creates one.'),
    entities: required(
      many(NewEntityInput),
      'The entities: 1 to 1,000. An alias that is the name or an alias of another entity of the type is INVALID_INPUT: ' +
        'merge the two with mergeEntities.',
    ),
  },
  limit: (given) => checkCount('entities', bounds.ids, given.entities.length),
  payload: builder.objectRef<Added>('UpsertEntitiesPayload').implement({
    description: 'The entities that were created or changed.',
    fields: (t) => ({
      entities: t.field({
        type: [Entity],
        ...forReaders(
          'They, at most 1,000, in the order of the input; of the name of a merged one, the entity it was merged into.',
        ),
        resolve: ({ entityIds }, _args, context) => entityIds.map((id) => readSurvivor(context, id)),
      }),
      createdIds: t.idList({
        ...forReaders('The ids of those that were not there before: at most 1,000.'),
        resolve: ({ createdIds }) => createdIds.map((id) => encodeId('Entity', id)),
      }),
    }),
  }),
  run: async (tx, { companion, entities }) => addEntities(tx, await ensureCompanion(tx, companion), entities),
});

defineMutation('deleteEntities', {
  isOfAllUsers: true,
  description:
    'Erases entities for good, with all that were merged into them, in batches: their mentions end, now and in the ' +
    'past, and events no longer show their names. The memories stay. If it is interrupted, call it again: it goes on ' +
    'with what is left.',
  input: 'The entities to erase.',
  fields: {
    ids: required(
      ids('Entity'),
      'The entities, `ent_…`: at most 1,000. The id of a merged one means the one it was merged into. If one is unknown, none is erased.',
    ),
  },
  limit: (given) => checkCount('ids', bounds.ids, given.ids.length),
  payload: builder.objectRef<{ deletedIds: string[] }>('DeleteEntitiesPayload').implement({
    description: 'What was erased for good.',
    fields: (t) => ({
      deletedIds: t.idList({
        description: 'The ids of the entities that were erased, each once: at most 1,000.',
        resolve: ({ deletedIds }) => deletedIds.map((id) => encodeId('Entity', id)),
      }),
    }),
  }),
  audited: ({ deletedIds: [only, ...more] }) => (only && more.length === 0 ? encodeId('Entity', only) : undefined),
  runInBatches: async (tenant, { ids: given }) => {
    const last = await deleteEntities(tenant, given);
    return async (tx) => ({ deletedIds: await last(tx) });
  },
});
