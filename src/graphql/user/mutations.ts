import { z } from 'zod';
import { write } from '../../db/transaction.ts';
import { eraseUser, forgetUser } from '../../domain/memory/forget-many.ts';
import { findUser, upsertUser } from '../../domain/user/users.ts';
import { NotFound } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import { idempotencyKey, jsonObject, keyText } from '../../kernel/input.ts';
import { userRef } from '../../model/user/ref.ts';
import { builder } from '../core/builder.ts';
import { idempotencyKeyDescription } from '../core/idempotency-key.ts';
import { defineMutation } from '../core/mutation.ts';
import { toUser, User, UserRefInput } from './type.ts';

defineMutation('upsertUser', {
  description: 'Creates or changes a user; only what is given changes.',
  input: builder.inputType('UpsertUserInput', {
    description: 'What is to be said of a user. A field left out keeps what is there, null clears it.',
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      externalId: t.string({ required: true, description: 'Your own id for them: 1 to 500 characters.' }),
      metadata: t.field({ type: 'JSONObject', description: 'All of your notes on them; null empties them.' }),
    }),
  }),
  schema: z.object({
    idempotencyKey,
    externalId: keyText('externalId'),
    metadata: jsonObject.nullable().optional(),
  }),
  payload: builder.objectRef<{ userId: string }>('UpsertUserPayload').implement({
    description: 'The user who was created or changed.',
    fields: (t) => ({
      user: t.field({
        type: User,
        description: 'They, as they are now.',
        resolve: ({ userId }, _args, context) => toUser(context.at(), userId) as never,
      }),
    }),
  }),
  run: async (tx, { externalId, metadata }) => ({ userId: await upsertUser(tx, externalId, metadata) }),
});

defineMutation('deleteUser', {
  scope: 'ADMIN',
  description:
    'Erases a user and all that is remembered about them for good, in batches: what an interruption leaves, the next call takes up.',
  input: builder.inputType('DeleteUserInput', {
    description: 'The user to erase.',
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      user: t.field({ type: UserRefInput, required: true, description: 'Which one; unknown: NOT_FOUND.' }),
    }),
  }),
  schema: z.object({ idempotencyKey, user: userRef }),
  payload: builder.objectRef<{ deletedId: string }>('DeleteUserPayload').implement({
    description: 'What was erased.',
    fields: (t) => ({
      deletedId: t.id({
        description: 'The id the user had.',
        resolve: ({ deletedId }) => encodeId('User', deletedId),
      }),
    }),
  }),
  runInBatches: async (tenant, { user }) => {
    const id = await write(tenant, (tx) => findUser(tx, user));
    if (!id) throw new NotFound('user', ['id' in user ? user.given : user.externalId]);
    await forgetUser(tenant, id);
    return async (tx) => {
      await eraseUser(tx, id);
      return { deletedId: id };
    };
  },
});
