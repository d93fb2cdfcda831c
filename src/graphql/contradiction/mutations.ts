import { z } from 'zod';
import {
  contradictMemory,
  reopenContradiction,
  resolveContradiction,
} from '../../domain/contradiction/contradictions.ts';
import { AlreadyResolved, EmbeddingDimension, RelationExists } from '../../kernel/errors.ts';
import { bounded, bounds, freeText, idempotencyKey, idOf, oneOf } from '../../kernel/input.ts';
import { contradictionResolution } from '../../tables/all.ts';
import { builder } from '../core/builder.ts';
import { idempotencyKeyDescription } from '../core/idempotency-key.ts';
import { defineMutation } from '../core/mutation.ts';
import { NewMemoryInput, newMemory } from '../memory/create-inputs.ts';
import { Contradiction, ContradictionResolutionEnum, readContradiction } from './type.ts';

const ContradictingMemoryInput = builder.inputType('ContradictingMemory', {
  isOneOf: true,
  description: 'The memory that contradicts another.',
  fields: (t) => ({
    memoryId: t.id({ description: 'An existing memory, `mem_…`.' }),
    newMemory: t.field({
      type: NewMemoryInput,
      description:
        'A new memory, to be created: of the same companion, and about the same user unless it names another.',
    }),
  }),
});

const oneContradiction = (name: string, description: string) =>
  builder.objectRef<{ contradictionId: string; memoryIds: string[] }>(name).implement({
    description,
    fields: (t) => ({
      contradiction: t.field({
        type: Contradiction,
        description: 'The contradiction, with its new state.',
        resolve: ({ contradictionId }, _args, context) => readContradiction(context, contradictionId),
      }),
    }),
  });

defineMutation('contradictMemory', {
  description:
    'Records that one memory contradicts another. Until this is resolved both are DISPUTED while both are valid. Each has a lower confidence, the more strongly the other contradicts it.',
  input: builder.inputType('ContradictMemoryInput', {
    description: 'The two memories and how strongly they contradict each other.',
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      id: t.id({ required: true, description: 'The memory that is contradicted, `mem_…`. It must still be believed.' }),
      by: t.field({
        type: ContradictingMemoryInput,
        required: true,
        description: 'What contradicts it. It cannot be a version of the same memory.',
      }),
      strength: t.float({ required: true, defaultValue: 1, description: 'How strongly: 0 to 1.' }),
      reason: t.string({ description: 'The reason, in your own words: at most 10,000 characters.' }),
    }),
  }),
  schema: z.object({
    idempotencyKey,
    id: idOf('Memory'),
    by: oneOf({ memoryId: idOf('Memory'), newMemory }),
    strength: bounded(0, 1),
    reason: freeText(bounds.summary).nullish(),
  }),
  payload: oneContradiction('ContradictMemoryPayload', 'The contradiction that was opened.'),
  errors: [RelationExists, EmbeddingDimension],
  embeds: ({ by: { newMemory: made } }) =>
    made ? [Object.assign(made, { path: ['input', 'by', 'newMemory', 'embedding'] })] : [],
  subjects: ({ memoryIds }) => memoryIds,
  run: (tx, { id, by, strength, reason }) =>
    contradictMemory(tx, id, by.memoryId ?? (by.newMemory as NonNullable<typeof by.newMemory>), { strength, reason }),
});

defineMutation('resolveContradiction', {
  description: 'Decides an open contradiction. reopenContradiction undoes this.',
  input: builder.inputType('ResolveContradictionInput', {
    description: 'How to decide a contradiction.',
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      id: t.id({ required: true, description: 'The contradiction, `con_…`.' }),
      resolution: t.field({
        type: ContradictionResolutionEnum,
        required: true,
        description: 'The decision. All but DISMISSED need both sides to be still believed.',
      }),
      note: t.string({ description: 'The reason, in your own words: at most 10,000 characters.' }),
    }),
  }),
  schema: z.object({
    idempotencyKey,
    id: idOf('Contradiction'),
    resolution: z.enum(contradictionResolution.enumValues),
    note: freeText(bounds.summary).nullish(),
  }),
  payload: oneContradiction('ResolveContradictionPayload', 'The contradiction that was resolved.'),
  errors: [AlreadyResolved],
  subjects: ({ memoryIds }) => memoryIds,
  run: (tx, { id, resolution, note }) => resolveContradiction(tx, id, resolution, note),
});

defineMutation('reopenContradiction', {
  description:
    'Undoes a resolution. If nothing has changed since, the state before it is restored exactly; otherwise the result is as if the resolution had never been made.',
  input: builder.inputType('ReopenContradictionInput', {
    description: 'The contradiction to reopen.',
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      id: t.id({ required: true, description: 'The contradiction, `con_…`. It must not be open.' }),
    }),
  }),
  schema: z.object({ idempotencyKey, id: idOf('Contradiction') }),
  payload: oneContradiction('ReopenContradictionPayload', 'The contradiction that is open again.'),
  subjects: ({ memoryIds }) => memoryIds,
  run: (tx, { id }) => reopenContradiction(tx, id),
});
