import { z } from 'zod';
import { bounded, bounds, filledText, freeText, jsonObject, keyText, momentInput, vector } from '../../kernel/input.ts';
import { userRef } from '../../model/user/ref.ts';
import { memoryType } from '../../tables/all.ts';
import { builder, type InputFields } from '../core/builder.ts';
import { UserRefInput } from '../user/type.ts';
import { MemoryTypeEnum } from './enums.ts';

export const EntityInput = builder.inputType('EntityInput', {
  description: 'An entity that a memory mentions. An unknown one is created.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Its name: 1 to 500 characters.' }),
    type: t.string({ required: true, description: 'What it is: person, place, project … 1 to 100 characters.' }),
  }),
});

const entityInput = z.object({
  name: filledText('name', bounds.name),
  type: filledText('type', bounds.entityType).transform((type) => type.trim()),
});

export const entityList = z.array(entityInput).max(bounds.entities, `At most ${bounds.entities} entities are allowed.`);

export const embeddingDescription =
  'The vector of its content, of the model and dimension that viewer.embedding names. Default: the service makes it.';

/** The fields that say what a new memory is. */
export const newMemoryFields = (t: InputFields) => ({
  user: t.field({ type: UserRefInput, description: 'The user it is about. Default: no particular user.' }),
  content: t.string({ required: true, description: 'The statement: 1 to 100,000 characters, not blank.' }),
  summary: t.string({ description: 'A summary of the statement: at most 10,000 characters.' }),
  type: t.field({ type: MemoryTypeEnum, required: true, description: 'The kind of statement.' }),
  importance: t.float({ required: true, defaultValue: 5, description: 'How much it matters: 0 to 10.' }),
  confidence: t.float({ required: true, defaultValue: 1, description: 'How certain it is: 0 to 1.' }),
  context: t.field({
    type: 'JSONObject',
    description:
      'Your own notes on where it comes from. These keys have a meaning here: conversationId, turnNumber, speaker, source.',
  }),
  slot: t.string({
    description:
      'The question it answers, if that has one answer at a time, named in your own words, e.g. `user.diet`: 1 to 500 characters. The memory is added to the time line of this slot for this companion and user.',
  }),
  entities: t.field({ type: [EntityInput], description: 'What it mentions: at most 100 entities.' }),
  embedding: t.floatList({ description: embeddingDescription }),
  validFrom: t.field({ type: 'DateTime', description: 'When it became true in the world. Default: now.' }),
  validUntil: t.field({
    type: 'DateTime',
    description: 'When it stops being true, after validFrom. Default: it stays true.',
  }),
  expiresAt: t.field({ type: 'DateTime', description: 'When it expires. Default: never.' }),
});

export const NewMemoryInput = builder.inputType('NewMemory', {
  description: 'A memory to create, as CreateMemoryInput but without the companion.',
  fields: (t) => ({
    ref: t.string({
      description: 'A name for it, used by `relations` of the same input: 1 to 500 characters, unique in the input.',
    }),
    ...newMemoryFields(t),
  }),
});

export const newMemory = z.object({
  user: userRef.nullish(),
  content: filledText('content', bounds.content),
  summary: freeText(bounds.summary).nullish(),
  type: z.enum(memoryType.enumValues),
  importance: bounded(0, 10),
  confidence: bounded(0, 1),
  context: jsonObject.nullish(),
  slot: keyText('slot').nullish(),
  entities: entityList.nullish(),
  embedding: vector.nullish(),
  validFrom: momentInput.nullish(),
  validUntil: momentInput.nullish(),
  expiresAt: momentInput.nullish(),
});
