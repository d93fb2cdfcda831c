import { z } from 'zod';
import { createBatch } from '../../domain/memory/batch.ts';
import { type CreatedMemory, createMemories } from '../../domain/memory/create.ts';
import { Cycle, EmbeddingDimension, RelationExists } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import { bounded, bounds, checkCount, idempotencyKey, idOf, jsonObject, keyText, oneOf } from '../../kernel/input.ts';
import { companionRef } from '../../model/companion/ref.ts';
import { userRef } from '../../model/user/ref.ts';
import { relationType } from '../../tables/all.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { Contradiction, readContradiction } from '../contradiction/type.ts';
import { builder } from '../core/builder.ts';
import { idempotencyKeyDescription } from '../core/idempotency-key.ts';
import { defineMutation } from '../core/mutation.ts';
import { NewMemoryInput, newMemory, newMemoryFields } from '../memory/create-inputs.ts';
import { readMemory } from '../memory/queries.ts';
import { Memory } from '../memory/type.ts';
import { NewRelationInput } from '../relation/mutations.ts';
import { MemoryRelation, readRelation } from '../relation/type.ts';
import { UserRefInput } from '../user/type.ts';

const CreateMemoryInput = builder.inputType('CreateMemoryInput', {
  description: 'A memory to create.',
  fields: (t) => ({
    idempotencyKey: t.string({ description: idempotencyKeyDescription }),
    companion: t.field({
      type: CompanionRefInput,
      required: true,
      description: 'The companion that remembers it. An unknown key creates one.',
    }),
    ...newMemoryFields(t),
  }),
});

const CreateMemoryPayload = builder
  .objectRef<{
    memoryId: string;
    duplicate: boolean;
    succeededId: string | null;
    contradictionId: string | null;
  }>('CreateMemoryPayload')
  .implement({
    description: 'The memory, new or already there.',
    fields: (t) => ({
      memory: t.field({
        type: Memory,
        description: 'The new memory, or the existing one with the same content.',
        resolve: ({ memoryId }, _args, context, info) => readMemory(context, memoryId, info),
      }),
      duplicate: t.exposeBoolean('duplicate', {
        description: 'True if the memory existed already. It was not changed.',
      }),
      succeeded: t.field({
        type: Memory,
        nullable: true,
        description: 'The memory of the same slot that ended because this one began.',
        resolve: ({ succeededId }, _args, context, info) =>
          succeededId ? readMemory(context, succeededId, info) : null,
      }),
      contradiction: t.field({
        type: Contradiction,
        nullable: true,
        description:
          'The contradiction that it opened, because another content of its slot begins at exactly the same moment.',
        resolve: ({ contradictionId }, _args, context) =>
          contradictionId ? readContradiction(context, contradictionId) : null,
      }),
    }),
  });

defineMutation('createMemory', {
  description:
    'Creates a memory. If the companion already has a memory of the same type, user and content (case and extra white space do not matter) that is ACTIVE or DISPUTED at the new `validFrom`, that one is returned with `duplicate: true`. This does not apply to an EXPERIENCE, because an event may repeat. With a `slot` the memory is added to the time line of the slot: the one before ends where it begins, and it ends where the next begins, in any order of arrival. If another content begins at exactly the same moment, a `contradiction` is opened.',
  input: CreateMemoryInput,
  schema: newMemory.extend({ idempotencyKey, companion: companionRef }),
  payload: CreateMemoryPayload,
  errors: [EmbeddingDimension],
  embeds: (memory) => [Object.assign(memory, { path: ['input', 'embedding'] })],
  subjects: ({ memoryId, succeededId }) => [memoryId, ...(succeededId ? [succeededId] : [])],
  run: async (tx, { companion, ...memory }) => {
    const [created] = await createMemories(tx, companion, [memory], () => ['input']);
    const { id, duplicate, succeededId, contradictionId } = created as CreatedMemory;
    return { memoryId: id, duplicate, succeededId, contradictionId };
  },
});

const CreateMemoriesInput = builder.inputType('CreateMemoriesInput', {
  description: 'Memories to create, and relations among them and to existing memories.',
  fields: (t) => ({
    idempotencyKey: t.string({ description: idempotencyKeyDescription }),
    companion: t.field({
      type: CompanionRefInput,
      required: true,
      description: 'The companion that remembers them. An unknown key creates one.',
    }),
    user: t.field({ type: UserRefInput, description: 'The user they are about, if a memory does not name another.' }),
    memories: t.field({
      type: [NewMemoryInput],
      required: true,
      description: 'At most 1,000. It may be empty, to create only relations.',
    }),
    relations: t.field({ type: [NewRelationInput], description: 'Relations to create: at most 5,000.' }),
  }),
});

const createMemoriesInput = z.object({
  idempotencyKey,
  companion: companionRef,
  user: userRef.nullish(),
  memories: z.array(newMemory.extend({ ref: keyText('ref').nullish() })),
  relations: z
    .array(
      z.object({
        from: oneOf({ id: idOf('Memory'), ref: keyText('ref') }),
        to: oneOf({ id: idOf('Memory'), ref: keyText('ref') }),
        type: z.enum(relationType.enumValues),
        strength: bounded(0, 1),
        metadata: jsonObject.nullish(),
      }),
    )
    .nullish(),
});

const CreateMemoriesPayload = builder
  .objectRef<{ memoryIds: string[]; duplicateIds: string[]; relationIds: string[]; contradictionIds: string[] }>(
    'CreateMemoriesPayload',
  )
  .implement({
    description: 'What was created, in the order of the input.',
    fields: (t) => ({
      memories: t.field({
        type: [Memory],
        description: 'One for each memory of the input: the new one, or the existing one with the same content.',
        resolve: ({ memoryIds }, _args, context, info) => memoryIds.map((id) => readMemory(context, id, info)),
      }),
      duplicateIds: t.idList({
        description: 'The ids of the memories that existed already.',
        resolve: ({ duplicateIds }) => duplicateIds.map((id) => encodeId('Memory', id)),
      }),
      relations: t.field({
        type: [MemoryRelation],
        description: 'One for each relation of the input.',
        resolve: ({ relationIds }, _args, context) => relationIds.map((id) => readRelation(context, id)),
      }),
      contradictions: t.field({
        type: [Contradiction],
        description: 'The contradictions that these memories opened in their slots: at most one for each memory.',
        resolve: ({ contradictionIds }, _args, context) => contradictionIds.map((id) => readContradiction(context, id)),
      }),
    }),
  });

defineMutation('createMemories', {
  description:
    'Creates up to 1,000 memories, and relations among them and to existing memories: all of them or none. Each memory is created as by createMemory.',
  input: CreateMemoriesInput,
  schema: createMemoriesInput,
  payload: CreateMemoriesPayload,
  errors: [RelationExists, Cycle, EmbeddingDimension],
  embeds: ({ memories }) =>
    memories.map((memory, index) => Object.assign(memory, { path: ['input', 'memories', index, 'embedding'] })),
  limit: ({ memories, relations }) => {
    checkCount('memories', bounds.memories, memories.length);
    checkCount('relations', bounds.relations, relations?.length ?? 0);
  },
  subjects: ({ memoryIds, relationIds }) => [...memoryIds, ...relationIds],
  run: (tx, input) => createBatch(tx, input),
});
