import { z } from 'zod';
import { memoryType, relationType } from '../db/tables.ts';
import { bounded, filledText, freeText, jsonObject, keyText, limits, momentInput } from '../input.ts';
import type { Item, Kind } from './items.ts';
import { keyOfParts, memoryKey } from './keys.ts';

/** `T` as zod reads it from JSON: a part left out, null or undefined says nothing. */
const given = <T>(value: T | null | undefined): value is T => value != null;

const trimmed = (what: string, max: number) => filledText(what, max).transform((text) => text.trim());
export const entityName = trimmed('name', limits.name);
export const entityType = trimmed('type', limits.entityType);

const moment = z.iso
  .datetime({ offset: true, error: 'A moment with its offset is wanted, e.g. 2026-01-31T09:00:00.000Z.' })
  .transform((text) => new Date(text))
  .pipe(momentInput);

const count = z.int().min(0, 'At least 0 is wanted.').max(2_147_483_647, 'At most 2147483647 is allowed.');
const object = z.strictObject;
const kind = z.string();

const companionLine = object({
  kind,
  key: keyText('key'),
  name: filledText('name', limits.name).nullable().optional(),
  description: freeText(limits.summary).nullable().optional(),
  config: jsonObject.nullable().optional(),
  isActive: z.boolean().nullable().optional(),
}).transform(({ key, kind: _, ...changes }): Item => ({ kind: 'companion', key, changes }));

const userLine = object({
  kind,
  externalId: keyText('externalId'),
  metadata: jsonObject.nullable().optional(),
}).transform(({ externalId, metadata }): Item => ({ kind: 'user', externalId, metadata }));

const entityLine = object({
  kind,
  companion: keyText('companion'),
  type: entityType,
  name: entityName,
  aliases: z.array(trimmed('An alias', limits.name)).max(1_000, 'At most 1000 aliases are allowed.').nullish(),
}).transform((line): Item => ({ ...line, kind: 'entity', aliases: line.aliases ?? [] }));

const memoryLine = object({
  kind,
  id: keyText('id').nullish(),
  companion: keyText('companion'),
  user: keyText('user').nullish(),
  type: z.enum(memoryType.enumValues),
  content: filledText('content', limits.content),
  summary: freeText(limits.summary).nullish(),
  importance: bounded(0, 10).nullish(),
  confidence: bounded(0, 1).nullish(),
  context: jsonObject.nullish(),
  entities: z
    .array(object({ type: entityType, name: entityName }))
    .max(limits.entities, `At most ${limits.entities} entities are allowed.`)
    .nullish(),
  validFrom: moment.nullish(),
  validUntil: moment.nullish(),
  expiresAt: moment.nullish(),
  recordedAt: moment.nullish(),
  importanceAsOf: moment.nullish(),
  accessCount: count.nullish(),
  lastAccessedAt: moment.nullish(),
  archivedAt: moment.nullish(),
}).transform((line): Item => {
  const { id, companion, user, recordedAt, importanceAsOf, accessCount, lastAccessedAt, archivedAt } = line;
  const { kind: _, importance, confidence, ...memory } = line;
  return {
    kind: 'memory',
    id: id ?? memory.content.slice(0, 80),
    companion,
    memory: {
      ...memory,
      user: given(user) ? { externalId: user } : null,
      importance: importance ?? 5,
      confidence: confidence ?? 1,
      past: {
        id: given(id) ? memoryKey(id) : keyOfParts(companion, user, memory.type, memory.content, memory.validFrom),
        ...{ recordedAt, importanceAsOf, accessCount, lastAccessedAt, archivedAt },
      },
    },
  };
});

const end = keyText('A memory').transform((id) => ({ given: id, uuid: memoryKey(id) }));

const relationLine = object({
  kind,
  from: end,
  to: end,
  type: z.enum(relationType.enumValues),
  strength: bounded(0, 1).nullish(),
  metadata: jsonObject.nullish(),
}).transform(
  (line): Item => ({ ...line, kind: 'relation', strength: line.strength ?? 1, metadata: line.metadata ?? null }),
);

/** What each kind of line says. */
export const lineOf: Record<Kind, z.ZodType<Item>> = {
  companion: companionLine,
  user: userLine,
  entity: entityLine,
  memory: memoryLine,
  relation: relationLine,
};
