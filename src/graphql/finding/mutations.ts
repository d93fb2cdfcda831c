import { judgeFindings, MAX_JUDGED } from '../../domain/finding/judge.ts';
import { type Sweep, sweepFindings } from '../../domain/finding/sweep.ts';
import { bounds, checkCount } from '../../kernel/input.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { Contradiction, readContradiction } from '../contradiction/type.ts';
import { builder } from '../core/builder.ts';
import { anyText, ids, moment, number, optional, required } from '../core/input.ts';
import { defineMutation } from '../core/mutation.ts';
import { forReaders } from '../core/scope-note.ts';
import { readMemory } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';
import { UserRefInput } from '../user/type.ts';
import { Finding, readFinding, VerdictEnum } from './type.ts';

type Judged = { findingIds: string[]; memoryIds: string[]; contradictionIds: string[] };

defineMutation('judgeFindings', {
  description:
    'Says what holds of pairs of memories, the newer of which seems to repeat, update or deny the older. All of them are ' +
    'judged, or none. A ' +
    'finding that was judged can be judged again: what the earlier verdict did is undone first.',
  input: 'The findings, and the verdict on all of them.',
  fields: {
    ids: required(ids('Finding'), `The findings, \`fnd_…\`: at most ${MAX_JUDGED}, each judged once.`),
    verdict: required(VerdictEnum, 'The verdict.'),
    reason: optional(anyText(bounds.summary), 'The reason, in your own words'),
  },
  limit: ({ ids: given }) => checkCount('ids', MAX_JUDGED, given.length),
  payload: builder.objectRef<Judged>('JudgeFindingsPayload').implement({
    description: 'What was judged, as it is now.',
    fields: (t) => ({
      findings: t.field({
        type: [Finding],
        ...forReaders(`The findings, each once, in the order given: at most ${MAX_JUDGED}.`),
        resolve: ({ findingIds }, _args, context) => findingIds.map((id) => readFinding(context, id)),
      }),
      memories: t.field({
        type: [Memory],
        ...forReaders(`Their memories, each once: at most ${2 * MAX_JUDGED}.`),
        resolve: ({ memoryIds }, _args, context, info) => memoryIds.map((id) => readMemory(context, id, info)),
      }),
      contradictions: t.field({
        type: [Contradiction],
        ...forReaders(`The contradictions that were opened or resolved: at most ${MAX_JUDGED}.`),
        resolve: ({ contradictionIds }, _args, context) => contradictionIds.map((id) => readContradiction(context, id)),
      }),
    }),
  }),
  subjects: ({ memoryIds }) => memoryIds,
  run: (tx, { ids: given, verdict, reason }) => judgeFindings(tx, given, verdict, reason),
});

defineMutation('detectFindings', {
  description:
    'Compares what is remembered with what was remembered before it, as is done when it is written: for memories of ' +
    'before that was done, or that were imported. Only FACT, PREFERENCE and INSTRUCTION memories that are ACTIVE or ' +
    'DISPUTED are compared. It works in batches; if it is interrupted, call it again: a pair is raised once.',
  input: 'Which memories to compare.',
  fields: {
    companion: required(CompanionRefInput, 'The companion that remembers them. An unknown companion has none.'),
    user: optional(UserRefInput, 'Only memories about this user. Default: all.'),
    since: optional(moment, 'Only memories recorded at or after this moment. Default: all.'),
    minScore: optional(number(0.3, 1), 'Findings of a lower score are not kept', { more: 'Default: 0.5.' }),
  },
  payload: builder.objectRef<Sweep>('DetectFindingsPayload').implement({
    description: 'What was compared, and how much was found.',
    fields: (t) => ({
      examined: t.exposeInt('examined', forReaders('How many memories were compared with older ones.')),
      findingCount: t.exposeInt('findingCount', forReaders('How many findings were made.')),
    }),
  }),
  subjects: () => [],
  runInBatches: async (tenant, range) => {
    const sweep = await sweepFindings(tenant, range);
    return async () => sweep;
  },
});
