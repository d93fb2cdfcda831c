import { z } from 'zod';
import { relate, unrelate } from '../../domain/relation/relations.ts';
import { Cycle, RelationExists } from '../../kernel/errors.ts';
import { bounded, idempotencyKey, idOf, jsonObject } from '../../kernel/input.ts';
import { relationType } from '../../tables/all.ts';
import { builder, type InputFields } from '../core/builder.ts';
import { idempotencyKeyDescription } from '../core/idempotency-key.ts';
import { defineMutation } from '../core/mutation.ts';
import { MemoryRelation, RelationTypeEnum, readRelation } from './type.ts';

const MemoryRefInput = builder.inputType('MemoryRef', {
  isOneOf: true,
  description: 'Names a memory.',
  fields: (t) => ({
    id: t.id({ description: 'Its id, `mem_…`.' }),
    ref: t.string({ description: 'The `ref` of a memory of the same input.' }),
  }),
});

/** What joins the ends of a new relation. */
const edgeFields = (t: InputFields) => ({
  type: t.field({
    type: RelationTypeEnum,
    required: true,
    description: 'How `from` is related to `to`. CONTRADICTS and CORRECTS are created only by their own mutations.',
  }),
  strength: t.float({ required: true, defaultValue: 1, description: 'How strongly: 0 to 1.' }),
  metadata: t.field({ type: 'JSONObject', description: "The caller's own notes on it." }),
});

export const NewRelationInput = builder.inputType('NewRelation', {
  description: 'A relation to create with the memories of the same input.',
  fields: (t) => ({
    from: t.field({ type: MemoryRefInput, required: true, description: 'The memory it begins at.' }),
    to: t.field({ type: MemoryRefInput, required: true, description: 'The memory it leads to.' }),
    ...edgeFields(t),
  }),
});

const RelateMemoriesInput = builder.inputType('RelateMemoriesInput', {
  description: 'A relation to create. Read it as a sentence: `fromId` follows `toId`.',
  fields: (t) => ({
    idempotencyKey: t.string({ description: idempotencyKeyDescription }),
    fromId: t.id({ required: true, description: 'The memory it begins at, `mem_…`.' }),
    toId: t.id({ required: true, description: 'The memory it leads to, `mem_…`. It must not be fromId.' }),
    ...edgeFields(t),
  }),
});

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
  input: RelateMemoriesInput,
  schema: z.object({
    idempotencyKey,
    fromId: idOf('Memory'),
    toId: idOf('Memory'),
    type: z.enum(relationType.enumValues),
    strength: bounded(0, 1),
    metadata: jsonObject.nullish(),
  }),
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
  input: builder.inputType('UnrelateMemoriesInput', {
    description: 'The relation to end.',
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      relationId: t.id({ required: true, description: 'The relation, `rel_…`.' }),
    }),
  }),
  schema: z.object({ idempotencyKey, relationId: idOf('MemoryRelation') }),
  payload: oneRelation('UnrelateMemoriesPayload', 'The relation that was ended.'),
  subjects: ({ relationId }) => [relationId],
  run: async (tx, { relationId }) => ({ relationId: await unrelate(tx, relationId) }),
});
