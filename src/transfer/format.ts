import { z } from 'zod';
import { bounded, bounds, filledText, freeText, jsonObject, keyText, momentInput } from '../kernel/input.ts';
import { contradictionResolution, memoryType, relationType } from '../tables/all.ts';
import type { Item, Kind } from './items.ts';
import { keyOfParts, memoryKey } from './keys.ts';

/** `T` as zod reads it from JSON: a part left out, null or undefined says nothing. */
const given = <T>(value: T | null | undefined): value is T => value != null;

const trimmed = (what: string, max: number) => filledText(what, max).transform((text) => text.trim());
export const entityName = trimmed('name', bounds.name);
export const entityType = trimmed('type', bounds.entityType);

const moment = z.iso
  .datetime({ offset: true, error: 'A moment with its offset is expected, e.g. 2026-01-31T09:00:00.000Z.' })
  .transform((text) => new Date(text))
  .pipe(momentInput);

const count = z.int().min(0, 'At least 0 is expected.').max(2_147_483_647, 'At most 2147483647 is allowed.');
const object = z.strictObject;
const kind = z.string();

const companionLine = object({
  kind,
  key: keyText('key'),
  name: filledText('name', bounds.name).nullable().optional(),
  description: freeText(bounds.summary).nullable().optional(),
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
  aliases: z.array(trimmed('An alias', bounds.name)).max(1_000, 'At most 1000 aliases are allowed.').nullish(),
  recordedAt: moment.nullish(),
}).transform((line): Item => ({ ...line, kind: 'entity', aliases: line.aliases ?? [] }));

const mentioned = z
  .array(object({ type: entityType, name: entityName }))
  .max(bounds.entities, `At most ${bounds.entities} entities are allowed.`);

/** What became of a memory since it was recorded. */
const life = {
  expiresAt: moment.nullish(),
  recordedAt: moment.nullish(),
  importanceAsOf: moment.nullish(),
  accessCount: count.nullish(),
  lastAccessedAt: moment.nullish(),
  archivedAt: moment.nullish(),
};

const memoryLine = object({
  kind,
  id: keyText('id').nullish(),
  companion: keyText('companion'),
  user: keyText('user').nullish(),
  type: z.enum(memoryType.enumValues),
  content: filledText('content', bounds.content),
  summary: freeText(bounds.summary).nullish(),
  importance: bounded(0, 10).nullish(),
  confidence: bounded(0, 1).nullish(),
  context: jsonObject.nullish(),
  slot: keyText('slot').nullish(),
  entities: mentioned.nullish(),
  validFrom: moment.nullish(),
  validUntil: moment.nullish(),
  ...life,
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
  recordedAt: moment.nullish(),
}).transform(
  (line): Item => ({ ...line, kind: 'relation', strength: line.strength ?? 1, metadata: line.metadata ?? null }),
);

const as = z.enum(['MISTAKE', 'CHANGE']);
const why = freeText(bounds.summary).nullish();

const correctionLine = object({
  kind,
  /** The new version's. */
  id: keyText('id'),
  memory: end,
  as,
  content: filledText('content', bounds.content).nullish(),
  summary: freeText(bounds.summary).nullish(),
  type: z.enum(memoryType.enumValues).nullish(),
  importance: bounded(0, 10).nullish(),
  confidence: bounded(0, 1).nullish(),
  context: jsonObject.nullish(),
  entities: mentioned.nullish(),
  effectiveAt: moment.nullish(),
  validFrom: moment.nullish(),
  validUntil: moment.nullable().optional(),
  reason: why,
  ...life,
}).transform(({ kind: _, id, memory, as: correctionKind, context, entities, ...line }): Item => {
  const { recordedAt, importanceAsOf, accessCount, lastAccessedAt, archivedAt, expiresAt, ...said } = line;
  return {
    kind: 'correction',
    memory,
    recordedAt: recordedAt ?? null,
    life: { importanceAsOf, accessCount, lastAccessedAt, archivedAt, expiresAt },
    correction: {
      ...said,
      id: memoryKey(id),
      kind: correctionKind,
      ...(given(context) && { context }),
      ...(given(entities) && { entities }),
    },
  };
});

const retractionLine = object({
  kind,
  memory: end,
  as,
  effectiveAt: moment.nullish(),
  reason: why,
  recordedAt: moment.nullish(),
}).transform(
  ({ memory, as: retractionKind, recordedAt, effectiveAt, reason }): Item => ({
    kind: 'retraction',
    memory,
    recordedAt: recordedAt ?? null,
    retraction: { kind: retractionKind, effectiveAt: effectiveAt ?? null, reason: reason ?? null },
  }),
);

const contradictionLine = object({
  kind,
  memory: end,
  by: end,
  strength: bounded(0, 1).nullish(),
  reason: why,
  recordedAt: moment.nullish(),
}).transform(
  ({ strength, reason, recordedAt, ...line }): Item => ({
    ...line,
    kind: 'contradiction',
    strength: strength ?? 1,
    reason: reason ?? null,
    recordedAt: recordedAt ?? null,
  }),
);

const resolutionLine = object({
  kind,
  memory: end,
  by: end,
  resolution: z.enum(contradictionResolution.enumValues),
  note: why,
  recordedAt: moment.nullish(),
}).transform(
  ({ note, recordedAt, ...line }): Item => ({
    ...line,
    kind: 'resolution',
    note: note ?? null,
    recordedAt: recordedAt ?? null,
  }),
);

/** What each kind of line says. */
export const lineOf: Record<Kind, z.ZodType<Item>> = {
  companion: companionLine,
  user: userLine,
  entity: entityLine,
  memory: memoryLine,
  correction: correctionLine,
  retraction: retractionLine,
  contradiction: contradictionLine,
  resolution: resolutionLine,
  relation: relationLine,
};
