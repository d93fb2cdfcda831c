import { z } from 'zod';
import { correctMemory, retractMemory, revertCorrection } from '../../domain/correction/corrections.ts';
import { AlreadyCorrected, EmbeddingDimension } from '../../kernel/errors.ts';
import {
  bounded,
  bounds,
  filledText,
  freeText,
  idempotencyKey,
  idOf,
  jsonObject,
  momentInput,
  vector,
} from '../../kernel/input.ts';
import { memoryType } from '../../tables/all.ts';
import { builder } from '../core/builder.ts';
import { idempotencyKeyDescription } from '../core/idempotency-key.ts';
import { defineMutation } from '../core/mutation.ts';
import { EntityInput, embeddingDescription, entityList } from '../memory/create-inputs.ts';
import { MemoryTypeEnum } from '../memory/enums.ts';
import { readMemory } from '../memory/queries.ts';
import { Memory } from '../memory/type.ts';

const CorrectionKindEnum = builder.enumType('CorrectionKind', {
  description: 'The kind of a correction or retraction.',
  values: {
    MISTAKE: {
      description: 'The old content was never true. What replaces it takes over its validity period.',
    },
    CHANGE: {
      description: 'The old content was true until `effectiveAt`. What replaces it is true from then on.',
    },
  },
});

const correctionKind = z.enum(['MISTAKE', 'CHANGE']);
const effectiveAtDescription =
  'For a CHANGE: when the old content stopped being true, strictly inside its validity period. Default: now. It may be in the past, and corrections may come in any order.';

const CorrectMemoryInput = builder.inputType('CorrectMemoryInput', {
  description:
    'A new version of a memory. A field left out keeps the value of the old version, except the summary, which becomes null.',
  fields: (t) => ({
    idempotencyKey: t.string({ description: idempotencyKeyDescription }),
    id: t.id({ required: true, description: 'The version to correct, `mem_…`. It must still be believed.' }),
    content: t.string({ description: 'The correct statement: 1 to 100,000 characters, not blank.' }),
    kind: t.field({
      type: CorrectionKindEnum,
      required: true,
      defaultValue: 'MISTAKE',
      description: 'Whether the old content was never true, or stopped being true.',
    }),
    effectiveAt: t.field({ type: 'DateTime', description: effectiveAtDescription }),
    validFrom: t.field({
      type: 'DateTime',
      description: 'For a MISTAKE: when the statement really became true. Default: as in the old version.',
    }),
    validUntil: t.field({
      type: 'DateTime',
      description: 'When it stops being true. Default: as in the old version. Null: it stays true.',
    }),
    reason: t.string({ description: 'The reason, in your own words: at most 10,000 characters.' }),
    summary: t.string({ description: 'A summary of the new statement: at most 10,000 characters.' }),
    type: t.field({ type: MemoryTypeEnum, description: 'The kind of statement.' }),
    importance: t.float({
      description: 'How much it matters, 0 to 10. Default: the current importance of the old version.',
    }),
    confidence: t.float({ description: 'How certain it is, 0 to 1. Default: as stated for the old version.' }),
    context: t.field({ type: 'JSONObject', description: 'Its context, replaced as a whole. Null empties it.' }),
    entities: t.field({
      type: [EntityInput],
      description: 'Everything it mentions, replaced as a whole: at most 100 entities. Null: nothing.',
    }),
    embedding: t.floatList({ description: embeddingDescription }),
  }),
});

