import { z } from 'zod';
import { bounds, freeText, jsonObject, keyText } from '../../kernel/input.ts';
import { workingMemoryScope } from '../../tables/working-memory.ts';
import type { Item } from './items.ts';
import { kind, moment, object } from './parts.ts';

/** A version of a working memory. */
export const workingMemoryLine = object({
  kind,
  scope: z.enum(workingMemoryScope.enumValues),
  companion: keyText('companion'),
  user: keyText('user').nullish(),
  conversation: keyText('conversation').nullish(),
  version: z.int().min(1, 'At least 1 is expected.').max(2_147_483_647, 'At most 2147483647 is allowed.'),
  content: freeText(bounds.content),
  data: jsonObject.nullish(),
  template: freeText(bounds.content).nullish(),
  schema: jsonObject.nullish(),
  recordedAt: moment,
  recordedBy: keyText('recordedBy'),
}).transform(
  ({ kind: _, user, conversation, scope, companion, version, recordedAt, recordedBy, ...said }): Item => ({
    kind: 'workingMemory',
    of: {
      scope,
      companion: { key: companion },
      user: user == null ? null : { externalId: user },
      conversation: conversation == null ? null : { externalId: conversation },
    },
    past: {
      content: said.content,
      data: said.data ?? null,
      template: said.template ?? null,
      schema: said.schema ?? null,
      version,
      updatedBy: recordedBy,
      writtenAt: recordedAt,
    },
  }),
);
