import { write } from '../../db/write.ts';
import { deleteMessagesOf } from '../../domain/conversation/delete.ts';
import { eraseUser, forgetUser } from '../../domain/memory/forget-many.ts';
import { findUser, upsertUser } from '../../domain/user/users.ts';
import { NotFound } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import { builder } from '../core/builder.ts';
import { json, key, optional, required } from '../core/input.ts';
import { defineMutation } from '../core/mutation.ts';
import { forReaders } from '../core/scope-note.ts';
import { readUser, User, UserRefInput } from './type.ts';

defineMutation('upsertUser', {
  description: 'Creates or changes a user. Only the fields given change.',
  input: 'The new values for a user. A field left out keeps its value; null clears it.',
  fields: {
    externalId: required(key('externalId'), 'Your own id for the user'),
    metadata: optional(json, 'Your own notes on the user, replaced as a whole. Null empties them.'),
  },
  payload: builder.objectRef<{ userId: string }>('UpsertUserPayload').implement({
    description: 'The user who was created or changed.',
    fields: (t) => ({
      user: t.field({
        type: User,
        ...forReaders('The user, with the new state.'),
        resolve: ({ userId }, _args, context, info) => readUser(context, userId, info),
      }),
    }),
  }),
  run: async (tx, { externalId, metadata }) => ({ userId: await upsertUser(tx, externalId, metadata) }),
});

defineMutation('deleteUser', {
  scope: 'ADMIN',
  description:
    'Erases a user and all memories about that user for good, in batches. If it is interrupted, call ' +
    'it again: it continues with what is left.',
  input: 'The user to erase.',
  fields: { user: required(UserRefInput, 'Which one. An unknown one is NOT_FOUND.') },
  payload: builder.objectRef<{ deletedId: string }>('DeleteUserPayload').implement({
    description: 'What was erased for good.',
    fields: (t) => ({
      deletedId: t.id({
        description: 'The id the user had.',
        resolve: ({ deletedId }) => encodeId('User', deletedId),
      }),
    }),
  }),
  audited: ({ deletedId }) => encodeId('User', deletedId),
  runInBatches: async (tenant, { user }) => {
    const id = await write(tenant, (tx) => findUser(tx, user));
    if (!id) throw new NotFound('user', ['id' in user ? user.given : user.externalId]);
    await deleteMessagesOf(tenant, { userId: id });
    await forgetUser(tenant, id);
    return async (tx) => {
      await eraseUser(tx, id);
      return { deletedId: id };
    };
  },
});
