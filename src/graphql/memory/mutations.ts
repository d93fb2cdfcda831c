import { z } from 'zod';
import { setArchived, updateMemory } from '../../domain/memory/change.ts';
import { forgetMemories } from '../../domain/memory/forget.ts';
import { purgeExpired } from '../../domain/memory/forget-many.ts';
import { EmbeddingDimension } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import {
  bounded,
  bounds,
  checkCount,
  freeText,
  type GivenId,
  idempotencyKey,
  idOf,
  idsOf,
  jsonObject,
  momentInput,
  vector,
} from '../../kernel/input.ts';
import { companionRef } from '../../model/companion/ref.ts';
import { userRef } from '../../model/user/ref.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { idempotencyKeyDescription } from '../core/idempotency-key.ts';
import { defineMutation } from '../core/mutation.ts';
import { UserRefInput } from '../user/type.ts';
import { EntityInput, embeddingDescription, entityList } from './create-inputs.ts';
import { readMemory } from './queries.ts';
import { Memory } from './type.ts';

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
    embedding: t.floatList({ description: embeddingDescription }),
  }),
});

const notCleared = (what: string) => `${what} cannot be cleared: leave it out to keep it.`;

const updateMemoryInput = z.object({
  idempotencyKey,
  id: idOf('Memory'),
  summary: freeText(bounds.summary).nullable().optional(),
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
  embedding: vector.nullish(),
});

const oneMemory = (name: string, description: string) =>
  builder.objectRef<{ memoryId: string }>(name).implement({
    description,
    fields: (t) => ({
      memory: t.field({
        type: Memory,
        description: 'The memory, as it is now.',
        resolve: ({ memoryId }, _args, context, info) => readMemory(context, memoryId, info),
      }),
    }),
  });

defineMutation('updateMemory', {
  description:
    'Changes what is said about a memory: summary, context, expiry, stated importance and confidence, entities. Its content is never edited in place.',
  input: UpdateMemoryInput,
  schema: updateMemoryInput,
  payload: oneMemory('UpdateMemoryPayload', 'The memory that was changed.'),
  errors: [EmbeddingDimension],
  embeds: ({ embedding }) => (embedding ? [{ content: '', embedding, path: ['input', 'embedding'] }] : []),
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
        resolve: ({ memoryIds: ids }, _args, context, info) => ids.map((id) => readMemory(context, id, info)),
      }),
    }),
  });

const limitIds = ({ ids }: { ids: readonly unknown[] }) => checkCount('ids', bounds.ids, ids.length);

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
  runInBatches: async (tenant, { companion, user }) => {
    const purgedCount = await purgeExpired(tenant, companion, user);
    return async () => ({ purgedCount });
  },
});
