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
  description: 'Why a memory is corrected or retracted.',
  values: {
    MISTAKE: {
      description: 'The old content was never true; what is put in its place takes over its validity period.',
    },
    CHANGE: {
      description: 'The old content was true until `effectiveAt`; what comes in its place is from then on.',
    },
  },
});

const correctionKind = z.enum(['MISTAKE', 'CHANGE']);
const effectiveAtDescription =
  'For a CHANGE: when the old ceased to be true, strictly within its validity. Default: now. May lie in the past, and corrections may come in any order.';

const CorrectMemoryInput = builder.inputType('CorrectMemoryInput', {
  description:
    'A new version of a memory. A field left out is taken over from the old one, save the summary, which becomes null.',
  fields: (t) => ({
    idempotencyKey: t.string({ description: idempotencyKeyDescription }),
    id: t.id({ required: true, description: 'The version to be corrected, `mem_…`; it must be believed.' }),
    content: t.string({ description: 'The statement as it should be: 1 to 100,000 characters, not blank.' }),
    kind: t.field({
      type: CorrectionKindEnum,
      required: true,
      defaultValue: 'MISTAKE',
      description: 'Whether the old content was never true, or has ceased to be.',
    }),
    effectiveAt: t.field({ type: 'DateTime', description: effectiveAtDescription }),
    validFrom: t.field({
      type: 'DateTime',
      description: 'For a MISTAKE: when it really became true. Default: as before.',
    }),
    validUntil: t.field({
      type: 'DateTime',
      description: 'When it ceases to be true. Default: as stated before; null: it stays true.',
    }),
    reason: t.string({ description: 'Why, in your words: at most 10,000 characters.' }),
    summary: t.string({ description: 'The new statement in short: at most 10,000 characters.' }),
    type: t.field({ type: MemoryTypeEnum, description: 'What kind of statement it is.' }),
    importance: t.float({ description: 'How much it matters, 0 to 10. Default: what the old one reads now.' }),
    confidence: t.float({ description: 'How far it is believed, 0 to 1. Default: as stated before.' }),
    context: t.field({ type: 'JSONObject', description: 'All of its context; null: none.' }),
    entities: t.field({ type: [EntityInput], description: 'All it mentions: at most 100; null: nothing.' }),
    embedding: t.floatList({ description: embeddingDescription }),
  }),
});

defineMutation('correctMemory', {
  description:
    'Adds a new version of a memory: in the place of a wrong one, or after one that has ceased to be true. Nothing is lost: the old version stays legible, and revertCorrection takes it back. Relations lead to whichever version holds.',
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
    description: 'Both versions.',
    fields: (t) => ({
      memory: t.field({
        type: Memory,
        description: 'The new version.',
        resolve: ({ memoryId }, _args, context, info) => readMemory(context, memoryId, info),
      }),
      corrected: t.field({
        type: Memory,
        description: 'The version it corrects, as it is now.',
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
        description: 'It, as it is now.',
        resolve: ({ memoryId }, _args, context, info) => readMemory(context, memoryId, info),
      }),
    }),
  });

defineMutation('retractMemory', {
  description:
    'Says that a memory is not true (MISTAKE) or no longer true (CHANGE), with nothing in its place. revertCorrection takes it back.',
  input: builder.inputType('RetractMemoryInput', {
    description: 'The memory to be retracted.',
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      id: t.id({ required: true, description: 'The version to be retracted, `mem_…`; it must be believed.' }),
      kind: t.field({
        type: CorrectionKindEnum,
        required: true,
        defaultValue: 'MISTAKE',
        description: 'Whether it was never true, or has ceased to be.',
      }),
      effectiveAt: t.field({ type: 'DateTime', description: effectiveAtDescription }),
      reason: t.string({ description: 'Why, in your words: at most 10,000 characters.' }),
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
    'Takes back the newest correction or retraction of a memory: the version before is believed again. At once it restores exactly, later it is as if it had never been made, and what was written since is kept.',
  input: builder.inputType('RevertCorrectionInput', {
    description: 'The memory whose newest correction is to be taken back.',
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      id: t.id({ required: true, description: 'Any version of it, `mem_…`.' }),
    }),
  }),
  schema: z.object({ idempotencyKey, id: idOf('Memory') }),
  payload: oneMemory('RevertCorrectionPayload', 'The version that the decision taken back was about.'),
  subjects: ({ memoryId }) => [memoryId],
  run: async (tx, { id }) => ({ memoryId: await revertCorrection(tx, id) }),
});
