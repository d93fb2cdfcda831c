import { z } from 'zod';
import type { CorrectionKind } from '../../domain/correction/target.ts';
import { bounded, bounds, filledText, keyText } from '../../kernel/input.ts';
import {
  type GivenFields,
  type KeptField,
  keptNames,
  type SearchedField,
  searchedNames,
} from '../../model/memory/fields.ts';
import { memoryType } from '../../tables/memory.ts';
import type { Item } from './items.ts';
import { keyOfParts, memoryKey } from './keys.ts';
import { kind, life, memoryId, mentioned, moment, object, plainParts, reason } from './parts.ts';

// Lines of memories, and of what was decided about one.

export const memoryLine = object({
  kind,
  id: keyText('id').nullish(),
  companion: keyText('companion'),
  user: keyText('user').nullish(),
  type: z.enum(memoryType.enumValues),
  content: filledText('content', bounds.content),
  ...plainParts,
  importance: bounded(0, 10).nullish(),
  confidence: bounded(0, 1).nullish(),
  slot: keyText('slot').nullish(),
  entities: mentioned.nullish(),
  validFrom: moment.nullish(),
  validUntil: moment.nullish(),
  ...life,
}).transform((line): Item => {
  const { id, companion, user, recordedAt, importanceAsOf, accessCount, lastAccessedAt, archivedAt } = line;
  const { kind: _, importance, confidence, ...memory } = line;
  const { type, content, validFrom } = memory;
  return {
    kind: 'memory',
    id: id ?? content.slice(0, 80),
    companion,
    memory: {
      ...memory,
      user: user == null ? null : { externalId: user },
      importance: importance ?? 5,
      confidence: confidence ?? 1,
      // Of what was said before, the file knows better whether it was said again.
      isApart: id != null && recordedAt != null,
      past: {
        id: id == null ? keyOfParts(companion, user, type, content, validFrom) : memoryKey(id),
        ...{ recordedAt, importanceAsOf, accessCount, lastAccessedAt, archivedAt },
      },
    },
  };
});

const as = z.enum(['MISTAKE', 'CHANGE'] satisfies CorrectionKind[]);

/** The plain fields of the line that a correction states again. */
const statedAgain = (line: GivenFields<SearchedField>): GivenFields<SearchedField> =>
  Object.fromEntries(searchedNames.flatMap((name) => (line[name] == null ? [] : [[name, line[name]]])));

/**
 * The plain fields that a correction takes from the version before. The line says what they have become since: null for
 * one that it leaves out.
 */
const becameOf = (line: GivenFields<KeptField>): GivenFields<KeptField> =>
  Object.fromEntries(keptNames.map((name) => [name, line[name] ?? null]));

export const correctionLine = object({
  kind,
  /** The new version's. */
  id: keyText('id'),
  memory: memoryId,
  as,
  content: filledText('content', bounds.content).nullish(),
  type: z.enum(memoryType.enumValues).nullish(),
  ...plainParts,
  importance: bounded(0, 10).nullish(),
  confidence: bounded(0, 1).nullish(),
  entities: mentioned.nullish(),
  effectiveAt: moment.nullish(),
  validFrom: moment.nullish(),
  validUntil: moment.nullable().optional(),
  reason,
  ...life,
}).transform((line): Item => {
  const { memory, recordedAt, importanceAsOf, accessCount, lastAccessedAt, archivedAt, entities } = line;
  const { content, type, importance, confidence, effectiveAt, validFrom, validUntil } = line;
  return {
    kind: 'correction',
    memory,
    recordedAt: recordedAt ?? null,
    life: { importanceAsOf, accessCount, lastAccessedAt, archivedAt, ...becameOf(line) },
    correction: {
      id: memoryKey(line.id),
      kind: line.as,
      reason: line.reason,
      ...{ content, type, importance, confidence, effectiveAt, validFrom, validUntil },
      ...statedAgain(line),
      ...(entities && { entities }),
    },
  };
});

export const retractionLine = object({
  kind,
  memory: memoryId,
  as,
  effectiveAt: moment.nullish(),
  reason,
  recordedAt: moment.nullish(),
}).transform(
  (line): Item => ({
    kind: 'retraction',
    memory: line.memory,
    recordedAt: line.recordedAt ?? null,
    retraction: { kind: line.as, effectiveAt: line.effectiveAt ?? null, reason: line.reason ?? null },
  }),
);

export const reversionLine = object({
  kind,
  memory: memoryId,
  version: memoryId.nullish(),
  recordedAt: moment.nullish(),
}).transform(
  ({ memory, version, recordedAt }): Item => ({
    kind: 'reversion',
    memory,
    version: version ?? null,
    recordedAt: recordedAt ?? null,
  }),
);
