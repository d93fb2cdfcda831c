import { z } from 'zod';
import { createBatch } from '../../domain/memory/batch.ts';
import { createMemories } from '../../domain/memory/create.ts';
import type { CreatedMemory } from '../../domain/memory/new-memory.ts';
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
  description: 'A memory to be made.',
  fields: (t) => ({
    idempotencyKey: t.string({ description: idempotencyKeyDescription }),
    companion: t.field({
      type: CompanionRefInput,
      required: true,
      description: 'Who remembers it; an unknown key is created.',
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
    description: 'The memory that says it now.',
    fields: (t) => ({
      memory: t.field({
        type: Memory,
        description: 'The new memory, or the one that said the same already.',
        resolve: ({ memoryId }, _args, context, info) => readMemory(context, memoryId, info),
      }),
      duplicate: t.exposeBoolean('duplicate', { description: 'True: it was there already, and is as it was.' }),
      succeeded: t.field({
        type: Memory,
        nullable: true,
        description: 'The memory of its slot whose time ended with this one.',
        resolve: ({ succeededId }, _args, context, info) =>
          succeededId ? readMemory(context, succeededId, info) : null,
      }),
      contradiction: t.field({
        type: Contradiction,
        nullable: true,
        description: 'What it opened: another content of its slot begins at the very same moment.',
        resolve: ({ contradictionId }, _args, context) =>
          contradictionId ? readContradiction(context, contradictionId) : null,
      }),
    }),
  });

defineMutation('createMemory', {
  description:
    'Makes a memory. The same content (case and white space folded) of the same type for the same companion and user is returned as it is, with `duplicate: true`, where it is ACTIVE or DISPUTED at the new one’s `validFrom`. Not so an EXPERIENCE: an event may repeat. With a `slot` it takes its place on that slot’s time line: what was true before ends where it begins, and it ends where the next begins, whatever the order of arrival; where another content begins at the very same moment, `contradiction` is opened.',
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
  description: 'Memories to be made, and relations among them and to existing ones.',
  fields: (t) => ({
    idempotencyKey: t.string({ description: idempotencyKeyDescription }),
    companion: t.field({
      type: CompanionRefInput,
      required: true,
      description: 'Who remembers them; an unknown key is created.',
    }),
    user: t.field({ type: UserRefInput, description: 'Whom they are about, where one does not say otherwise.' }),
    memories: t.field({
      type: [NewMemoryInput],
      required: true,
      description: 'At most 1,000; none makes this a batch of relations.',
    }),
    relations: t.field({ type: [NewRelationInput], description: 'At most 5,000.' }),
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
    description: 'What was made, in the order of the input.',
    fields: (t) => ({
      memories: t.field({
        type: [Memory],
        description: 'One for each of the input: new, or the one that said the same already.',
        resolve: ({ memoryIds }, _args, context, info) => memoryIds.map((id) => readMemory(context, id, info)),
      }),
      duplicateIds: t.idList({
        description: 'The ids of those that were there already.',
        resolve: ({ duplicateIds }) => duplicateIds.map((id) => encodeId('Memory', id)),
      }),
      relations: t.field({
        type: [MemoryRelation],
        description: 'One for each of the input.',
        resolve: ({ relationIds }, _args, context) => relationIds.map((id) => readRelation(context, id)),
      }),
      contradictions: t.field({
        type: [Contradiction],
        description: 'Those that memories of the input opened in their slots: at most one for each.',
        resolve: ({ contradictionIds }, _args, context) => contradictionIds.map((id) => readContradiction(context, id)),
      }),
    }),
  });

defineMutation('createMemories', {
  description:
    'Up to 1,000 memories and the relations among them and to existing ones: all of it, or nothing. Each memory as createMemory makes it.',
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
