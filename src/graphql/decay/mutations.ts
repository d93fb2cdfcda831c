import { z } from 'zod';
import { decayImportance } from '../../domain/decay/archive.ts';
import { setPolicy } from '../../domain/decay/policies.ts';
import { reinforceMemories } from '../../domain/decay/reinforce.ts';
import type { DecayReport as DecayReportRow } from '../../domain/decay/tally.ts';
import { encodeId } from '../../kernel/ids.ts';
import { bounded, bounds, checkCount, idempotencyKey, idsOf } from '../../kernel/input.ts';
import { defaultPolicy } from '../../model/decay/policy.ts';
import { memoryType } from '../../tables/all.ts';
import type { MemoryType } from '../../tables/memory.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { idempotencyKeyDescription } from '../core/idempotency-key.ts';
import { defineMutation } from '../core/mutation.ts';
import { MemoryTypeEnum } from '../memory/enums.ts';
import { readMemory } from '../memory/queries.ts';
import { Memory } from '../memory/type.ts';
import { UserRefInput } from '../user/type.ts';
import { toWorkspace, Workspace } from '../workspace/type.ts';
import { DecayPolicy, DecayReport, decayRange, loadPolicies, rangeDescriptions } from './type.ts';

defineMutation('decayImportance', {
  description:
    'Archives what has decayed below its policy’s archiveBelow, each with an event, in batches, and reports. It writes no importance, which decays by being read: twice is once. What an interruption leaves, the next call takes.',
  input: builder.inputType('DecayImportanceInput', {
    description: 'Which memories are to be looked at.',
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      companion: t.field({ type: CompanionRefInput, description: rangeDescriptions.companion }),
      user: t.field({ type: UserRefInput, description: rangeDescriptions.user }),
      types: t.field({ type: [MemoryTypeEnum], description: rangeDescriptions.types }),
      until: t.field({ type: 'DateTime', description: rangeDescriptions.until }),
    }),
  }),
  schema: decayRange.extend({ idempotencyKey }),
  payload: builder.objectRef<{ report: DecayReportRow }>('DecayImportancePayload').implement({
    description: 'What was done.',
    fields: (t) => ({
      report: t.field({
        type: DecayReport,
        description: 'What was looked at, and what went into the archive.',
        resolve: ({ report }, _args, context) => ({ ...report, at: context.at() }),
      }),
    }),
  }),
  subjects: ({ report }) => report.archivedIds,
  runInBatches: async (tenant, { idempotencyKey: _, ...range }) => {
    const report = await decayImportance(tenant, range);
    return async () => ({ report });
  },
});

defineMutation('setDecayPolicy', {
  scope: 'ADMIN',
  description:
    'Changes how the importance of one type of memories fades. At points in time before, the policy of then stands.',
  input: builder.inputType('SetDecayPolicyInput', {
    description: 'What is to be changed of a policy. A field left out keeps what is there.',
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      type: t.field({ type: MemoryTypeEnum, required: true, description: 'Of which memories.' }),
      halfLifeDays: t.float({
        description: 'Days in which what lies above the floor halves, 0.001 to 1,000,000; null: it never fades.',
      }),
      floor: t.float({ description: '0 to 10: importance does not decay below it; null: 0.' }),
      archiveBelow: t.float({ description: '0 to 10: decayImportance archives what is below it; null: nothing.' }),
      accessStretch: t.float({
        description: '0 to 1,000: how much accesses lengthen the half-life; null: 0.5.',
      }),
    }),
  }),
  schema: z.object({
    idempotencyKey,
    type: z.enum(memoryType.enumValues),
    halfLifeDays: bounded(0.001, 1_000_000).nullable().optional(),
    floor: bounded(0, 10).nullable().optional(),
    archiveBelow: bounded(0, 10).nullable().optional(),
    accessStretch: bounded(0, 1_000).nullable().optional(),
  }),
  payload: builder.objectRef<{ type: MemoryType }>('SetDecayPolicyPayload').implement({
    description: 'The policy that was set.',
    fields: (t) => ({
      policy: t.field({
        type: DecayPolicy,
        description: 'The policy, as it is now.',
        resolve: async ({ type }, _args, context) => {
          const policy = (await loadPolicies(context.at())).find((each) => each.type === type);
          if (!policy) throw new Error(`a workspace without a policy for ${type}`);
          return policy;
        },
      }),
      workspace: t.field({
        type: Workspace,
        description: 'The workspace it holds in.',
        resolve: (_payload, _args, context) => toWorkspace(context.at()) as never,
      }),
    }),
  }),
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
    'Says that memories were of use: importance as it reads now, plus delta, is what decay starts from anew, and an access is counted, which lengthens the half-life. `updatedAt` stays.',
  input: builder.inputType('ReinforceMemoriesInput', {
    description: 'The memories that were of use.',
    fields: (t) => ({
      idempotencyKey: t.string({ description: idempotencyKeyDescription }),
      ids: t.idList({
        required: true,
        description: 'The memories, `mem_…`: at most 1,000, each counted once. If one is unknown, none is touched.',
      }),
      delta: t.float({
        required: true,
        defaultValue: 0,
        description:
          'Added to the importance, which stays within 0–10: see clampedIds. May be negative; no access is counted then.',
      }),
    }),
  }),
  schema: z.object({
    idempotencyKey,
    ids: idsOf('Memory'),
    delta: z.number('A finite number is wanted.'),
  }),
  limit: ({ ids }) => checkCount('ids', bounds.ids, ids.length),
  payload: builder.objectRef<{ memoryIds: string[]; clampedIds: string[] }>('ReinforceMemoriesPayload').implement({
    description: 'The memories that were reinforced.',
    fields: (t) => ({
      memories: t.field({
        type: [Memory],
        description: 'The memories as they are now, in the order of the input.',
        resolve: ({ memoryIds }, _args, context, info) => memoryIds.map((id) => readMemory(context, id, info)),
      }),
      clampedIds: t.idList({
        description: 'Those whose importance would have left 0–10, and was kept at its end.',
        resolve: ({ clampedIds }) => clampedIds.map((id) => encodeId('Memory', id)),
      }),
    }),
  }),
  subjects: ({ memoryIds }) => memoryIds,
  run: (tx, { ids, delta }) => reinforceMemories(tx, ids, delta),
});
