import { write } from '../../db/write.ts';
import { findCompanion, upsertCompanion } from '../../domain/companion/companions.ts';
import { deleteMessagesOf } from '../../domain/conversation/delete.ts';
import { eraseCompanion, forgetCompanion } from '../../domain/memory/forget-many.ts';
import { NotFound } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import { bounds } from '../../kernel/input.ts';
import { builder } from '../core/builder.ts';
import { anyText, flag, json, optional, required, text } from '../core/input.ts';
import { defineMutation } from '../core/mutation.ts';
import { forReaders } from '../core/scope-note.ts';
import { Companion, CompanionRefInput, readCompanion } from './type.ts';

defineMutation('upsertCompanion', {
  isOfAllUsers: true,
  description: 'Creates or changes a companion. Only the fields given change.',
  input: 'The new values for a companion. A field left out keeps its value; null clears it.',
  fields: {
    companion: required(CompanionRefInput, 'Which companion. An unknown key creates one.'),
    name: optional(text('name', bounds.name), 'Its display name', { more: 'Default, also for null: its key.' }),
    description: optional(anyText(bounds.summary), 'What it is for'),
    config: optional(json, 'Your own settings for it, replaced as a whole. Null empties them.'),
    isActive: optional(flag, 'A switch for your own use: the service ignores it. Default, also for null: true.'),
  },
  payload: builder.objectRef<{ companionId: string }>('UpsertCompanionPayload').implement({
    description: 'The companion that was created or changed.',
    fields: (t) => ({
      companion: t.field({
        type: Companion,
        ...forReaders('It, with its new state.'),
        resolve: ({ companionId }, _args, context, info) => readCompanion(context, companionId, info),
      }),
    }),
  }),
  run: async (tx, { companion, ...changes }) => ({ companionId: await upsertCompanion(tx, companion, changes) }),
});

defineMutation('deleteCompanion', {
  scope: 'ADMIN',
  description:
    'Erases a companion and all its memories for good, in batches. If it is interrupted, call it again: it continues with what is left.',
  input: 'The companion to erase.',
  fields: { companion: required(CompanionRefInput, 'Which one. An unknown one is NOT_FOUND.') },
  payload: builder.objectRef<{ deletedId: string }>('DeleteCompanionPayload').implement({
    description: 'What was erased for good.',
    fields: (t) => ({
      deletedId: t.id({
        description: 'The id the companion had.',
        resolve: ({ deletedId }) => encodeId('Companion', deletedId),
      }),
    }),
  }),
  audited: ({ deletedId }) => encodeId('Companion', deletedId),
  runInBatches: async (tenant, { companion }) => {
    const id = await write(tenant, (tx) => findCompanion(tx, companion));
    if (!id) throw new NotFound('companion', ['id' in companion ? companion.given : companion.key]);
    await deleteMessagesOf(tenant, { companionId: id });
    await forgetCompanion(tenant, id);
    return async (tx) => {
      await eraseCompanion(tx, id);
      return { deletedId: id };
    };
  },
});
