import { z } from 'zod';
import { builder, type InputFields } from '../builder.ts';
import { companionRef } from '../companion/refs.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { memoryType, relationType } from '../db/tables.ts';
import { Cycle, RelationExists } from '../errors.ts';
import { idempotencyKeyDescription } from '../idempotency/description.ts';
import { encodeId } from '../ids.ts';
import {
  bounded,
  checkCount,
  filledText,
  freeText,
  type GivenId,
  idempotencyKey,
  idOf,
  idsOf,
  jsonObject,
  keyText,
  limits,
  momentInput,
  oneOf,
} from '../input.ts';
import { defineMutation } from '../mutation.ts';
import { NewRelationInput } from '../relation/mutations.ts';
import { loadRelation, MemoryRelation } from '../relation/type.ts';
import { memoryColumnsAt } from '../selection.ts';
import { userRef } from '../user/refs.ts';
import { UserRefInput } from '../user/type.ts';
import { createBatch } from './batch.ts';
import { setArchived, updateMemory } from './change.ts';
import { createMemories } from './create.ts';
import { MemoryTypeEnum } from './enums.ts';
import { forgetMemories, purgeExpired } from './forget.ts';
import { loadMemory } from './queries.ts';
import { Memory } from './type.ts';

const EntityInput = builder.inputType('EntityInput', {
  description: 'An entity that a memory mentions; a new one is created.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Its name: 1 to 500 characters.' }),
    type: t.string({ required: true, description: 'What it is: person, place, project … 1 to 100 characters.' }),
  }),
});

const entityInput = z.object({
  name: filledText('name', limits.name),
  type: filledText('type', limits.entityType).transform((type) => type.trim()),
});

const entityList = z.array(entityInput).max(limits.entities, `At most ${limits.entities} entities are allowed.`);

/** The fields that say what a new memory is. */
const newMemoryFields = (t: InputFields) => ({
  user: t.field({ type: UserRefInput, description: 'Whom it is about. Default: nobody in particular.' }),
  content: t.string({ required: true, description: 'The statement: 1 to 100,000 characters, not blank.' }),
  summary: t.string({ description: 'The statement in short: at most 10,000 characters.' }),
  type: t.field({ type: MemoryTypeEnum, required: true, description: 'What kind of statement it is.' }),
  importance: t.float({ required: true, defaultValue: 5, description: 'How much it matters: 0 to 10.' }),
  confidence: t.float({ required: true, defaultValue: 1, description: 'How far it is believed: 0 to 1.' }),
  context: t.field({
    type: 'JSONObject',
    description: 'Where it comes from. Keys with meaning here: conversationId, turnNumber, speaker, source.',
  }),
  entities: t.field({ type: [EntityInput], description: 'What it mentions: at most 100 entities.' }),
  validFrom: t.field({ type: 'DateTime', description: 'When it became true in the world. Default: now.' }),
  validUntil: t.field({
    type: 'DateTime',
    description: 'When it ceases to be true, after validFrom. Default: it stays true.',
  }),
  expiresAt: t.field({ type: 'DateTime', description: 'From when on it no longer counts. Default: never.' }),
});

const newMemory = z.object({
  user: userRef.nullish(),
  content: filledText('content', limits.content),
  summary: freeText(limits.summary).nullish(),
  type: z.enum(memoryType.enumValues),
  importance: bounded(0, 10),
  confidence: bounded(0, 1),
  context: jsonObject.nullish(),
  entities: entityList.nullish(),
  validFrom: momentInput.nullish(),
  validUntil: momentInput.nullish(),
  expiresAt: momentInput.nullish(),
});

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
  .objectRef<{ memoryId: string; duplicate: boolean }>('CreateMemoryPayload')
  .implement({
    description: 'The memory that says it now.',
    fields: (t) => ({
      memory: t.field({
        type: Memory,
        description: 'The new memory, or the one that said the same already.',
        resolve: ({ memoryId }, _args, context, info) => existing(context, memoryId, info),
      }),
      duplicate: t.exposeBoolean('duplicate', { description: 'True: it was there already, and is as it was.' }),
    }),
  });

type Existing = Parameters<typeof loadMemory>[0];
async function existing(
  context: { at(): Existing },
  id: string,
  info: Parameters<typeof memoryColumnsAt>[0],
): Promise<NonNullable<Awaited<ReturnType<typeof loadMemory>>>> {
  const memory = await loadMemory(context.at(), id, memoryColumnsAt(info, []));
  if (!memory) throw new Error(`memory ${id} has been forgotten meanwhile`);
  return memory;
}

