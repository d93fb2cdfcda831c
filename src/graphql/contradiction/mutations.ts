import { contradictMemory } from '../../domain/contradiction/contradictions.ts';
import { reopenContradiction, resolveContradiction } from '../../domain/contradiction/resolve.ts';
import { AlreadyResolved, EmbeddingDimension, RelationExists } from '../../kernel/errors.ts';
import { bounds } from '../../kernel/input.ts';
import { builder } from '../core/builder.ts';
import { anyText, defineOneOf, id, number, optional, required } from '../core/input.ts';
import { defineMutation } from '../core/mutation.ts';
import { NewMemoryInput } from '../memory/create-inputs.ts';
import { Contradiction, ContradictionResolutionEnum, readContradiction } from './type.ts';

const ContradictingMemoryInput = defineOneOf('ContradictingMemory', 'The memory that contradicts another.', {
  memoryId: optional(id('Memory'), 'An existing memory, `mem_…`.'),
  newMemory: optional(
    NewMemoryInput,
    'A new memory, to be created: of the same companion, and about the same user unless it names another.',
  ),
});

const reason = optional(anyText(bounds.summary), 'The reason, in your own words');

const oneContradiction = (name: string, description: string) =>
  builder.objectRef<{ contradictionId: string; memoryIds: string[] }>(name).implement({
    description,
    fields: (t) => ({
      contradiction: t.field({
        type: Contradiction,
        description: 'The contradiction, with its new state.',
        resolve: ({ contradictionId }, _args, context) => readContradiction(context, contradictionId),
      }),
    }),
  });

defineMutation('contradictMemory', {
  description:
    'Records that one memory contradicts another. Until this is resolved both are DISPUTED while ' +
    'both are valid. Each has a lower confidence, the more strongly the other contradicts it.',
  input: 'The two memories and how strongly they contradict each other.',
  fields: {
    id: required(id('Memory'), 'The memory that is contradicted, `mem_…`. It must still be believed.'),
    by: required(ContradictingMemoryInput, 'What contradicts it. It cannot be a version of the same memory.'),
    strength: required(number(0, 1), 'How strongly', { default: 1 }),
    reason,
  },
  payload: oneContradiction('ContradictMemoryPayload', 'The contradiction that was opened.'),
  errors: [RelationExists, EmbeddingDimension],
  embeds: ({ by: { newMemory } }) =>
    newMemory ? [{ ...newMemory, path: ['input', 'by', 'newMemory', 'embedding'] }] : [],
  subjects: ({ memoryIds }) => memoryIds,
  run: (tx, { id, by: { memoryId, newMemory }, ...how }, [embedding]) =>
    contradictMemory(tx, id, memoryId ?? { ...(newMemory as NonNullable<typeof newMemory>), embedding }, how),
});

defineMutation('resolveContradiction', {
  description: 'Decides an open contradiction. reopenContradiction undoes this.',
  input: 'How to decide a contradiction.',
  fields: {
    id: required(id('Contradiction'), 'The contradiction, `con_…`.'),
    resolution: required(
      ContradictionResolutionEnum,
      'The decision. All but DISMISSED need both sides to be still believed.',
    ),
    note: reason,
  },
  payload: oneContradiction('ResolveContradictionPayload', 'The contradiction that was resolved.'),
  errors: [AlreadyResolved],
  subjects: ({ memoryIds }) => memoryIds,
  run: (tx, { id, resolution, note }) => resolveContradiction(tx, id, resolution, note),
});

defineMutation('reopenContradiction', {
  description:
    'Undoes a resolution. If nothing has changed since, the state before it is restored exactly; ' +
    'otherwise the result is as if the resolution had never been made.',
  input: 'The contradiction to reopen.',
  fields: {
    id: required(id('Contradiction'), 'The contradiction, `con_…`. It must not be open.'),
  },
  payload: oneContradiction('ReopenContradictionPayload', 'The contradiction that is open again.'),
  subjects: ({ memoryIds }) => memoryIds,
  run: (tx, { id }) => reopenContradiction(tx, id),
});
