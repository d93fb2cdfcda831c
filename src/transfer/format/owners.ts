import { z } from 'zod';
import { bounded, bounds, filledText, freeText, jsonObject, keyText } from '../../kernel/input.ts';
import { memoryType } from '../../tables/memory.ts';
import type { Item } from './items.ts';
import { entityName, entityType, gathered, kind, mentioned, moment, object, trimmed } from './parts.ts';

// Lines of companions, users and policies of decay, and of the entities a companion has.

export const companionLine = object({
  kind,
  key: keyText('key'),
  name: filledText('name', bounds.name).nullable().optional(),
  description: freeText(bounds.summary).nullable().optional(),
  config: jsonObject.nullable().optional(),
  isActive: z.boolean().nullable().optional(),
}).transform(({ key, kind: _, ...changes }): Item => ({ kind: 'companion', key, changes }));

export const userLine = object({
  kind,
  externalId: keyText('externalId'),
  metadata: jsonObject.nullable().optional(),
}).transform(({ externalId, metadata }): Item => ({ kind: 'user', externalId, metadata }));

export const entityLine = object({
  kind,
  companion: keyText('companion'),
  type: entityType,
  name: entityName,
  aliases: gathered(trimmed('An alias', bounds.name), 'aliases').nullish(),
  merged: mentioned.nullish(),
  isKept: z.boolean().nullish(),
  recordedAt: moment.nullish(),
}).transform((line): Item => ({ ...line, kind: 'entity', aliases: line.aliases ?? [] }));

export const policyLine = object({
  kind,
  type: z.enum(memoryType.enumValues),
  halfLifeDays: bounded(0.001, 1_000_000).nullable().optional(),
  floor: bounded(0, 10).optional(),
  archiveBelow: bounded(0, 10).nullable().optional(),
  accessStretch: bounded(0, 1_000).optional(),
  recordedAt: moment.nullish(),
}).transform(
  ({ kind: _, type, recordedAt, ...changes }): Item => ({
    kind: 'policy',
    type,
    changes,
    recordedAt: recordedAt ?? null,
  }),
);