defineMutation('createMemory', {
  description:
    'Makes a memory. The same content (case and white space folded) of the same type for the same companion and user is returned as it is, with `duplicate: true`, where it is ACTIVE or DISPUTED at the new one’s `validFrom`. Not so an EXPERIENCE: an event may repeat.',
  input: CreateMemoryInput,
  schema: newMemory.extend({ idempotencyKey, companion: companionRef }),
  payload: CreateMemoryPayload,
  subjects: ({ memoryId }) => [memoryId],
  run: async (tx, { companion, ...memory }) => {
    const [created] = await createMemories(tx, companion, [memory], () => ['input']);
    return { memoryId: created?.id as string, duplicate: created?.duplicate as boolean };
  },
});

const NewMemoryInput = builder.inputType('NewMemory', {
  description: 'As CreateMemoryInput, without companion.',
  fields: (t) => ({
    ref: t.string({ description: 'Names it for `relations` in the same input: 1 to 500 characters, unique there.' }),
    ...newMemoryFields(t),
  }),
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
  .objectRef<{ memoryIds: string[]; duplicateIds: string[]; relationIds: string[] }>('CreateMemoriesPayload')
  .implement({
    description: 'What was made, in the order of the input.',
    fields: (t) => ({
      memories: t.field({
        type: [Memory],
        description: 'One for each of the input: new, or the one that said the same already.',
        resolve: ({ memoryIds }, _args, context, info) => memoryIds.map((id) => existing(context, id, info)),
      }),
      duplicateIds: t.idList({
        description: 'The ids of those that were there already.',
        resolve: ({ duplicateIds }) => duplicateIds.map((id) => encodeId('Memory', id)),
      }),
      relations: t.field({
        type: [MemoryRelation],
        description: 'One for each of the input.',
        resolve: ({ relationIds }, _args, context) =>
          relationIds.map(async (id) => {
            const relation = await loadRelation(context.at(), id);
            if (!relation) throw new Error(`relation ${id} has been forgotten meanwhile`);
            return relation;
          }),
      }),
    }),
  });

defineMutation('createMemories', {
  description:
    'Up to 1,000 memories and the relations among them and to existing ones: all of it, or nothing. Each memory as createMemory makes it.',
  input: CreateMemoriesInput,
  schema: createMemoriesInput,
  payload: CreateMemoriesPayload,
  errors: [RelationExists, Cycle],
  limit: ({ memories, relations }) => {
    checkCount('memories', limits.memories, memories.length);
    checkCount('relations', limits.relations, relations?.length ?? 0);
  },
  subjects: ({ memoryIds }) => memoryIds,
  run: (tx, input) => createBatch(tx, input),
});

const UpdateMemoryInput = builder.inputType('UpdateMemoryInput', {
  description: 'What is to be changed of a memory. A field left out keeps what is there, null clears it.',
  fields: (t) => ({
    idempotencyKey: t.string({ description: idempotencyKeyDescription }),
    id: t.id({ required: true, description: 'The memory, `mem_…`.' }),
    summary: t.string({ description: 'The statement in short: at most 10,000 characters.' }),
    context: t.field({ type: 'JSONObject', description: 'All of its context; null empties it.' }),
    expiresAt: t.field({ type: 'DateTime', description: 'From when on it no longer counts; null: never.' }),
    importance: t.float({
      description: 'Its importance from now on, 0 to 10: decay starts from it anew. Cannot be cleared.',
    }),
    confidence: t.float({ description: 'Its stated confidence, 0 to 1. Cannot be cleared.' }),
    entities: t.field({ type: [EntityInput], description: 'All it mentions: at most 100; null: nothing.' }),
  }),
});

const notCleared = (what: string) => `${what} cannot be cleared: leave it out to keep it.`;

const updateMemoryInput = z.object({
  idempotencyKey,
  id: idOf('Memory'),
  summary: freeText(limits.summary).nullable().optional(),
  context: jsonObject.nullable().optional(),
  expiresAt: momentInput.nullable().optional(),
  importance: bounded(0, 10)
    .nullable()
    .refine((value) => value !== null, notCleared('importance'))
    .optional(),
  confidence: bounded(0, 1)
    .nullable()
    .refine((value) => value !== null, notCleared('confidence'))
    .optional(),
  entities: entityList.nullable().optional(),
});

const oneMemory = (name: string, description: string) =>
  builder.objectRef<{ memoryId: string }>(name).implement({
    description,
    fields: (t) => ({
      memory: t.field({
        type: Memory,
        description: 'The memory, as it is now.',
        resolve: ({ memoryId }, _args, context, info) => existing(context, memoryId, info),
      }),
    }),
  });

defineMutation('updateMemory', {
  description:
    'Changes what is said about a memory: summary, context, expiry, stated importance and confidence, entities. Its content is never edited in place.',
  input: UpdateMemoryInput,
  schema: updateMemoryInput,
  payload: oneMemory('UpdateMemoryPayload', 'The memory that was changed.'),
  subjects: ({ memoryId }) => [memoryId],
  run: async (tx, { id, idempotencyKey: _, ...changes }) => ({ memoryId: await updateMemory(tx, id, changes) }),
});

const memoryIds = z.object({ idempotencyKey, ids: idsOf('Memory') });

const idsInput = (name: string, description: string) =>
  builder.inputType(name, {
    description,
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      ids: t.idList({
        required: true,
        description: 'The memories, `mem_…`: at most 1,000. If one is unknown, none is touched.',
      }),
    }),
  });

