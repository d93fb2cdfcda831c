import { setArchived, updateMemory } from '../../domain/memory/change.ts';
import { forgetMemories } from '../../domain/memory/forget.ts';
import { forgetMemoriesInBatches, purgeExpired } from '../../domain/memory/forget-many.ts';
import { EmbeddingDimension } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import { bounds, checkCount } from '../../kernel/input.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { id, ids, json, type Kind, moment, number, numbers, optional, required } from '../core/input.ts';
import { defineMutation } from '../core/mutation.ts';
import { forReaders } from '../core/scope-note.ts';
import { UserRefInput } from '../user/type.ts';
import { embeddingDescription, entityList, summaryField } from './create-inputs.ts';
import { readMemory } from './load.ts';
import { Memory } from './type.ts';

const notCleared = (what: string) => `${what} cannot be cleared: leave it out to keep it.`;

/** A field that may be left out, but not be null. */
const kept = (what: string, kind: Kind<number>, says: string, more: string) => {
  const field = optional(kind, says, { more });
  return { ...field, check: field.check.refine((value) => value !== null, notCleared(what)) };
};

const oneMemory = (name: string, description: string) =>
  builder.objectRef<{ memoryId: string }>(name).implement({
    description,
    fields: (t) => ({
      memory: t.field({
        type: Memory,
        description: 'The memory, with its new state.',
        resolve: ({ memoryId }, _args, context, info) => readMemory(context, memoryId, info),
      }),
    }),
  });

defineMutation('updateMemory', {
  description:
    'Changes the summary, context, expiry, stated importance, stated confidence and entities of a ' +
    'memory. Its content is never changed: use correctMemory.',
  input: 'The changes to a memory. A field left out keeps its value; null clears it.',
  fields: {
    id: required(id('Memory'), 'The memory, `mem_…`.'),
    summary: summaryField,
    context: optional(json, 'Its context, replaced as a whole. Null empties it.'),
    expiresAt: optional(moment, 'When it expires. Null: never.'),
    importance: kept(
      'importance',
      number(0, 10),
      'Its new importance',
      'Decay starts again from it. Cannot be cleared.',
    ),
    confidence: kept('confidence', number(0, 1), 'Its stated confidence', 'Cannot be cleared.'),
    entities: optional(entityList, 'The entities it mentions, replaced as a whole', { more: 'Null: none.' }),
    embedding: optional(numbers, embeddingDescription),
  },
  payload: oneMemory('UpdateMemoryPayload', 'The memory that was changed.'),
  errors: [EmbeddingDimension],
  embeds: ({ embedding }) => (embedding ? [{ content: '', embedding, path: ['input', 'embedding'] }] : []),
  subjects: ({ memoryId }) => [memoryId],
  run: async (tx, { id, ...changes }) => ({ memoryId: await updateMemory(tx, id, changes) }),
});

const idsField = {
  ids: required(ids('Memory'), 'The memories, `mem_…`: at most 1,000. If one is unknown, none is changed.'),
};

const manyMemories = (name: string, description: string) =>
  builder.objectRef<{ memoryIds: string[] }>(name).implement({
    description,
    fields: (t) => ({
      memories: t.field({
        type: [Memory],
        description: 'The memories with their new state, in the order of the input.',
        resolve: ({ memoryIds: ids }, _args, context, info) => ids.map((each) => readMemory(context, each, info)),
      }),
    }),
  });

const limitIds = ({ ids }: { ids: readonly unknown[] }) => checkCount('ids', bounds.ids, ids.length);

defineMutation('archiveMemories', {
  description: 'Archives memories: lists and recall no longer show them. Those already archived do not change.',
  input: 'The memories to archive.',
  fields: idsField,
  payload: manyMemories('ArchiveMemoriesPayload', 'The archived memories.'),
  limit: limitIds,
  subjects: (result) => result.memoryIds,
  run: async (tx, { ids }) => ({ memoryIds: await setArchived(tx, ids, true) }),
});

defineMutation('restoreMemories', {
  description: 'Takes memories out of the archive. Those that are not archived do not change.',
  input: 'The memories to restore.',
  fields: idsField,
  payload: manyMemories('RestoreMemoriesPayload', 'The restored memories.'),
  limit: limitIds,
  subjects: (result) => result.memoryIds,
  run: async (tx, { ids }) => ({ memoryIds: await setArchived(tx, ids, false) }),
});

defineMutation('forgetMemories', {
  description:
    'Erases memories for good: content, embedding, every version, their relations, and entities that ' +
    'no other memory mentions. This cannot be undone. Either all are erased or none, unless they take ' +
    'longer than one mutation may: then they are erased in batches. If that is interrupted, some are ' +
    'erased: call it again, and once more without the ids that NOT_FOUND names.',
  input: 'The memories to erase.',
  fields: idsField,
  payload: builder.objectRef<{ forgottenIds: string[] }>('ForgetMemoriesPayload').implement({
    description: 'What was erased for good.',
    fields: (t) => ({
      forgottenIds: t.idList({
        ...forReaders('The ids of the erased memories: all versions of those named.'),
        resolve: ({ forgottenIds }) => forgottenIds.map((each) => encodeId('Memory', each)),
      }),
    }),
  }),
  limit: limitIds,
  audited: () => undefined,
  run: async (tx, { ids }) => ({ forgottenIds: await forgetMemories(tx, ids) }),
  runInBatches: async (tenant, { ids }) => {
    const forgottenIds = await forgetMemoriesInBatches(tenant, ids);
    return async () => ({ forgottenIds });
  },
});

defineMutation('purgeExpiredMemories', {
  description:
    'Erases expired memories for good, in batches. If it is interrupted, call it again: it continues with what is left.',
  input: 'Which expired memories to erase.',
  fields: {
    companion: optional(CompanionRefInput, 'Only those of this companion. An unknown companion has none.'),
    user: optional(UserRefInput, 'Only those about this user. An unknown user has none.'),
  },
  payload: builder.objectRef<{ purgedCount: number }>('PurgeExpiredMemoriesPayload').implement({
    description: 'What was erased for good.',
    fields: (t) => ({ purgedCount: t.exposeInt('purgedCount', forReaders('How many memories were erased.')) }),
  }),
  audited: () => undefined,
  runInBatches: async (tenant, { companion, user }) => {
    const purgedCount = await purgeExpired(tenant, companion, user);
    return async () => ({ purgedCount });
  },
});
