import { listPolicies } from '../../domain/decay/list.ts';
import { previewDecay } from '../../domain/decay/report.ts';
import type { DecayReport as DecayReportRow, ImportanceHistogram } from '../../domain/decay/tally.ts';
import { parseInput } from '../../kernel/input.ts';
import type { DecayPolicy as DecayPolicyRow } from '../../model/decay/policy.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { defineArgs, many, moment, optional } from '../core/input.ts';
import { memoryColumnsAt } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { costs } from '../cost/declare.ts';
import { MemoryTypeEnum } from '../memory/enums.ts';
import { loadMemory } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';
import { UserRefInput } from '../user/type.ts';
import { Workspace } from '../workspace/type.ts';

export const DecayPolicy = builder.objectRef<DecayPolicyRow>('DecayPolicy').implement({
  description:
    'How the importance of memories of one type decays: floor + (stated − floor) · 2^(−days / ' +
    '(halfLifeDays · (1 + accessStretch · ln(1 + accessCount)))).',
  fields: (t) => ({
    type: t.expose('type', { type: MemoryTypeEnum.type, description: 'The type of memories it applies to.' }),
    halfLifeDays: t.exposeFloat('halfLifeDays', {
      nullable: true,
      description: 'Days in which the part above the floor halves. Null: it never decays.',
    }),
    floor: t.exposeFloat('floor', { description: '0–10: importance does not decay below this.' }),
    archiveBelow: t.exposeFloat('archiveBelow', {
      nullable: true,
      description: '0–10: decayImportance archives memories below this. Null: none.',
    }),
    accessStretch: t.exposeFloat('accessStretch', {
      description: '0–1000: how much each access lengthens the half-life. 0: not at all.',
    }),
  }),
});

/** The policies of the workspace at a snapshot's point, loaded once. */
export const loadPolicies = (at: Snapshot): Promise<DecayPolicyRow[]> =>
  at.one('decay', 'policies', () => listPolicies(at.tx, at.reading));

builder.objectField(Workspace, 'decayPolicies', (t) =>
  t.field({
    type: [DecayPolicy],
    description: 'How importance decays: one policy for each type of memory.',
    extensions: costs({ items: 5 }),
    resolve: ({ at }) => loadPolicies(at),
  }),
);

const Histogram = builder.objectRef<ImportanceHistogram>('ImportanceHistogram').implement({
  description: 'How many memories have which importance.',
  fields: (t) => ({
    bands: t.exposeIntList('bands', { description: 'Counts in the ten bands [0,1), [1,2) … [9,10].' }),
    mean: t.exposeFloat('mean', { description: 'The mean, 0–10. 0 if there are no memories.' }),
  }),
});

/** A report, and where its memories are read. */
export type DecayReportValue = Omit<DecayReportRow, 'archivedIds'> & { archivedIds: readonly string[]; at: Snapshot };

export const DecayReport = builder.objectRef<DecayReportValue>('DecayReport').implement({
  description: 'The effect of decay on the memories that are ACTIVE or DISPUTED now.',
  fields: (t) => ({
    examined: t.exposeInt('examined', { description: 'How many memories were examined.' }),
    decayed: t.exposeInt('decayed', { description: 'How many have an importance lower than the stored one.' }),
    archived: t.exposeInt('archived', {
      description: 'How many were archived because they are below `archiveBelow`. In a preview: how many would be.',
    }),
    importanceBefore: t.expose('importanceBefore', { type: Histogram, description: 'Importance as stored.' }),
    importanceAfter: t.expose('importanceAfter', { type: Histogram, description: 'Importance decayed to `until`.' }),
    archivedMemories: t.field({
      type: [Memory],
      description: 'The first 100 of those archived (in a preview: of those that would be), lowest importance first.',
      extensions: costs({ items: 100 }),
      resolve: async ({ at, archivedIds }, _args, _context, info) => {
        const columns = memoryColumnsAt(info);
        const memories = await Promise.all(archivedIds.map((id) => loadMemory(at, id, columns)));
        return memories.filter((memory) => memory !== undefined);
      },
    }),
  }),
});

/** Which memories decay is computed for, and when. */
export const decayRange = {
  companion: optional(CompanionRefInput, 'Only those of this companion. An unknown companion has none.'),
  user: optional(UserRefInput, 'Only those about this user. An unknown user has none.'),
  types: optional(many(MemoryTypeEnum), 'Only memories of these types. Default: all types.'),
  until: optional(moment, 'The moment for which importance is computed. It may be in the future. Default: now.'),
};
const preview = defineArgs(decayRange);

builder.queryField('decayPreview', (t) =>
  t.field({
    type: DecayReport,
    description: 'What decayImportance would report with the same arguments. Writes nothing.',
    args: preview.args,
    resolve: async (_root, args, context) => {
      const { until, ...range } = parseInput(preview.check, args, []);
      const at = context.at();
      return { ...(await previewDecay(at.tx, { ...range, until: until ?? (await at.tx.now()) })), at };
    },
  }),
);