const manyMemories = (name: string, description: string) =>
  builder.objectRef<{ memoryIds: string[] }>(name).implement({
    description,
    fields: (t) => ({
      memories: t.field({
        type: [Memory],
        description: 'The memories as they are now, in the order of the input.',
        resolve: ({ memoryIds: ids }, _args, context, info) => ids.map((id) => existing(context, id, info)),
      }),
    }),
  });

const limitIds = ({ ids }: { ids: readonly unknown[] }) => checkCount('ids', limits.ids, ids.length);

defineMutation('archiveMemories', {
  description:
    'Puts memories aside: lists and recall no longer show them. Those that are aside already stay as they are.',
  input: idsInput('ArchiveMemoriesInput', 'The memories to put aside.'),
  schema: memoryIds,
  payload: manyMemories('ArchiveMemoriesPayload', 'The memories that are aside now.'),
  limit: limitIds,
  subjects: (result) => result.memoryIds,
  run: async (tx, { ids }) => ({ memoryIds: await setArchived(tx, ids, true) }),
});

defineMutation('restoreMemories', {
  description: 'Takes memories out of the archive. Those that are not in it stay as they are.',
  input: idsInput('RestoreMemoriesInput', 'The memories to bring back.'),
  schema: memoryIds,
  payload: manyMemories('RestoreMemoriesPayload', 'The memories that are back.'),
  limit: limitIds,
  subjects: (result) => result.memoryIds,
  run: async (tx, { ids }) => ({ memoryIds: await setArchived(tx, ids, false) }),
});

defineMutation('forgetMemories', {
  description:
    'Erases memories for good: content, embedding, every version, their relations, and entities mentioned nowhere else. This cannot be taken back.',
  input: idsInput('ForgetMemoriesInput', 'The memories to erase.'),
  schema: memoryIds,
  payload: builder.objectRef<{ forgottenIds: string[] }>('ForgetMemoriesPayload').implement({
    description: 'What was erased.',
    fields: (t) => ({
      forgottenIds: t.idList({
        description: 'The ids of the memories erased: all versions of those named.',
        resolve: ({ forgottenIds }) => forgottenIds.map((id) => encodeId('Memory', id)),
      }),
    }),
  }),
  limit: limitIds,
  run: async (tx, { ids }: { ids: GivenId[] }) => ({ forgottenIds: await forgetMemories(tx, ids) }),
});

const PurgeExpiredMemoriesInput = builder.inputType('PurgeExpiredMemoriesInput', {
  description: 'Which expired memories are to be erased.',
  fields: (t) => ({
    idempotencyKey: t.string({ description: idempotencyKeyDescription }),
    companion: t.field({ type: CompanionRefInput, description: 'Of this companion alone; unknown: none.' }),
    user: t.field({ type: UserRefInput, description: 'About this user alone; unknown: none.' }),
  }),
});

defineMutation('purgeExpiredMemories', {
  description:
    'Erases for good what is past its expiresAt, in batches: what an interruption leaves, the next call takes up.',
  input: PurgeExpiredMemoriesInput,
  schema: z.object({ idempotencyKey, companion: companionRef.nullish(), user: userRef.nullish() }),
  payload: builder.objectRef<{ purgedCount: number }>('PurgeExpiredMemoriesPayload').implement({
    description: 'What was erased.',
    fields: (t) => ({ purgedCount: t.exposeInt('purgedCount', { description: 'How many memories.' }) }),
  }),
  runInBatches: async (tenant, { companion, user }) => ({
    purgedCount: await purgeExpired(tenant, companion, user),
  }),
});
