import { z } from 'zod';
import { contradictMemory } from '../../domain/contradiction/contradictions.ts';
import { reopenContradiction, resolveContradiction } from '../../domain/contradiction/resolve.ts';
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
  description: 'What speaks against a memory.',
  fields: (t) => ({
    memoryId: t.id({ description: 'A memory there is, `mem_…`.' }),
    newMemory: t.field({
      type: NewMemoryInput,
      description: 'One to be made: of the same companion, and about the same user unless it names another.',
    }),
  }),
});

const oneContradiction = (name: string, description: string) =>
  builder.objectRef<{ contradictionId: string; memoryIds: string[] }>(name).implement({
    description,
    fields: (t) => ({
      contradiction: t.field({
        type: Contradiction,
        description: 'The contradiction, as it is now.',
        resolve: ({ contradictionId }, _args, context) => readContradiction(context, contradictionId),
      }),
    }),
  });

defineMutation('contradictMemory', {
  description:
    'Says that something speaks against a memory. Until it is resolved both are DISPUTED where both hold, and each is believed less, the more strongly the other speaks against it.',
  input: builder.inputType('ContradictMemoryInput', {
    description: 'What speaks against what.',
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      id: t.id({ required: true, description: 'The memory spoken against, `mem_…`; it must be believed.' }),
      by: t.field({
        type: ContradictingMemoryInput,
        required: true,
        description: 'What speaks against it; not a version of the same memory.',
      }),
      strength: t.float({ required: true, defaultValue: 1, description: 'How strongly it does: 0 to 1.' }),
      reason: t.string({ description: 'Why, in your words: at most 10,000 characters.' }),
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
  description: 'Decides an open contradiction. reopenContradiction takes it back, whatever it did.',
  input: builder.inputType('ResolveContradictionInput', {
    description: 'What is to become of a contradiction.',
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      id: t.id({ required: true, description: 'The contradiction, `con_…`.' }),
      resolution: t.field({
        type: ContradictionResolutionEnum,
        required: true,
        description: 'What becomes of it. All but DISMISSED want both sides believed.',
      }),
      note: t.string({ description: 'Why, in your words: at most 10,000 characters.' }),
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
    'Takes a resolution back, whatever it did: at once it restores exactly, later it is as if it had never been made.',
  input: builder.inputType('ReopenContradictionInput', {
    description: 'The contradiction to be reopened.',
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      id: t.id({ required: true, description: 'The contradiction, `con_…`; not an open one.' }),
    }),
  }),
  schema: z.object({ idempotencyKey, id: idOf('Contradiction') }),
  payload: oneContradiction('ReopenContradictionPayload', 'The contradiction that is open again.'),
  subjects: ({ memoryIds }) => memoryIds,
  run: (tx, { id }) => reopenContradiction(tx, id),
});
