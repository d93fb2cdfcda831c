import { z } from 'zod';
import { measureContent } from '../../domain/conversation/prepare.ts';
import { bounds, filledText, jsonObject, keyText } from '../../kernel/input.ts';
import { messageFormat, messageRole } from '../../tables/conversation.ts';
import type { Item } from './items.ts';
import { messageKey } from './keys.ts';
import { count, kind, memoryId, moment, object } from './parts.ts';

// Lines of conversations, and of what was said in them.

/** Far more than a conversation ever has, so that there is always a next one. */
const position = z.int().min(0, 'At least 0 is expected.').max(2_000_000_000, 'At most 2000000000 is allowed.');

export const conversationLine = object({
  kind,
  companion: keyText('companion'),
  externalId: keyText('externalId'),
  user: keyText('user').nullish(),
  title: filledText('title', bounds.key).nullish(),
  metadata: jsonObject.nullish(),
  createdAt: moment.nullish(),
  updatedAt: moment.nullish(),
  nextPosition: position.nullish(),
  readUntil: position.nullish(),
}).transform(
  (line): Item => ({
    kind: 'conversation',
    companion: line.companion,
    externalId: line.externalId,
    user: line.user ?? null,
    title: line.title ?? null,
    metadata: line.metadata ?? {},
    createdAt: line.createdAt ?? null,
    updatedAt: line.updatedAt ?? null,
    nextPosition: line.nextPosition ?? 0,
    readUntil: line.readUntil ?? null,
  }),
);

export const messageLine = object({
  kind,
  id: keyText('id'),
  companion: keyText('companion'),
  conversation: keyText('conversation'),
  position: position.nullish(),
  externalId: keyText('externalId').nullish(),
  role: z.enum(messageRole.enumValues),
  name: keyText('name').nullish(),
  format: z.enum(messageFormat.enumValues).nullish(),
  content: z.unknown().optional(),
  isFinal: z.boolean().nullish(),
  isForgotten: z.boolean().nullish(),
  tokens: count.nullish(),
  metadata: jsonObject.nullish(),
  memory: memoryId.nullish(),
  createdAt: moment.nullish(),
  updatedAt: moment.nullish(),
  recordedAt: moment.nullish(),
})
  .superRefine(({ content, format, isForgotten }, context) => {
    if (isForgotten) return;
    const refusal =
      content === undefined ? 'This field is missing.' : measureContent(format ?? 'TEXT', content).refusal;
    if (refusal) context.addIssue({ code: 'custom', path: ['content'], message: refusal });
  })
  .transform(
    (line): Item => ({
      kind: 'message',
      id: { given: line.id, uuid: messageKey(line.id) },
      companion: line.companion,
      conversation: line.conversation,
      position: line.position ?? null,
      externalId: line.externalId ?? null,
      role: line.role,
      name: line.name ?? null,
      format: line.format ?? 'TEXT',
      content: line.content,
      isFinal: line.isFinal ?? true,
      isForgotten: line.isForgotten ?? false,
      tokens: line.tokens ?? null,
      metadata: line.metadata ?? {},
      memory: line.memory ?? null,
      createdAt: line.createdAt ?? null,
      updatedAt: line.updatedAt ?? null,
      recordedAt: line.recordedAt ?? null,
    }),
  );