defineMutation('correctMemory', {
  description:
    'Adds a new version of a memory: in place of a wrong one, or after one that stopped being true. Nothing is lost: the old version can still be read, and revertCorrection undoes the correction. Relations lead to the version that is valid.',
  input: CorrectMemoryInput,
  schema: z.object({
    idempotencyKey,
    id: idOf('Memory'),
    content: filledText('content', bounds.content).nullish(),
    kind: correctionKind,
    effectiveAt: momentInput.nullish(),
    validFrom: momentInput.nullish(),
    validUntil: momentInput.nullable().optional(),
    reason: freeText(bounds.summary).nullish(),
    summary: freeText(bounds.summary).nullish(),
    type: z.enum(memoryType.enumValues).nullish(),
    importance: bounded(0, 10).nullish(),
    confidence: bounded(0, 1).nullish(),
    context: jsonObject.nullable().optional(),
    entities: entityList.nullable().optional(),
    embedding: vector.nullish(),
  }),
  payload: builder.objectRef<{ memoryId: string; correctedId: string }>('CorrectMemoryPayload').implement({
    description: 'The old and the new version.',
    fields: (t) => ({
      memory: t.field({
        type: Memory,
        description: 'The new version.',
        resolve: ({ memoryId }, _args, context, info) => readMemory(context, memoryId, info),
      }),
      corrected: t.field({
        type: Memory,
        description: 'The version it corrects, with its new state.',
        resolve: ({ correctedId }, _args, context, info) => readMemory(context, correctedId, info),
      }),
    }),
  }),
  errors: [AlreadyCorrected, EmbeddingDimension],
  embeds: (correction) => {
    const { content, embedding } = correction;
    const path = ['input', 'embedding'];
    if (content) return [Object.assign(correction, { content, path })];
    return embedding ? [{ content: '', embedding, path }] : [];
  },
  subjects: ({ memoryId }) => [memoryId],
  run: async (tx, { id, ...correction }) => ({
    memoryId: await correctMemory(tx, id, correction),
    correctedId: id.uuid,
  }),
});

const oneMemory = (name: string, description: string) =>
  builder.objectRef<{ memoryId: string }>(name).implement({
    description,
    fields: (t) => ({
      memory: t.field({
        type: Memory,
        description: 'It, with its new state.',
        resolve: ({ memoryId }, _args, context, info) => readMemory(context, memoryId, info),
      }),
    }),
  });

defineMutation('retractMemory', {
  description:
    'Records that a memory is not true (MISTAKE) or no longer true (CHANGE), without a replacement. revertCorrection undoes this.',
  input: builder.inputType('RetractMemoryInput', {
    description: 'The memory to retract.',
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      id: t.id({ required: true, description: 'The version to retract, `mem_…`. It must still be believed.' }),
      kind: t.field({
        type: CorrectionKindEnum,
        required: true,
        defaultValue: 'MISTAKE',
        description: 'Whether it was never true, or stopped being true.',
      }),
      effectiveAt: t.field({ type: 'DateTime', description: effectiveAtDescription }),
      reason: t.string({ description: 'The reason, in your own words: at most 10,000 characters.' }),
    }),
  }),
  schema: z.object({
    idempotencyKey,
    id: idOf('Memory'),
    kind: correctionKind,
    effectiveAt: momentInput.nullish(),
    reason: freeText(bounds.summary).nullish(),
  }),
  payload: oneMemory('RetractMemoryPayload', 'The memory that was retracted.'),
  errors: [AlreadyCorrected],
  subjects: ({ memoryId }) => [memoryId],
  run: async (tx, { id, ...retraction }) => {
    await retractMemory(tx, id, retraction);
    return { memoryId: id.uuid };
  },
});

defineMutation('revertCorrection', {
  description:
    'Undoes the newest correction or retraction of a memory: the version before it is believed again. If nothing has changed since, the state before is restored exactly. Otherwise the result is as if the correction had never been made; later writes are kept.',
  input: builder.inputType('RevertCorrectionInput', {
    description: 'The memory whose newest correction to undo.',
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      id: t.id({ required: true, description: 'Any version of it, `mem_…`.' }),
    }),
  }),
  schema: z.object({ idempotencyKey, id: idOf('Memory') }),
  payload: oneMemory('RevertCorrectionPayload', 'The version whose correction or retraction was undone.'),
  subjects: ({ memoryId }) => [memoryId],
  run: async (tx, { id }) => ({ memoryId: await revertCorrection(tx, id) }),
});
