import { z } from 'zod';
import { listPolicies } from '../../domain/decay/list.ts';
import { previewDecay } from '../../domain/decay/report.ts';
import type { DecayReport as DecayReportRow, ImportanceHistogram } from '../../domain/decay/tally.ts';
import { momentInput, parseInput } from '../../kernel/input.ts';
import { companionRef } from '../../model/companion/ref.ts';
import type { DecayPolicy as DecayPolicyRow } from '../../model/decay/policy.ts';
import { userRef } from '../../model/user/ref.ts';
import { memoryType } from '../../tables/all.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import type { NodeValue } from '../core/node.ts';
import { memoryColumnsAt } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { costs } from '../cost/declare.ts';
import { MemoryTypeEnum } from '../memory/enums.ts';
import { loadMemory } from '../memory/queries.ts';
import { Memory } from '../memory/type.ts';
import { UserRefInput } from '../user/type.ts';
import { Workspace } from '../workspace/type.ts';

export const DecayPolicy = builder.objectRef<DecayPolicyRow>('DecayPolicy').implement({
  description:
    'How the importance of memories of one type fades: floor + (stated − floor) · 2^(−days / (halfLifeDays · (1 + accessStretch · ln(1 + accessCount)))).',
  fields: (t) => ({
    type: t.expose('type', { type: MemoryTypeEnum, description: 'Of which memories.' }),
    halfLifeDays: t.exposeFloat('halfLifeDays', {
      nullable: true,
      description: 'Days in which what lies above the floor halves; null: it never fades.',
    }),
    floor: t.exposeFloat('floor', { description: '0–10: importance does not decay below it.' }),
    archiveBelow: t.exposeFloat('archiveBelow', {
      nullable: true,
      description: '0–10: decayImportance archives what has decayed below it; null: nothing.',
    }),
    accessStretch: t.exposeFloat('accessStretch', {
      description: '0–1000: how much accesses lengthen the half-life; 0: not at all.',
    }),
  }),
});

/** The policies of the workspace at a snapshot's point, loaded once. */
export const loadPolicies = (at: Snapshot): Promise<DecayPolicyRow[]> =>
  at.one('decay', 'policies', () => listPolicies(at.tx, at.reading));

builder.drizzleObjectField(Workspace, 'decayPolicies', (t) =>
  t.field({
    type: [DecayPolicy],
    description: 'How importance fades: one policy for each type of memory.',
    extensions: costs({ items: 5 }),
    resolve: (workspace) => loadPolicies((workspace as unknown as NodeValue).at),
  }),
);

const Histogram = builder.objectRef<ImportanceHistogram>('ImportanceHistogram').implement({
  description: 'How importance is spread.',
  fields: (t) => ({
    bands: t.exposeIntList('bands', { description: 'Counts in the ten bands [0,1), [1,2) … [9,10].' }),
    mean: t.exposeFloat('mean', { description: 'The mean, 0–10; 0 where there is none.' }),
  }),
});

/** A report, and where its memories are read. */
export type DecayReportValue = Omit<DecayReportRow, 'archivedIds'> & { archivedIds: readonly string[]; at: Snapshot };

export const DecayReport = builder.objectRef<DecayReportValue>('DecayReport').implement({
  description: 'What decay does to the memories that are ACTIVE or DISPUTED now.',
  fields: (t) => ({
    examined: t.exposeInt('examined', { description: 'How many memories were looked at.' }),
    decayed: t.exposeInt('decayed', { description: 'Of how many importance has fallen below what is stored.' }),
    archived: t.exposeInt('archived', {
      description: 'How many went into the archive, being below `archiveBelow`; in a preview: would go.',
    }),
    importanceBefore: t.expose('importanceBefore', { type: Histogram, description: 'Importance as stored.' }),
    importanceAfter: t.expose('importanceAfter', { type: Histogram, description: 'Importance decayed to `until`.' }),
    archivedMemories: t.field({
      type: [Memory],
      description: 'Of those archived, or to be, the first 100, lowest first.',
      extensions: costs({ items: 100 }),
      resolve: async ({ at, archivedIds }, _args, _context, info) => {
        const columns = memoryColumnsAt(info);
        const memories = await Promise.all(archivedIds.map((id) => loadMemory(at, id, columns)));
        return memories.filter((memory) => memory !== undefined);
      },
    }),
  }),
});

/** Reads whose memories decay is judged of, and when. */
export const decayRange = z.object({
  companion: companionRef.nullish(),
  user: userRef.nullish(),
  types: z.array(z.enum(memoryType.enumValues)).nullish(),
  until: momentInput.nullish(),
});

/** The descriptions of what {@link decayRange} reads. */
export const rangeDescriptions = {
  companion: 'Of this companion alone; unknown: none.',
  user: 'About this user alone; unknown: none.',
  types: 'Of these types alone.',
  until: 'The moment importance is judged at; may lie in the future. Default: now.',
};

builder.queryField('decayPreview', (t) =>
  t.field({
    type: DecayReport,
    description: 'What decayImportance would report with the same arguments. Writes nothing.',
    args: {
      companion: t.arg({ type: CompanionRefInput, description: rangeDescriptions.companion }),
      user: t.arg({ type: UserRefInput, description: rangeDescriptions.user }),
      types: t.arg({ type: [MemoryTypeEnum], description: rangeDescriptions.types }),
      until: t.arg({ type: 'DateTime', description: rangeDescriptions.until }),
    },
    resolve: async (_root, args, context) => {
      const { until, ...range } = parseInput(decayRange, args, []);
      const at = context.at();
      return { ...(await previewDecay(at.tx, { ...range, until: until ?? (await at.tx.now()) })), at };
    },
  }),
);
