import { correctMemory, retractMemory, revertCorrection } from '../../domain/correction/corrections.ts';
import type { CorrectionKind } from '../../domain/correction/target.ts';
import { MOST_FINDINGS } from '../../domain/finding/detect.ts';
import { detectInVersions } from '../../domain/finding/written.ts';
import { AlreadyCorrected, EmbeddingDimension } from '../../kernel/errors.ts';
import { bounds } from '../../kernel/input.ts';
import { builder } from '../core/builder.ts';
import { anyText, defineEnum, id, json, moment, number, numbers, optional, required, text } from '../core/input.ts';
import { defineMutation } from '../core/mutation.ts';
import { forReaders } from '../core/scope-note.ts';
import { Finding, readFinding } from '../finding/type.ts';
import { embeddingDescription, entityList } from '../memory/create-inputs.ts';
import { DetectEnum, MemoryTypeEnum } from '../memory/enums.ts';
import { readMemory } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';

const CorrectionKindEnum = defineEnum<CorrectionKind>('CorrectionKind', 'The kind of a correction or retraction.', {
  MISTAKE: 'The old content was never true. What replaces it takes over its validity period.',
  CHANGE: 'The old content was true until `effectiveAt`. What replaces it is true from then on.',
});

const effectiveAt = optional(
  moment,
  'For a CHANGE: when the old content stopped being true, strictly inside its validity period. ' +
    'Default: now. It may be in the past, and corrections may come in any order.',
);
const reason = optional(anyText(bounds.summary), 'The reason, in your own words');

/** What an earlier version kept of a success lacks the findings. */
type Corrected = { memoryId: string; correctedId: string; findingIds?: string[] };

defineMutation('correctMemory', {
  description:
    'Adds a new version of a memory: in place of a wrong one, or after one that stopped being true. ' +
    'Nothing is lost: the old version can still be read, and revertCorrection undoes the correction. ' +
    'Relations lead to the version that is valid.',
  input:
    'A new version of a memory. A field left out keeps the value of the old version, except the summary, which becomes null.',
  fields: {
    id: required(id('Memory'), 'The version to correct, `mem_…`. It must still be believed.'),
    content: optional(text('content', bounds.content), 'The correct statement'),
    kind: required(CorrectionKindEnum, 'Whether the old content was never true, or stopped being true.', {
      default: 'MISTAKE',
    }),
    effectiveAt,
    validFrom: optional(
      moment,
      'For a MISTAKE: when the statement really became true. Default: as in the old version.',
    ),
    validUntil: optional(moment, 'When it stops being true. Default: as in the old version. Null: it stays true.'),
    reason,
    summary: optional(anyText(bounds.summary), 'A summary of the new statement'),
    type: optional(MemoryTypeEnum, 'The kind of statement.'),
    importance: optional(number(0, 10), 'How much it matters', {
      more: 'Default: the current importance of the old version.',
    }),
    confidence: optional(number(0, 1), 'How certain it is', { more: 'Default: as stated for the old version.' }),
    context: optional(json, 'Its context, replaced as a whole. Null empties it.'),
    entities: optional(entityList, 'The entities it mentions, replaced as a whole', { more: 'Null: none.' }),
    embedding: optional(numbers, embeddingDescription),
    detect: optional(
      DetectEnum,
      'Whether older memories are looked for that the new version seems to contradict, update or repeat: its own versions are ' +
        'none. Default: SUGGEST for FACT, PREFERENCE and INSTRUCTION, OFF for others, and where the content stays as it is.',
    ),
  },
  payload: builder.objectRef<Corrected>('CorrectMemoryPayload').implement({
    description: 'The old and the new version.',
    fields: (t) => ({
      memory: t.field({
        type: Memory,
        description: 'The new version.',
        resolve: ({ memoryId }, _args, context, info) => readMemory(context, memoryId, info),
      }),
      corrected: t.field({
        type: Memory,
        description: 'The version it corrects, with its new state.',
        resolve: ({ correctedId }, _args, context, info) => readMemory(context, correctedId, info),
      }),
      findings: t.field({
        type: [Finding],
        ...forReaders(
          `What the new version seems to say of older memories, the likeliest first: at most ${MOST_FINDINGS}.`,
        ),
        resolve: ({ findingIds }, _args, context) => (findingIds ?? []).map((id) => readFinding(context, id)),
      }),
    }),
  }),
  errors: [AlreadyCorrected, EmbeddingDimension],
  embeds: ({ content, embedding }) =>
    content || embedding ? [{ content: content ?? '', embedding, path: ['input', 'embedding'] }] : [],
  subjects: ({ memoryId, findingIds }) => [memoryId, ...(findingIds ?? [])],
  run: async (tx, { id, detect, ...correction }, [embedding]) => {
    const memoryId = await correctMemory(tx, id, { ...correction, embedding });
    const findingIds = correction.content ? await detectInVersions(tx, [memoryId], detect) : [];
    return { memoryId, correctedId: id.uuid, findingIds };
  },
});

/** `say` says of the memory what it is: also that only readers may ask for it. */
const oneMemory = (name: string, description: string, say = (text: string): object => ({ description: text })) =>
  builder.objectRef<{ memoryId: string }>(name).implement({
    description,
    fields: (t) => ({
      memory: t.field({
        type: Memory,
        ...say('It, with its new state.'),
        resolve: ({ memoryId }, _args, context, info) => readMemory(context, memoryId, info),
      }),
    }),
  });

defineMutation('retractMemory', {
  description:
    'Records that a memory is not true (MISTAKE) or no longer true (CHANGE), without a replacement. revertCorrection undoes this.',
  input: 'The memory to retract.',
  fields: {
    id: required(id('Memory'), 'The version to retract, `mem_…`. It must still be believed.'),
    kind: required(CorrectionKindEnum, 'Whether it was never true, or stopped being true.', { default: 'MISTAKE' }),
    effectiveAt,
    reason,
  },
  payload: oneMemory('RetractMemoryPayload', 'The memory that was retracted.'),
  errors: [AlreadyCorrected],
  subjects: ({ memoryId }) => [memoryId],
  run: async (tx, { id, ...retraction }) => {
    await retractMemory(tx, id, retraction);
    return { memoryId: id.uuid };
  },
});

defineMutation('revertCorrection', {
  description:
    'Undoes the newest correction or retraction of a memory: the version before it is believed ' +
    'again. If nothing has changed since, the state before is restored exactly. Otherwise the result ' +
    'is as if the correction had never been made; later writes are kept.',
  input: 'The memory whose newest correction to undo.',
  fields: {
    id: required(id('Memory'), 'Any version of it, `mem_…`.'),
  },
  payload: oneMemory('RevertCorrectionPayload', 'The version whose correction or retraction was undone.', forReaders),
  subjects: ({ memoryId }) => [memoryId],
  run: async (tx, { id }) => ({ memoryId: await revertCorrection(tx, id) }),
});
