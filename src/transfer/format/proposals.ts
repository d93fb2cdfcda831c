import { z } from 'zod';
import { bounded, bounds, freeText, jsonObject, keyText } from '../../kernel/input.ts';
import { memoryType } from '../../tables/memory.ts';
import { proposalKind, proposalStatus, sourceRole } from '../../tables/proposal.ts';
import { relationType } from '../../tables/relation.ts';
import type { Item } from './items.ts';
import { messageKey, proposalKey } from './keys.ts';
import { kind, memoryId, moment, object, reason } from './parts.ts';

// Lines of what chat models propose.

const namesOf = <N extends string>(numbers: Record<N, number>) => z.enum(Object.keys(numbers) as [N, ...N[]]);

const source = object({
  role: namesOf(sourceRole),
  message: keyText('message').nullish(),
  memory: memoryId.nullish(),
  quote: freeText(bounds.summary).nullish(),
}).transform(({ role, message, memory, quote }) => ({
  role,
  message: message ? { given: message, uuid: messageKey(message) } : null,
  memory: memory ?? null,
  quote: quote ?? null,
}));

const says = freeText(bounds.content);
const change = z.enum(['MISTAKE', 'CHANGE']);
/** What accepting does: only what it can do is taken over. */
const drafts = {
  MEMORY: z.object({ content: says.min(1), type: z.enum(memoryType.enumValues), importance: bounded(0, 10) }),
  CORRECTION: z.object({ content: says.min(1), kind: change }),
  RETRACTION: z.object({ kind: change }),
  RELATION: z.object({ type: z.enum(relationType.enumValues) }),
};

export const proposalLine = object({
  kind,
  id: keyText('id'),
  companion: keyText('companion'),
  conversation: keyText('conversation'),
  as: namesOf(proposalKind),
  status: namesOf(proposalStatus).nullish(),
  draft: jsonObject,
  memory: memoryId.nullish(),
  other: memoryId.nullish(),
  confidence: bounded(0, 1),
  proposedBy: keyText('proposedBy'),
  recordedAt: moment.nullish(),
  decidedAt: moment.nullish(),
  decidedBy: keyText('decidedBy').nullish(),
  note: reason,
  sources: z.array(source).max(100, 'At most 100 sources are allowed.'),
})
  .superRefine(({ as, draft, memory, other }, context) => {
    const checked = drafts[as].safeParse(draft);
    if (!checked.success) {
      const [issue] = checked.error.issues;
      context.addIssue({
        code: 'custom',
        path: ['draft', ...(issue?.path ?? [])],
        message: issue?.message ?? 'It does not fit.',
      });
    }
    if (as !== 'MEMORY' && !memory)
      context.addIssue({ code: 'custom', path: ['memory'], message: 'This field is missing.' });
    if (as === 'RELATION' && !other)
      context.addIssue({ code: 'custom', path: ['other'], message: 'This field is missing.' });
  })
  .transform(
    (line): Item => ({
      ...line,
      kind: 'proposal',
      id: { given: line.id, uuid: proposalKey(line.id) },
      status: line.status ?? 'OPEN',
      memory: line.memory ?? null,
      other: line.other ?? null,
      recordedAt: line.recordedAt ?? null,
      decidedAt: line.decidedAt ?? null,
      decidedBy: line.decidedBy ?? null,
      note: line.note ?? null,
    }),
  );
