import { z } from 'zod';
import { bounded, bounds, freeText, jsonObject, keyText } from '../../kernel/input.ts';
import { contradictionResolution } from '../../tables/contradiction.ts';
import { type FindingKind, findingKind, findingVerdict, type Verdict } from '../../tables/finding.ts';
import { relationType } from '../../tables/relation.ts';
import type { Item } from './items.ts';
import { kind, memoryId, moment, object, reason } from './parts.ts';

// Lines about two memories.

export const relationLine = object({
  kind,
  from: memoryId,
  to: memoryId,
  type: z.enum(relationType.enumValues),
  strength: bounded(0, 1).nullish(),
  metadata: jsonObject.nullish(),
  recordedAt: moment.nullish(),
}).transform(
  (line): Item => ({ ...line, kind: 'relation', strength: line.strength ?? 1, metadata: line.metadata ?? null }),
);

export const contradictionLine = object({
  kind,
  memory: memoryId,
  by: memoryId,
  strength: bounded(0, 1).nullish(),
  reason,
  recordedAt: moment.nullish(),
}).transform(
  (line): Item => ({
    ...line,
    kind: 'contradiction',
    strength: line.strength ?? 1,
    reason: line.reason ?? null,
    recordedAt: line.recordedAt ?? null,
  }),
);

export const resolutionLine = object({
  kind,
  memory: memoryId,
  by: memoryId,
  resolution: z.enum(contradictionResolution.enumValues),
  note: reason,
  recordedAt: moment.nullish(),
}).transform(
  (line): Item => ({
    ...line,
    kind: 'resolution',
    note: line.note ?? null,
    recordedAt: line.recordedAt ?? null,
  }),
);

export const reopeningLine = object({
  kind,
  memory: memoryId,
  by: memoryId,
  recordedAt: moment.nullish(),
}).transform((line): Item => ({ ...line, kind: 'reopening', recordedAt: line.recordedAt ?? null }));

const namesOf = <N extends string>(numbers: Record<N, number>) => z.enum(Object.keys(numbers) as [N, ...N[]]);
const saidText = freeText(bounds.summary);

export const findingLine = object({
  kind,
  memory: memoryId,
  by: memoryId,
  as: namesOf<FindingKind>(findingKind),
  score: bounded(0, 1),
  reason: saidText,
  memoryText: saidText,
  byText: saidText,
  recordedAt: moment.nullish(),
  verdict: namesOf<Verdict>(findingVerdict).nullish(),
  note: reason,
  judgedAt: moment.nullish(),
  judgedBy: keyText('judgedBy').nullish(),
  confirmedBy: keyText('confirmedBy').nullish(),
  confirmedAt: moment.nullish(),
}).transform(
  (line): Item => ({
    ...line,
    kind: 'finding',
    recordedAt: line.recordedAt ?? null,
    verdict: line.verdict ?? null,
    note: line.note ?? null,
    judgedAt: line.judgedAt ?? null,
    judgedBy: line.judgedBy ?? null,
    confirmedBy: line.confirmedBy ?? null,
    confirmedAt: line.confirmedAt ?? null,
  }),
);
