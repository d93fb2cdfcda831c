import { z } from 'zod';
import { write } from '../../db/transaction.ts';
import { findCompanion, upsertCompanion } from '../../domain/companion/companions.ts';
import { eraseCompanion, forgetCompanion } from '../../domain/memory/forget-many.ts';
import { NotFound } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import { bounds, filledText, freeText, idempotencyKey, jsonObject } from '../../kernel/input.ts';
import { companionRef } from '../../model/companion/ref.ts';
import { builder } from '../core/builder.ts';
import { idempotencyKeyDescription } from '../core/idempotency-key.ts';
import { defineMutation } from '../core/mutation.ts';
import { Companion, CompanionRefInput, toCompanion } from './type.ts';

defineMutation('upsertCompanion', {
  description: 'Creates or changes a companion; only what is given changes.',
  input: builder.inputType('UpsertCompanionInput', {
    description: 'What is to be said of a companion. A field left out keeps what is there, null clears it.',
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      companion: t.field({
        type: CompanionRefInput,
        required: true,
        description: 'Which one; an unknown key is created.',
      }),
      name: t.string({ description: 'What people call it: 1 to 500 characters. Null, and the default: its key.' }),
      description: t.string({ description: 'What it is for: at most 10,000 characters.' }),
      config: t.field({ type: 'JSONObject', description: 'All of your settings for it; null empties them.' }),
      isActive: t.boolean({ description: 'Your own switch; nothing here depends on it. Null, and the default: true.' }),
    }),
  }),
  schema: z.object({
    idempotencyKey,
    companion: companionRef,
    name: filledText('name', bounds.name).nullable().optional(),
    description: freeText(bounds.summary).nullable().optional(),
    config: jsonObject.nullable().optional(),
    isActive: z.boolean().nullable().optional(),
  }),
  payload: builder.objectRef<{ companionId: string }>('UpsertCompanionPayload').implement({
    description: 'The companion that was created or changed.',
    fields: (t) => ({
      companion: t.field({
        type: Companion,
        description: 'It, as it is now.',
        resolve: ({ companionId }, _args, context) => toCompanion(context.at(), companionId) as never,
      }),
    }),
  }),
  run: async (tx, { companion, idempotencyKey: _, ...changes }) => ({
    companionId: await upsertCompanion(tx, companion, changes),
  }),
});

defineMutation('deleteCompanion', {
  scope: 'ADMIN',
  description:
    'Erases a companion and all it remembers for good, in batches: what an interruption leaves, the next call takes up.',
  input: builder.inputType('DeleteCompanionInput', {
    description: 'The companion to erase.',
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      companion: t.field({ type: CompanionRefInput, required: true, description: 'Which one; unknown: NOT_FOUND.' }),
    }),
  }),
  schema: z.object({ idempotencyKey, companion: companionRef }),
  payload: builder.objectRef<{ deletedId: string }>('DeleteCompanionPayload').implement({
    description: 'What was erased.',
    fields: (t) => ({
      deletedId: t.id({
        description: 'The id the companion had.',
        resolve: ({ deletedId }) => encodeId('Companion', deletedId),
      }),
    }),
  }),
  runInBatches: async (tenant, { companion }) => {
    const id = await write(tenant, (tx) => findCompanion(tx, companion));
    if (!id) throw new NotFound('companion', ['id' in companion ? companion.given : companion.key]);
    await forgetCompanion(tenant, id);
    return async (tx) => {
      await eraseCompanion(tx, id);
      return { deletedId: id };
    };
  },
});
