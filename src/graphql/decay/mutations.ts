import { decayImportance } from '../../domain/decay/archive.ts';
import { setPolicy } from '../../domain/decay/policies.ts';
import { reinforceMemories } from '../../domain/decay/reinforce.ts';
import type { DecayReport as DecayReportRow } from '../../domain/decay/tally.ts';
import { encodeId } from '../../kernel/ids.ts';
import { bounds, checkCount } from '../../kernel/input.ts';
import { defaultPolicy } from '../../model/decay/policy.ts';
import type { MemoryType } from '../../tables/memory.ts';
import { builder } from '../core/builder.ts';
import { anyNumber, ids, number, optional, required } from '../core/input.ts';
import { defineMutation } from '../core/mutation.ts';
import { forReaders } from '../core/scope-note.ts';
import { MemoryTypeEnum } from '../memory/enums.ts';
import { readMemory } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';
import { toWorkspace, Workspace } from '../workspace/type.ts';
import { DecayPolicy, DecayReport, decayRange, loadPolicies } from './type.ts';

defineMutation('decayImportance', {
  description:
    'Archives the memories whose importance has decayed below archiveBelow of their policy. Each ' +
    'gets an event. It works in batches; if it is interrupted, call it again. It does not write ' +
    'importance, which is computed when read: calling it twice changes nothing more.',
  input: 'Which memories to examine.',
  fields: decayRange,
  payload: builder.objectRef<{ report: DecayReportRow }>('DecayImportancePayload').implement({
    description: 'The result of decayImportance.',
    fields: (t) => ({
      report: t.field({
        type: DecayReport,
        description: 'What was examined, and what was archived.',
        resolve: ({ report }, _args, context) => ({ ...report, at: context.at() }),
      }),
    }),
  }),
  subjects: ({ report }) => report.archivedIds,
  runInBatches: async (tenant, range) => {
    const report = await decayImportance(tenant, range);
    return async () => ({ report });
  },
});

defineMutation('setDecayPolicy', {
  scope: 'ADMIN',
  description:
    'Changes how the importance of one type of memories decays. Reads of an earlier point in time use the policy of that time.',
  input: 'The changes to a policy. A field left out keeps its value.',
  fields: {
    type: required(MemoryTypeEnum, 'The type of memories it applies to.'),
    halfLifeDays: optional(number(0.001, 1_000_000), 'Days in which the part above the floor halves', {
      more: 'Null: it never decays.',
    }),
    floor: optional(number(0, 10), 'Importance does not decay below this', { more: 'Null: 0.' }),
    archiveBelow: optional(number(0, 10), 'decayImportance archives memories below this', { more: 'Null: none.' }),
    accessStretch: optional(number(0, 1_000), 'How much each access lengthens the half-life', { more: 'Null: 0.5.' }),
  },
  payload: builder.objectRef<{ type: MemoryType }>('SetDecayPolicyPayload').implement({
    description: 'The policy that was set.',
    fields: (t) => ({
      policy: t.field({
        type: DecayPolicy,
        description: 'The policy, with its new values.',
        resolve: async ({ type }, _args, context) => {
          const policy = (await loadPolicies(context.at())).find((each) => each.type === type);
          if (!policy) throw new Error(`a workspace without a policy for ${type}`);
          return policy;
        },
      }),
      workspace: t.field({
        type: Workspace,
        description: 'The workspace it applies to.',
        resolve: (_payload, _args, context) => toWorkspace(context.at()),
      }),
    }),
  }),
  audited: ({ type }) => type,
  run: async (tx, { type, halfLifeDays, floor, archiveBelow, accessStretch }) => {
    const standard = defaultPolicy(type);
    await setPolicy(tx, type, {
      halfLifeDays,
      archiveBelow,
      floor: floor === null ? standard.floor : floor,
      accessStretch: accessStretch === null ? standard.accessStretch : accessStretch,
    });
    return { type };
  },
});

defineMutation('reinforceMemories', {
  description:
    'Records that memories were useful. Their current importance plus `delta` becomes the new start ' +
    'of decay, and an access is counted, which lengthens the half-life. `updatedAt` does not change.',
  input: 'The memories that were useful.',
  fields: {
    ids: required(
      ids('Memory'),
      'The memories, `mem_…`: at most 1,000, each counted once. If one is unknown, none is changed.',
    ),
    delta: required(
      anyNumber,
      'Added to the importance, which stays within 0–10 (see clampedIds). It may be negative; then no access is counted.',
      { default: 0 },
    ),
  },
  limit: (given) => checkCount('ids', bounds.ids, given.ids.length),
  payload: builder.objectRef<{ memoryIds: string[]; clampedIds: string[] }>('ReinforceMemoriesPayload').implement({
    description: 'The memories that were reinforced.',
    fields: (t) => ({
      memories: t.field({
        type: [Memory],
        description: 'The memories with their new state, in the order of the input.',
        resolve: ({ memoryIds }, _args, context, info) => memoryIds.map((id) => readMemory(context, id, info)),
      }),
      clampedIds: t.idList({
        ...forReaders('The memories whose importance would have left the range 0–10: it was set to 0 or 10.'),
        resolve: ({ clampedIds }) => clampedIds.map((id) => encodeId('Memory', id)),
      }),
    }),
  }),
  subjects: ({ memoryIds }) => memoryIds,
  run: (tx, { ids: given, delta }) => reinforceMemories(tx, given, delta),
});
