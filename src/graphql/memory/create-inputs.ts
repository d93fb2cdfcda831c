import type { z } from 'zod';
import { bounds } from '../../kernel/input.ts';
import {
  anyText,
  defineInput,
  flag,
  json,
  key,
  many,
  moment,
  number,
  numbers,
  optional,
  required,
  text,
} from '../core/input.ts';
import { UserRefInput } from '../user/type.ts';
import { MemoryTypeEnum } from './enums.ts';

const entityType = { ...text('type', bounds.entityType), bound: `1 to ${bounds.entityType} characters` };

export const EntityInput = defineInput('EntityInput', 'An entity that a memory mentions. An unknown one is created.', {
  name: required(key('name'), 'Its name'),
  type: required(
    { ...entityType, check: entityType.check.transform((type) => type.trim()) as unknown as z.ZodType<string> },
    'What it is, such as person, place or project',
  ),
});

/** The entities that a memory mentions. */
export const entityList = many(EntityInput, { of: 'entities', count: bounds.entities });

export const embeddingDescription =
  'The vector of its content, of the model and dimension that viewer.embedding names. Default: the service makes it.';

export const summaryField = optional(anyText(bounds.summary), 'A summary of the statement');

/** The fields that say what a new memory is. */
export const newMemoryFields = {
  user: optional(UserRefInput, 'The user it is about. Default: no particular user.'),
  content: required(text('content', bounds.content), 'The statement'),
  summary: summaryField,
  type: required(MemoryTypeEnum, 'The kind of statement.'),
  importance: required(number(0, 10), 'How much it matters', { default: 5 }),
  confidence: required(number(0, 1), 'How certain it is', { default: 1 }),
  context: optional(
    json,
    'Your own notes on where it comes from. These keys have a meaning here: conversationId, turnNumber, speaker, source.',
  ),
  slot: optional(
    key('slot'),
    'The question it answers, if that has one answer at a time, named in your own words, e.g. `user.diet`',
    { more: 'The memory is added to the time line of this slot for this companion and user.' },
  ),
  entities: optional(entityList, 'The entities it mentions'),
  embedding: optional(numbers, embeddingDescription),
  validFrom: optional(moment, 'When it became true in the world. Default: now.'),
  validUntil: optional(moment, 'When it stops being true, after validFrom. Default: it stays true.'),
  expiresAt: optional(moment, 'When it expires. Default: never.'),
  isApart: optional(
    flag,
    'True: it is a memory of its own, whatever else says the same; in a slot, unless that begins at the same moment. ' +
      'Default, also for null: false.',
  ),
};

export const NewMemoryInput = defineInput(
  'NewMemory',
  'A memory to create, as CreateMemoryInput but without the companion.',
  {
    ref: optional(key('ref'), 'A name for it, used by `relations` of the same input, where it must be unique'),
    ...newMemoryFields,
  },
);
