import { relate, unrelate } from '../../domain/relation/relations.ts';
import { Cycle, RelationExists } from '../../kernel/errors.ts';
import { builder } from '../core/builder.ts';
import { defineInput, defineOneOf, id, json, key, number, optional, required } from '../core/input.ts';
import { defineMutation } from '../core/mutation.ts';
import { MemoryRelation, RelationTypeEnum, readRelation } from './type.ts';

const MemoryRefInput = defineOneOf('MemoryRef', 'Names a memory.', {
  id: optional(id('Memory'), 'Its id, `mem_…`.'),
  ref: optional(key('ref'), 'The `ref` of a memory of the same input.'),
});

/** What joins the ends of a new relation. */
const edgeFields = {
  type: required(
    RelationTypeEnum,
    'How `from` is related to `to`. CONTRADICTS and CORRECTS are created only by their own mutations.',
  ),
  strength: required(number(0, 1), 'How strongly', { default: 1 }),
  metadata: optional(json, "The caller's own notes on it."),
};

export const NewRelationInput = defineInput(
  'NewRelation',
  'A relation to create with the memories of the same input.',
  {
    from: required(MemoryRefInput, 'The memory it begins at.'),
    to: required(MemoryRefInput, 'The memory it leads to.'),
    ...edgeFields,
  },
);

const oneRelation = (name: string, description: string) =>
  builder.objectRef<{ relationId: string }>(name).implement({
    description,
    fields: (t) => ({
      relation: t.field({
        type: MemoryRelation,
        description: 'The relation, with its new state.',
        resolve: ({ relationId }, _args, context) => readRelation(context, relationId),
      }),
    }),
  });

defineMutation('relateMemories', {
  description: 'Creates a relation between two memories.',
  input: 'A relation to create. Read it as a sentence: `fromId` follows `toId`.',
  fields: {
    fromId: required(id('Memory'), 'The memory it begins at, `mem_…`.'),
    toId: required(id('Memory'), 'The memory it leads to, `mem_…`. It must not be fromId.'),
    ...edgeFields,
  },
  payload: oneRelation('RelateMemoriesPayload', 'The relation that was created.'),
  errors: [RelationExists, Cycle],
  subjects: ({ relationId }) => [relationId],
  run: async (tx, { fromId, toId, type, strength, metadata }) => {
    const relation = { from: fromId, to: toId, type, strength, metadata: metadata ?? null, path: ['input'] };
    const [relationId] = await relate(tx, [relation]);
    return { relationId: relationId as string };
  },
});

defineMutation('unrelateMemories', {
  description: 'Ends a relation. It can still be read in the past. Ending it again changes nothing.',
  input: 'The relation to end.',
  fields: {
    relationId: required(id('MemoryRelation'), 'The relation, `rel_…`.'),
  },
  payload: oneRelation('UnrelateMemoriesPayload', 'The relation that was ended.'),
  subjects: ({ relationId }) => [relationId],
  run: async (tx, { relationId }) => ({ relationId: await unrelate(tx, relationId) }),
});
